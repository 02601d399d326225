"""Trend, composition and who came and went: figures worked out by hand, and their pages."""

import csv
import datetime as dt
import io
import re
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from scores.models import LifecycleStage, Score
from segments import figures, ready_made
from segments.models import Membership, Segment
from tests import factories

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 6, 30, 3, tzinfo=dt.UTC)
TODAY = dt.date(2026, 6, 30)


@pytest.fixture(autouse=True)
def _still():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def vip():
    """Began with A and B on 1 June; C came on the 10th, B went on the 20th, D came and went."""
    ready_made.ensure()
    vip = Segment.objects.get(slug="vip")
    stays = [("A", 1, None), ("B", 1, 20), ("C", 10, None), ("D", 10, 12)]
    for number, (code, entered, left) in enumerate(stays):
        who = factories.customer(code, name=f"客{code}")
        stage = "active" if code == "A" else "slipping"
        Score.objects.create(
            customer=who,
            as_of=TODAY,
            m=5,
            ltv_historic=100 * (number + 1),
            mrr=number,
            lifecycle=stage,
            rfm_segment="champions",
        )
        Membership.objects.create(
            segment=vip, customer=who, entered_on=dt.date(2026, 6, entered), left_on=left and dt.date(2026, 6, left)
        )
    Segment.objects.filter(pk=vip.pk).update(
        state="fresh", as_of=TODAY, member_count=2, created_at=NOW - dt.timedelta(days=29)
    )
    vip.refresh_from_db()
    return vip


@pytest.fixture
def manager(client):
    client.force_login(factories.user(role="manager", language="en"), backend="accounts.backends.StaffBackend")
    return client


def _text(answer):
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.content.decode()))


def test_how_large_a_segment_was_each_day(vip):
    trend = figures.trends([vip], days=90, zone=factories.configure().zone)[vip.pk]
    assert (trend.days[0], trend.days[-1], len(trend.days)) == (dt.date(2026, 6, 1), TODAY, 30)
    by_day = dict(zip((day.day for day in trend.days), trend.sizes, strict=True))
    assert [by_day[day] for day in (1, 9, 10, 11, 12, 19, 20, 30)] == [2, 2, 4, 4, 3, 3, 2, 2]


def test_a_long_trend_goes_week_by_week_and_ends_with_the_newest_day(vip):
    trend = figures.trends([vip], days=365, zone=factories.configure().zone)[vip.pk]
    assert [day.day for day in trend.days] == [2, 9, 16, 23, 30]
    assert trend.sizes == [2, 2, 3, 2, 2]


def test_what_never_was_computed_has_no_trend():
    assert figures.trends([Segment(pk=1)], days=9, zone=factories.configure().zone) == {}


def test_what_the_members_are_worth_and_what_they_are(vip):
    factories.customer("outside")
    found = figures.composition(vip, as_of=TODAY)
    assert (found.customers, found.ltv, found.mrr, found.mailable) == (2, Decimal(400), Decimal(2), 0)
    assert [(one.value, one.customers, one.ltv, one.share) for one in found.lifecycle] == [
        ("active", 1, Decimal(100), 0.5),
        ("slipping", 1, Decimal(300), 0.5),
    ]
    assert [(one.value, one.customers) for one in found.rfm] == [("champions", 2)]


def test_who_came_and_went_without_whom_it_began_with(vip):
    assert [one.customer.code for one in figures.moves(vip, "entered")] == ["D", "C"]
    assert [one.customer.code for one in figures.moves(vip, "left")] == ["B", "D"]
    assert [one.customer.code for one in figures.moves(vip, "left", on=dt.date(2026, 6, 12))] == ["D"]


def test_pages_of_who_came_hold_everybody_once(vip, monkeypatch):
    monkeypatch.setattr(figures, "PER_PAGE", 1)
    first = figures.moves_page(vip, "entered")
    second = figures.moves_page(vip, "entered", after=first.next)
    assert [[one.customer.code for one in page.rows] for page in (first, second)] == [["D"], ["C"]]
    assert second.next == ""
    assert len(figures.moves_page(vip, "entered", after="x").rows) == 1


def test_the_page_of_who_went_leads_to_the_day_and_the_reasons_and_into_a_file(vip, manager):
    page = manager.get("/segments/vip/moves/?kind=left").content.decode()
    assert "?kind=left&amp;on=2026-06-20" in page
    assert re.search(r"/segments/customers/\d+/\?segment=vip", page)
    assert "客C" not in page
    answer = manager.post("/segments/vip/moves/export/?kind=left&on=2026-06-20")
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert rows[1:] == [["B", "客B", "left", "2026-06-01", "2026-06-20"]]
    assert "Nobody moved" in _text(manager.get("/segments/vip/moves/?kind=left&on=2026-06-21"))


def test_the_panel_of_what_they_are_alone_and_as_a_page(vip, manager):
    assert "LTV so far ¥400" in _text(manager.get("/segments/vip/composition/"))
    alone = manager.get("/segments/vip/composition/", headers={"HX-Request": "true"}).content.decode()
    assert alone.lstrip().startswith("<section")


def test_a_segments_page_shows_its_trend_and_asks_a_fixed_number_of_times(vip, manager):
    factories.configure()
    with CaptureQueriesContext(connection) as queries:
        context = manager.get("/segments/vip/").context
    assert context["trend"]["series"][0]["data"][-1] == 2
    assert len(queries) <= 16, [query["sql"][:80] for query in queries]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("q=vip", ["vip"]),
        ("kind=own", ["mine"]),
        ("kind=frozen", ["list"]),
        ("kind=own&q=no", []),
        ("sort=size&kind=frozen", ["list"]),
    ],
)
def test_the_list_of_segments_is_searched_and_filtered(vip, manager, query, expected):
    Segment.objects.create(slug="mine", name="My own", rule={"field": "m", "op": "eq", "value": 5})
    Segment.objects.create(slug="list", name="A list", rule={}, is_frozen=True, as_of=TODAY)
    context = manager.get(f"/segments/?{query}").context
    assert [row.segment.slug for row in [*context["own"], *context["general"], *context["rfm"]]] == expected


def test_the_list_is_sorted_by_size_movement_or_name(vip, manager):
    def first(sort):
        return manager.get(f"/segments/?sort={sort}").context["general"][0].segment.slug

    assert (first("size"), first("moved")) == ("vip", "vip")
    rows = manager.get("/segments/?sort=name").context["general"]
    with translation.override("en"):
        names = [str(row.segment) for row in rows]
    assert names == sorted(names)


def test_a_customers_page_tells_the_stages_and_segments_he_went_through(vip, manager):
    who = Membership.objects.get(customer__code="D").customer
    day = dt.date(2026, 6, 1)
    LifecycleStage.objects.create(customer=who, lifecycle="new", began_on=day, ended_on=TODAY)
    LifecycleStage.objects.create(customer=who, lifecycle="slipping", began_on=TODAY)
    text = _text(manager.get(f"/segments/customers/{who.pk}/"))
    assert "Slipping 2026/06/30 – today New 2026/06/01 – 2026/06/30" in text
    assert "VIP 2026/06/10 – 2026/06/12" in text
