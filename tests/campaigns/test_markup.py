"""What authors write becomes HTML and text once; what customers are called never becomes anything but text."""

import html
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns import markup, rendering
from campaigns.markup import Escaped

EVIL = "<script>alert(1)</script>**x** [a](https://evil.example) https://evil.example \"'&{{ coupon }}"


def rich(source: str, **values: str) -> str:
    return rendering.fill(markup.rich(source, style="S"), Escaped(values))


def link(url: str, words: str) -> str:
    return f'<a href="{url}" style="S">{words}</a>'


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("一行目\n二行目", "一行目<br>二行目"),
        ("**太字**と普通", "<strong>太字</strong>と普通"),
        ("**{{ company }}様**", "<strong>山田 &amp; 商事様</strong>"),
        ("[資料](https://a.jp/b?c=1&d=2)です", link("https://a.jp/b?c=1&amp;d=2", "資料") + "です"),
        ("見る https://a.jp/x。以上", "見る " + link("https://a.jp/x", "a.jp/x") + "。以上"),
        ("https://a.jp/?c={{ title }}", link("https://a.jp/?c=%26", "a.jp/?c=&amp;")),
        ("<b>1 < 2</b>", "&lt;b&gt;1 &lt; 2&lt;/b&gt;"),
        ('{{ coupon | default: "A & B" }}', "A &amp; B"),
        ('{% if company == "山田 & 商事" %}**はい**{% endif %}', "<strong>はい</strong>"),
        ("**{% if company %}a**{% endif %}", "**a**"),
        ("[x](javascript:alert(1))", "[x](javascript:alert(1))"),
        ("\0 1 \0", " 1 "),
        ("(https://a.jp/x)", "(" + link("https://a.jp/x", "a.jp/x") + ")"),
    ],
)  # fmt: skip
def test_marks_of_the_author(source, expected):
    assert rich(source, company="山田 & 商事", title="&") == expected


def test_a_customers_name_is_only_text():
    found = rich("{{ company }}", company=EVIL)
    assert html.unescape(found) == EVIL
    assert "<" not in found


@settings(max_examples=30, deadline=None)
@given(st.text(alphabet=st.sampled_from("<>&\"'*[]()a:/. \nhttps://"), max_size=60), st.text(max_size=30))
def test_no_text_becomes_markup(source, value):
    found = rich(source + "{{ company }}", company=value)
    assert set(re.findall(r"<[^>]*>", found)) - {"<br>", "<strong>", "</strong>", "</a>"} <= set(
        re.findall(r'<a href="https?://[^"<>]*" style="S">', found)
    )


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("https://a.jp/{{ company }}", "https://a.jp/%22%3E%3Cb%3E%26%2F"),
        ("{{ event_url }}", "https://e.jp/?a=1&amp;b=2"),
        ("https://a.jp/?a=1&b=2", "https://a.jp/?a=1&amp;b=2"),
    ],
)
def test_a_field_in_an_address_stays_in_its_place(source, expected):
    values = Escaped({"company": '"><b>&/', "event_url": "https://e.jp/?a=1&b=2"})
    assert rendering.fill(markup.address(source), values) == expected


def test_one_line_for_attributes():
    assert (
        rendering.fill(markup.line('a"b\n{{ addressee }}'), Escaped({"addressee": 'x\n"y"'}))
        == "a&quot;b x &quot;y&quot;"
    )


def test_links_that_are_counted_lead_through_us():
    known = {"https://a.jp/x": "{{ click_1 }}"}
    source = "[資料](https://a.jp/x) と https://a.jp/y"
    values = {"click_1": "https://crm.jp/c/t/1/"}

    def click(url: str) -> str:
        return known.get(url, url)

    made = rendering.fill(markup.rich(source, style="S", click=click), Escaped(values))
    assert 'href="https://crm.jp/c/t/1/"' in made
    assert 'href="https://a.jp/y"' in made
    assert rendering.fill(markup.plain(source, click), values) == "資料:\nhttps://crm.jp/c/t/1/ と https://a.jp/y"


def test_text_has_no_marks():
    assert (
        markup.plain("**太字** {{ 宛名 }} [資料](https://a.jp/{{ coupon }})")
        == "太字 {{ 宛名 }} 資料:\nhttps://a.jp/{{ coupon }}"
    )
