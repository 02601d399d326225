"""Blocks: only known kinds and texts, every fault said at its place, painted and written out alike."""

import re

import pytest

from campaigns import blocks, markup, painting, plaintext, rendering
from campaigns.painting import Scene, facts

SCENE = Scene("ja", "もどる", "{{ unsubscribe_url__whole }}", has_end=True, event=[("日時", "event_date")])
VALUES = {
    "会社名": "山田 & 商事",
    "company": "山田 & 商事",
    "offer": "10%割引",
    "coupon": "BACK-1",
    "expires_on": "2026/12/31",
    "event_title": "会",
    "event_date": "12月1日",
    "event_url": "https://crm.example.jp/r/t/",
    "unsubscribe_url": "https://crm.example.jp/u/t/",
    "click_1": "https://crm.example.jp/c/t/1/",
}
ALL = [
    {"kind": "banner", "eyebrow": "ご案内", "text": "見出し", "lead": "補足"},
    {"kind": "heading", "text": "小見出し"},
    {"kind": "text", "text": "{{ 会社名 }}様\n\n**太字** [資料](https://shop.example.jp/x)"},
    {"kind": "button", "label": "開く", "url": "https://shop.example.jp/", "note": "補足です"},
    {"kind": "image", "url": "https://shop.example.jp/a.png", "alt": "写真", "link": "https://shop.example.jp/"},
    {"kind": "offer", "note": "1回限り", "label": "買う", "url": "https://shop.example.jp/"},
    {"kind": "event", "note": "お早めに"},
    {"kind": "facts", "title": "概要", "text": "開始：12月1日\n対象:全員\nただし例外あり"},
    {"kind": "items", "form": "steps", "title1": "一", "text1": "はじめ", "url1": "https://shop.example.jp/1"},
    {"kind": "items", "form": "columns", "title1": "左", "title2": "右"},
    {"kind": "divider"},
    {"kind": "signature", "fallback": '窓"{}口', "note": "平日9時から"},
]


def painted(content: list, scene: Scene = SCENE) -> str:
    return painting.paint(content, scene).fill(markup.Escaped(VALUES))


def written(content: list, scene: Scene = SCENE) -> str:
    return plaintext.write(content, scene, "―").fill(VALUES)


def test_every_kind_is_painted_and_written_out():
    html, text = painted(ALL), written(ALL)
    assert {block["kind"] for block in ALL} == set(blocks.KINDS) == set(painting.KINDS) == set(plaintext.KINDS)
    for words in [
        "見出し",
        "小見出し",
        "太字",
        "資料",
        "開く",
        "10%割引",
        "BACK-1",
        "2026/12/31",
        "12月1日",
        "全員",
        "窓口",
    ]:
        assert words in html, words
        assert words in text, words
    assert "山田 &amp; 商事様" in html
    assert "山田 & 商事様" in text
    for url in ["https://shop.example.jp/x", "https://shop.example.jp/1", "https://crm.example.jp/r/t/"]:
        assert f'href="{url}"' in html
        assert url in text
    assert not re.search(r"zq\d+qz|{{|\*\*", html.partition("<body")[2] + text)


def test_it_is_readable_in_the_dark_on_phones_in_outlook_and_without_style():
    html = painted(ALL)
    assert '<meta name="color-scheme" content="light dark">' in html
    assert re.search(r"@media \(prefers-color-scheme:\s*dark\)", html)
    assert "<!--[if mso" in html
    assert "max-width:479px" in html
    assert 'lang="ja"' in html
    assert "background-color:#ffffff" in html.replace(" ", "")  # said in the elements too
    assert "http-equiv" not in painting.in_look(html, "dark").partition("<body")[2]


def test_an_empty_mail_is_only_its_frame():
    assert "https://crm.example.jp/u/t/" in painted([])
    assert written([]) == "―\n"


def test_links_are_counted_wherever_they_stand():
    scene = Scene("ja", "社", "", click=lambda url: "{{ click_1 }}" if url == "https://shop.example.jp/x" else url)
    content = [
        {"kind": kind, "label": "a", "url": "https://shop.example.jp/x", "note": "n"} for kind in ("button", "offer")
    ]
    for made in (painted(content, scene), written(content, scene)):
        assert made.count("https://crm.example.jp/c/t/1/") == 2
        assert "shop.example.jp" not in made


def test_a_condition_is_left_to_liquid_and_the_rest_is_not():
    content = [{"kind": "text", "text": '{% if 会社名 == "山田 & 商事" %}**はい**{% else %}いいえ{% endif %}'}]
    assert "<strong>はい</strong>" in painted(content)
    assert written(content).startswith("はい")


def test_whatever_is_sent_becomes_known_kinds_with_texts():
    sent = [
        {"kind": "text", "text": " a\r\nb ", "x": 1},
        {"kind": "script"},
        "text",
        None,
        {"kind": "heading", "text": 5},
    ]
    assert blocks.tidy(sent) == [{"kind": "text", "text": "a\nb"}, {"kind": "heading"}]
    assert blocks.tidy({"kind": "text"}) == []


@pytest.mark.parametrize(
    ("block", "faults"),
    [
        ({"kind": "text", "text": "本文"}, 0),
        ({"kind": "text"}, 1),
        ({"kind": "text", "text": "{{ nmae }}"}, 1),
        ({"kind": "button", "label": "x", "url": "https://a.jp"}, 0),
        ({"kind": "button", "label": "x", "url": "https://a.jp/?c={{ coupon }}&d=1"}, 0),
        ({"kind": "button", "label": "x", "url": "{{ 申込みURL }}"}, 0),
        ({"kind": "button", "label": "x", "url": "{{ 会社名 }}"}, 1),
        ({"kind": "button", "label": "x", "url": "https://{{ company }}/"}, 1),
        ({"kind": "button", "label": "x", "url": "https://a.jp{{ company }}"}, 1),
        ({"kind": "button", "label": "x", "url": "javascript:alert(1)"}, 1),
        ({"kind": "button", "label": "x", "url": "https://a.jp/ b"}, 1),
        ({"kind": "button", "url": "http://a.jp/"}, 1),
        ({"kind": "items", "form": "circle"}, 1),
        ({"kind": "heading", "text": "あ" * 301}, 1),
    ],
)
def test_faults_are_said_with_their_block(block, faults):
    found = blocks.problems([block])
    assert len(found) == faults
    assert all("1" in problem for problem in found)


def test_there_is_an_end_to_blocks_and_a_head_to_them():
    assert len(blocks.problems([{"kind": "divider"}] * 41)) == 1
    assert blocks.problems([{"kind": "head", "preheader": "{{ x }}"}])
    assert blocks.head_of([{"kind": "head", "look": "pink", "language": "fr"}]) == {
        "kind": "head", "preheader": "", "look": "sea", "language": ""
    }  # fmt: skip


def test_what_blocks_use_and_need():
    assert blocks.uses(ALL) == {"company", "offer", "coupon"}
    assert blocks.needs(ALL) == {"offer", "occasion"}
    assert blocks.needs([{"kind": "nonsense"}]) == set()


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("名前：内容", [("名前", "内容")]),
        ("a: b\nc", [("a", "b\nc")]),
        ("ただの行", [("", "ただの行")]),
        ("{{ company }}: x", [("", "{{ company }}: x")]),
        ("https://a.jp", [("", "https://a.jp")]),
    ],
)
def test_lines_of_facts(text, rows):
    assert facts(text) == rows


def test_a_field_that_is_empty_stops_the_person():
    with pytest.raises(rendering.UnsendableError, match="missing_field"):
        painted([{"kind": "text", "text": "{{ 部署 }}"}])
