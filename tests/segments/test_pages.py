"""Segments in the browser, as requests: freshness is loud, members in pages, why a customer is in one."""

import csv
import datetime as dt
import io
import re

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEvent
from customers import searching
from scores.models import Score
from segments import listing, membership, ready_made
from segments.models import Membership, Segment
from tests import factories

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 6, 30)
NOW = dt.datetime(2026, 6, 30, 3, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _clock_stands_still():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def cs(client):
    client.force_login(factories.user(), backend="accounts.backends.StaffBackend")
    return client


@pytest.fixture
def manager(client):
    client.force_login(factories.user(role="manager"), backend="accounts.backends.StaffBackend")
    return client


@pytest.fixture
def vip():
    ready_made.ensure()
    return Segment.objects.get(slug="vip")


def _member(segment, code, *, entered_on=TODAY, owner=None, kana="", ltv=None, last=None, **fields):
    customer = factories.customer(code, owner=owner, kana=kana, **fields)
    searching.refresh([customer.pk])
    Score.objects.create(customer=customer, as_of=TODAY, m=5, ltv_historic=ltv, last_purchase_on=last)
    Membership.objects.create(segment=segment, customer=customer, entered_on=entered_on)
    return customer


def _fresh(segment, **fields):
    fields = {"state": "fresh", "as_of": TODAY, "member_count": segment.memberships.count(), **fields}
    Segment.objects.filter(pk=segment.pk).update(**fields)


def _page(client, name, *args, **params):
    answer = client.get(reverse(f"segments:{name}", args=args), params)
    assert answer.status_code == 200
    return answer.content.decode()


def _names(html):
    return re.findall(r'cell-main"[^>]*>([^<]+)</a>', html)


# --- the list -----------------------------------------------------------------------------------


def test_without_segments_the_list_says_when_they_will_come(cs):
    assert "セグメントはまだありません" in _page(cs, "list")


def test_the_list_shows_members_and_who_came_and_went(cs, vip):
    Segment.objects.update(created_at=NOW - dt.timedelta(days=200))
    for number in range(3):
        _member(vip, f"old{number}", entered_on=TODAY - dt.timedelta(days=30))
    for number in range(2):
        _member(vip, f"new{number}", entered_on=TODAY - dt.timedelta(days=29))
    gone = _member(vip, "gone", entered_on=TODAY - dt.timedelta(days=90))
    Membership.objects.filter(customer=gone).update(left_on=TODAY - dt.timedelta(days=1))
    _fresh(vip, member_count=5)
    html = _page(cs, "list")
    row = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html[html.index("/segments/vip/") :]))[:160]
    assert re.search(r"VIP .* 5 \+2 −1 ", row), row


def test_whom_a_segment_began_with_did_not_enter(vip):
    _member(vip, "first")
    _fresh(vip)
    vip.refresh_from_db()
    row = listing.row(vip, today=TODAY, zone=factories.configure().zone)
    assert (row.entered, row.left, row.since) == (0, 0, None)


def test_segments_about_contracts_are_left_out_where_there_are_none(cs, vip):
    assert "/segments/renewal-due/" not in _page(cs, "list")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"state": "fresh", "as_of": TODAY}, "fresh"),
        ({"state": "fresh", "as_of": TODAY - dt.timedelta(days=1)}, "stale"),
        ({"state": "failed", "as_of": TODAY}, "failed"),
        ({"state": "never", "as_of": None}, "never"),
        ({"state": "fresh", "as_of": None, "is_frozen": True}, "frozen"),
    ],
)
def test_how_fresh_a_segment_is(fields, expected):
    assert listing.freshness(Segment(**fields), TODAY) == expected


def test_a_failed_segment_is_loud_on_both_pages_and_offers_no_campaign(cs, vip):
    _fresh(vip, state="failed", error="There is no field “nothing”.")
    assert 'role="alert"' in _page(cs, "list")
    html = _page(cs, "detail", "vip")
    assert "このセグメントを計算できませんでした" in html
    assert "There is no field" in html
    assert "/campaigns/new/" not in html


def test_the_list_asks_the_database_a_fixed_number_of_times(cs, vip):
    factories.configure()
    Segment.objects.update(state="fresh", as_of=TODAY)
    _page(cs, "list")
    with CaptureQueriesContext(connection) as queries:
        _page(cs, "list")
    assert len(queries) <= 12, "\n".join(query["sql"][:110] for query in queries)


# --- the members --------------------------------------------------------------------------------


def test_a_segments_page_says_its_rule_and_offers_a_campaign(cs, vip):
    _member(vip, "A", name="青空商事", kana="アオゾラショウジ", ltv=120000, last=dt.date(2026, 6, 1))
    _fresh(vip)
    html = _page(cs, "detail", "vip")
    assert "「Mスコア」が5" in html
    assert 'href="/campaigns/new/?segment=vip"' in html
    for text in ("青空商事", "アオゾラショウジ", "¥120,000", "2026/06/01", "2026/06/30"):
        assert text in html


def test_an_unknown_segment_is_not_found(cs):
    assert cs.get("/segments/no-such/").status_code == 404


def test_members_stand_in_gojuon_order_or_by_figure(cs, vip):
    for code, reading, ltv in (("1", "う", 10), ("2", "あ", None), ("3", "い", 30)):
        _member(vip, code, name=f"客{reading}", kana=reading, ltv=ltv)
    _fresh(vip)
    assert _names(_page(cs, "detail", "vip"))[-3:] == ["客あ", "客い", "客う"]
    assert _names(_page(cs, "detail", "vip", sort="ltv"))[-3:] == ["客い", "客う", "客あ"]


@pytest.mark.parametrize("sort", list(listing.ORDERS))
def test_pages_forwards_and_backwards_hold_everybody_once(vip, sort, monkeypatch):
    monkeypatch.setattr(listing, "ROWS", 3)
    for number in range(8):
        day = TODAY - dt.timedelta(days=number // 2)
        _member(vip, f"c{number}", entered_on=day, ltv=number % 3 or None, last=day if number % 2 else None)
    wanted = listing.Wanted(sort=sort)
    forwards, page = [], listing.page(vip, wanted)
    assert page.prev_url == ""
    while True:
        forwards.append([row.pk for row in page.rows])
        if not page.next_url:
            break
        page = listing.page(vip, wanted, after=str(page.rows[-1].pk))
    assert sorted(pk for rows in forwards for pk in rows) == sorted(vip.memberships.values_list("pk", flat=True))
    assert [len(rows) for rows in forwards] == [3, 3, 2]
    back = listing.page(vip, wanted, before=str(forwards[2][0]))
    assert [row.pk for row in back.rows] == forwards[1]
    assert back.prev_url
    assert not listing.page(vip, wanted, before=str(forwards[1][0])).prev_url


@pytest.mark.parametrize("cursor", ["x", "999999999", "-1", "９"])
def test_a_cursor_that_names_nobody_gives_the_beginning(vip, cursor):
    _member(vip, "A")
    assert len(listing.page(vip, listing.Wanted(), after=cursor).rows) == 1


def test_members_are_filtered_by_words_and_owner(cs, vip):
    owner = factories.user()
    _member(vip, "A", name="株式会社高橋商店", kana="タカハシショウテン", owner=owner)
    _member(vip, "B", name="青空商事")
    _fresh(vip)
    assert _names(_page(cs, "detail", "vip", q="髙橋"))[-1:] == ["株式会社高橋商店"]
    html = _page(cs, "detail", "vip", owner=owner.pk)
    assert "株式会社高橋商店" in html
    assert "青空商事" not in html
    assert "該当する顧客がいません" in _page(cs, "detail", "vip", q="どこにもいない")


def test_an_empty_segment_says_so(cs, vip):
    _fresh(vip)
    assert "このセグメントに入っている顧客はいません" in _page(cs, "detail", "vip")


def test_htmx_gets_the_rows_alone(cs, vip):
    _member(vip, "A")
    _fresh(vip)
    answer = cs.get("/segments/vip/", headers={"HX-Request": "true", "HX-Target": "rows"})
    assert "<html" not in answer.content.decode()


# --- the file -----------------------------------------------------------------------------------


def test_leaders_take_the_members_along_and_that_is_written_down(manager, vip):
    _member(vip, "A", name="=1+1")
    _fresh(vip)
    answer = manager.post("/segments/vip/export/")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(text))) == [
        ["customer_id", "name", "email", "entered_on"],
        ["A", "'=1+1", "", "2026-06-30"],
    ]
    assert AuditEvent.objects.get(action="segment.export").detail == {"count": 1}


def test_staff_may_not_take_them_along(cs, vip):
    assert cs.post("/segments/vip/export/").status_code == 403
    assert "/segments/vip/export/" not in _page(cs, "detail", "vip")


def test_looking_does_not_give_the_file(manager, vip):
    assert manager.get("/segments/vip/export/").status_code == 405


# --- one customer -------------------------------------------------------------------------------


def test_a_customers_segments_and_why_not(cs, vip):
    customer = _member(vip, "A")
    membership.refresh_all(as_of=TODAY, now=NOW)
    html = _page(cs, "customer-panel", customer.pk, segment="frequent-buyers")
    assert "VIP(2026/06/30から)" in html
    assert "「頻繁に購入」に入っていません" in html
    assert "次の条件を満たすと含まれます: 「Fスコア」が5" in html
    assert "不明" in html


def test_the_panel_without_a_question_and_without_segments(cs, vip):
    customer = factories.customer("B")
    html = _page(cs, "customer-panel", customer.pk)
    assert "現在、どのセグメントにも入っていません" in html


def test_a_rule_that_cannot_be_read_is_said_so(cs):
    broken = Segment.objects.create(slug="broken", name="broken", rule={"field": "nothing", "op": "is", "value": 1})
    customer = factories.customer("B")
    assert "条件を読み取れません" in _page(cs, "customer-panel", customer.pk, segment="broken")
    assert "nothing" in _page(cs, "detail", broken.slug)


def test_htmx_gets_the_panel_alone(cs):
    customer = factories.customer("B")
    answer = cs.get(f"/segments/customers/{customer.pk}/", headers={"HX-Request": "true"})
    assert answer.content.decode().lstrip().startswith("<section")
