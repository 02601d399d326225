"""Texts of people: a closed set of fields, no way to code or to other people's data."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns import rendering
from campaigns.rendering import UnsendableError, fill, template_problems

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


NAMES = ["company", "会社名", "title", "coupon"]
TAGS = [f"{{{{ {name} }}}}" for name in NAMES] + [f"{{{{{name}|default: '窓口'}}}}" for name in NAMES]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from([*TAGS, '{{ title | default: "A & B" }}', "様、\n", "100%", "{ }", "<b>"]), max_size=8))
def test_the_short_way_gives_what_liquid_gives(pieces):
    """Fields and fallbacks alone are joined without Liquid: the same text, the same person stopped."""
    source = "".join(pieces)
    assert rendering.holes(source) is not None
    answers = []
    for way in (fill, rendering._by_liquid):
        try:
            answers.append(way(source, VALUES))
        except UnsendableError as error:
            answers.append((error.reason, error.detail))
    assert answers[0] == answers[1]


@pytest.mark.parametrize(
    "source", ["{% if company %}a{% endif %}", "{{ nil }}", "{{- company -}}", "{{ company", "{{ 1 }}"]
)
def test_whatever_else_is_left_to_liquid(source):
    assert rendering.holes(source) is None


def test_which_fields_a_text_cannot_do_without():
    source = '{{ company }}{{ title | default: "x" }}{% if coupon %}{{ coupon }}{% endif %}{{ 部署 | default: 姓 }}'
    assert rendering.needs(source) == {"company"}


def test_the_authors_addresses_may_become_links():
    links = rendering.Links.of("見る https://shop.example.jp/c?code={{ coupon }}。 と http:// だけ")
    assert links.starts == ("https://shop.example.jp/c?code=",)
    assert links.allow("https://shop.example.jp/c?code=A1")
    assert not rendering.Links.of("リンクなし").allow("https://shop.example.jp")
