"""What to know before sending: counted over this audience, said in words, nothing tried behind anybody's back."""

import pytest
from django.core.cache import cache

from accounts import outgoing
from campaigns import checking, previewing
from campaigns.models import Campaign, Occasion, Step
from tests import factories
from tests.campaigns.moments import NOW, TODAY

pytestmark = pytest.mark.django_db
UNTESTED = "テストメールがまだ送られていません"


@pytest.fixture(autouse=True)
def _nothing_remembered():
    cache.clear()


def warnings(**words) -> list[str]:
    Step.objects.update(**({"subject": "件名", "body": "{{ 宛名 }}"} | words))
    return [one for one in checking.warnings(Campaign.objects.get(), as_of=TODAY) if UNTESTED not in one]


def test_a_mail_nobody_has_read_is_said(campaign, person, staff, mail_server):
    assert any(UNTESTED in one for one in checking.warnings(campaign, as_of=TODAY))
    previewing.send_test(step=Step.objects.get(), by=staff, customer=person(1), now=NOW)
    assert not any(UNTESTED in one for one in checking.warnings(campaign, as_of=TODAY))


def test_a_mail_that_reaches_everybody_has_nothing_to_say(campaign, person):
    person(1)
    assert warnings(body='{{ 宛名 }} {{ 部署 | default: "ご担当" }} {% if 会社名 %}{{ 会社名 }}{% endif %}') == []


def test_people_for_whom_a_field_is_empty_are_counted(campaign, person):
    person(1)
    person(2, company="山田商事")
    factories.purchase(person(3), "2026-06-01")
    assert warnings(body="{{ 会社名 }}") == [
        "「会社」が空の方が2人います。代わりの言葉がないため、その方には送られません。"
    ]
    assert warnings(body="{{ 前回の購入日 }}")[0].startswith("「前回の購入日」が空の方が2人")
    assert "3人" in warnings(blocks=[{"kind": "text", "text": "{{ 更新日 }}"}])[0]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({"subject": "あ" * 41}, "件名が長めです"),
        ({"blocks": [{"kind": "image", "url": "https://a.jp/x.png"}]}, "代替テキストがありません"),
        ({"blocks": [{"kind": "text", "text": "[[service]]"}]}, "まだ記入されていない箇所"),
        ({"blocks": [{"kind": "text", "text": "あ" * 36_000}]}, "Gmail"),
        ({"subject": "{{ 未完"}, ""),
    ],
)
def test_what_would_make_it_go_badly_is_said(campaign, words, sentence):
    found = warnings(**words)
    assert [sentence in one for one in found] == ([True] if sentence else [])


def test_an_event_that_is_over_is_said(campaign):
    Occasion.objects.create(campaign=campaign, title="会", starts_at=NOW, ends_at=NOW, answer_until=NOW)
    assert len(warnings()) == 1
    assert len(checking.warnings(Campaign.objects.get(), as_of=TODAY.replace(day=21))) == 3


def test_links_are_tried_only_when_asked_and_remembered(campaign, monkeypatch):
    called = []
    faults = {"https://a.jp/gone": 404, "https://a.jp/ok": 200, "https://a.jp/shy": 405}

    def status(url: str) -> int:
        called.append(url)
        if "inside" in url:
            raise outgoing.RefusedAddressError("社内のアドレスです")
        return faults[url]

    monkeypatch.setattr(outgoing, "status", status)
    body = "https://a.jp/gone https://a.jp/ok https://a.jp/shy https://inside.jp/ https://a.jp/{{ coupon }}"
    assert warnings(body=body) == []
    assert called == []
    found = checking.try_links(Campaign.objects.get())
    assert {link.url for link in found if link.fault} == {"https://a.jp/gone", "https://inside.jp/"}
    said = warnings(body=body)
    assert len(called) == 4
    assert "404" in said[0]
    assert "社内のアドレスです" in said[1]
