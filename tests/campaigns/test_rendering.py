"""Texts of people: a closed set of fields, no way to code or to other people's data, HTML of our own."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns import rendering
from campaigns.rendering import Links, UnsendableError, fill, template_problems, to_html

VALUES = {"addressee": "山田商事\n山田 様", "宛名": "山田商事\n山田 様", "company": "山田商事", "会社名": "山田商事"}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{{ 宛名 }}\nこんにちは", "山田商事\n山田 様\nこんにちは"),
        ("{{ company }}", "山田商事"),
        ('{{ title | default: "ご担当者" }}様', "ご担当者様"),
        ("{{ 役職 | default: 会社名 }}", "山田商事"),
        ("{% if coupon %}コードは{{ coupon }}{% else %}なし{% endif %}", "なし"),
        ("{% unless coupon %}なし{% endunless %}", "なし"),
        ("a{% comment %}{{ nothing }}{% endcomment %}b", "ab"),
        ("100%のご満足 {1} }}", "100%のご満足 {1} }}"),
    ],
)
def test_fields_and_fallbacks(source, expected):
    assert fill(source, VALUES) == expected


@pytest.mark.parametrize(("source", "field"), [("{{ coupon }}", "coupon"), ("{{ クーポン }}", "クーポン")])
def test_an_empty_field_without_fallback_stops_this_person(source, field):
    assert template_problems(source) == []
    with pytest.raises(UnsendableError) as error:
        fill(source, VALUES)
    assert (error.value.reason, error.value.detail) == ("missing_field", field)


@pytest.mark.parametrize(
    "source",
    [
        "{{ nmae }}",
        "{{ company.name }}",
        "{{ company['x'] }}",
        "{{ company.size }}",
        "{{ __class__ }}",
        "{{ settings.SECRET_KEY }}",
        "{{ ''.__class__ }}",
        "{{ company | upcase }}",
        "{{ company | default: nmae }}",
        "{% for i in (1..1000000000) %}x{% endfor %}",
        "{% include 'x' %}",
        "{% render 'x' %}",
        "{% assign a = 1 %}",
        "{% capture a %}{% endcapture %}",
        "{% raw %}",
        "{% cycle 'a' %}",
        "{% if company %}",
        "{{ company",
        "{% load x %}",
        "{% liquid echo x %}",
        "{{ company | default: }}{% if %}{% endif %}",
        "あ" * 50_001,
    ],
)
def test_anything_but_known_fields_is_refused_when_it_is_written(source):
    assert len(template_problems(source)) == 1


@pytest.mark.parametrize(
    "payload", ["{{7*7}}", "${7*7}", "#{7*7}", "<%= 7*7 %>", "%(secret)s", "{0.__class__}", "{{ coupon }}"]
)
def test_a_customers_name_is_never_read_as_a_template(payload):
    assert fill("{{ company }}", {"company": payload}) == payload


def test_the_output_is_limited():
    with pytest.raises(UnsendableError):
        fill("{{ company }}", {"company": "あ" * 300_000})


def test_which_fields_a_text_uses():
    assert rendering.uses("{{ 宛名 }}{{ company }}{% if クーポン %}{% endif %}") == {"addressee", "company", "coupon"}


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.sampled_from("{}%|'\": .abcompany宛名\n-#[]()if"), max_size=40))
def test_no_text_breaks_the_check(source):
    problems = template_problems(source)
    if not problems:
        with contextlib.suppress(UnsendableError):
            assert isinstance(fill(source, VALUES), str)


# --- HTML -----------------------------------------------------------------------------------

SHOP = Links(("https://shop.example.jp",), "ページを開く")


def test_paragraphs_and_line_breaks():
    html = to_html("一行目\n二行目\n\n次の段落\n", SHOP)
    assert html.count("<p ") == html.count("</p>") == 2
    assert "一行目<br>二行目" in html


def test_an_address_in_a_line_is_a_link_and_one_alone_a_button():
    html = to_html("こちら https://shop.example.jp/a?b=1&c=2 です\n\nhttps://shop.example.jp/x", SHOP)
    assert '<a href="https://shop.example.jp/a?b=1&amp;c=2"' in html
    assert ">ページを開く</a>" in html


def test_an_address_the_author_did_not_write_is_no_link():
    assert "<a" not in to_html("http://evil.example 様\n\nhttp://evil.example", SHOP)


def test_the_authors_addresses_with_merge_fields_are_links():
    links = Links.of("見る https://shop.example.jp/c?code={{ coupon }}。 と http:// だけ")
    assert links.starts == ("https://shop.example.jp/c?code=",)
    assert links.allow("https://shop.example.jp/c?code=A1")
    assert not Links.of("リンクなし").allow("https://shop.example.jp")


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_no_text_becomes_markup(text):
    html = to_html(text + '<script>alert(1)</script><a href="javascript:x" onclick=y>"\'', SHOP)
    assert "<script" not in html
    assert html.count("<") == html.count("<p ") + html.count("</p>") + html.count("<br>")
