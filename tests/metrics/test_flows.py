"""Movement between RFM segments: figures worked out by hand, pairs kept and asked for, and the pages."""

import csv
import datetime as dt
import io
import re
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEvent, Role
from customers.models import Customer
from metrics import flows, tasks
from metrics.models import RfmFlow
from scores.models import ModelFit, Score, ScoreSnapshot
from tests import factories

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 7, 1, 9, tzinfo=dt.timezone(dt.timedelta(hours=9)))
MAY, JUNE, TODAY = dt.date(2026, 5, 31), dt.date(2026, 6, 30), dt.date(2026, 7, 1)
ADDRESS = "/metrics/rfm/movement/"
PAIR = "from=2026-05-31&to=2026-06-30"
# code: segment at the end of May, of June, LTV then, what he bought or returned in June
PEOPLE = {
    "A": ("champions", "champions", 900, [100]),
    "B": ("champions", "at_risk", 500, []),
    "C": ("at_risk", "champions", 400, [50, -20]),
    "D": ("", "new_customers", 70, [70]),
    "E": ("hibernating", "", 10, []),
    "F": ("champions", "at_risk", 600, []),
}


@pytest.fixture
def days():
    """Six customers at the end of two months; nothing is known of today yet."""
    for code, (may, june, ltv, amounts) in PEOPLE.items():
        who = factories.customer(code, name=f"客{code}")
        for day, segment, worth in ((MAY, may, ltv - sum(amounts)), (JUNE, june, ltv)):
            if segment:
                ScoreSnapshot.objects.create(
                    as_of=day, customer=who, rfm_segment=segment, lifecycle="active", is_active=True, ltv_historic=worth
                )
        for amount in amounts:
            factories.purchase(who, "2026-06-10", amount)
        factories.purchase(who, "2026-05-31", 1)  # on the first day: not in between


@pytest.fixture
def kept(days):
    flows.ask(from_on=MAY, to_on=JUNE, now=NOW)
    flows.compute_asked(now=NOW)
    return flows.read(MAY, JUNE)


def _live(segments):
    """The stored scores speak of today."""
    for code, segment in segments.items():
        who = Customer.objects.get(code=code)
        Score.objects.create(customer=who, as_of=TODAY, rfm_segment=segment, ltv_historic=1000)
    ModelFit.objects.create(as_of=TODAY, customers=0, repeaters=0, params={}, uses="none", fitted_at=NOW)


# --- what is computed ------------------------------------------------------------------------------


def test_who_moved_with_money_and_by_own_doing(kept):
    found = {(row["was"], row["became"]): row for row in flows.rows(kept)}
    assert {pair: (row["customers"], row["own"], row["ltv"], row["brought"]) for pair, row in found.items()} == {
        ("champions", "champions"): (1, 1, Decimal(900), Decimal(100)),
        ("champions", "at_risk"): (2, 0, Decimal(1100), Decimal(0)),
        ("at_risk", "champions"): (1, 1, Decimal(400), Decimal(30)),
        ("", "new_customers"): (1, 1, Decimal(70), Decimal(70)),
        ("hibernating", ""): (1, 0, Decimal(10), Decimal(0)),
    }


def test_today_is_compared_by_the_stored_scores(days):
    _live({"A": "loyal_customers", "C": "champions"})
    flows.ask(from_on=JUNE, to_on=TODAY, now=NOW)
    flows.compute_asked(now=NOW)
    kept = flows.read(JUNE, TODAY)
    assert kept.is_live
    pairs = {(row["was"], row["became"]): row["customers"] for row in kept.rows}
    assert pairs["champions", "loyal_customers"] == 1
    assert pairs["champions", "champions"] == 1
    assert pairs["at_risk", ""] == 2


def test_a_day_nobody_stored_is_computed_and_kept():
    who = factories.customer("A")
    factories.purchase(who, "2026-05-10", 100)
    factories.purchase(who, "2026-06-20", 100)
    flows.ask(from_on=dt.date(2026, 6, 1), to_on=dt.date(2026, 6, 21), now=NOW)
    assert flows.compute_asked(now=NOW) == 1
    assert flows.days() == [dt.date(2026, 6, 21), dt.date(2026, 6, 1)]
    (row,) = flows.read(dt.date(2026, 6, 1), dt.date(2026, 6, 21)).rows
    assert (row["customers"], row["own"], row["brought"]) == (1, 1, "100.00")


def test_the_night_keeps_the_usual_pairs_and_renews_those_of_today(days):
    _live({"A": "champions"})
    assert flows.keep(as_of=TODAY, now=NOW) == 2
    assert {(one.from_on, one.to_on, one.is_live) for one in RfmFlow.objects.all()} == {
        (MAY, JUNE, False),
        (JUNE, TODAY, True),
    }
    assert flows.keep(as_of=TODAY, now=NOW) == 1


def test_usual_pairs_are_months_and_1_3_6_and_12_months_up_to_the_day():
    ends = [dt.date(2026, 6, 30), dt.date(2026, 5, 31), dt.date(2026, 3, 31)]
    assert flows.usual(as_of=TODAY, known=ends) == [(MAY, JUNE), (JUNE, TODAY)]
    assert (dt.date(2026, 4, 30), TODAY) in flows.usual(as_of=TODAY, known=[*ends, dt.date(2026, 4, 30)])


# --- the queue -------------------------------------------------------------------------------------


def test_asking_twice_is_asking_once_and_what_failed_is_tried_again(days):
    first = flows.ask(from_on=MAY, to_on=JUNE, now=NOW)
    assert flows.ask(from_on=MAY, to_on=JUNE, now=NOW) == first
    RfmFlow.objects.update(state="failed", error="x")
    assert flows.ask(from_on=MAY, to_on=JUNE, now=NOW).state == "waiting"
    with pytest.raises(ValueError, match="2026"):
        flows.ask(from_on=JUNE, to_on=MAY, now=NOW)


def test_what_fails_says_so_and_stops_nothing_for_good(days, monkeypatch):
    flows.ask(from_on=MAY, to_on=JUNE, now=NOW)
    with monkeypatch.context() as broken:
        broken.setattr(flows, "_compute", lambda flow, **now: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            flows.compute_asked(now=NOW)
    kept = flows.read(MAY, JUNE)
    assert (kept.state, kept.error) == ("failed", "ZeroDivisionError")


def test_what_a_killed_worker_left_is_taken_after_its_lease(days):
    flows.ask(from_on=MAY, to_on=JUNE, now=NOW)
    RfmFlow.objects.update(state="running", lease_until=NOW)
    assert flows.compute_asked(now=NOW) == 0
    assert flows.compute_asked(now=NOW + dt.timedelta(seconds=1)) == 1


# --- who moved -------------------------------------------------------------------------------------


def test_customers_behind_a_cell_most_ltv_first_page_by_page(kept):
    first = flows.moved(kept, was="champions", became="at_risk", most=1)
    assert [(row["ltv"], row["is_own"]) for row in first] == [(600, False)]
    rest = flows.moved(kept, was="champions", became="at_risk", after=(first[0]["ltv"], first[0]["customer_id"]))
    assert [row["ltv"] for row in rest] == [500]
    assert len(flows.moved(kept, was=None, became=None)) == 6
    assert [row["ltv"] for row in flows.moved(kept, was="", became=None)] == [70]


# --- the pages -------------------------------------------------------------------------------------


@pytest.fixture
def manager(signed_in, db):
    return signed_in(factories.user(role=Role.MANAGER, language="en"))


def _text(answer):
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.content.decode()))


def test_the_page_adds_up(manager, kept):
    answer = manager.get(f"{ADDRESS}?{PAIR}")
    text = _text(answer)
    assert "2026/05/31 5 ＋ newly scored 1 − no longer scored 1 ＝ 2026/06/30 5" in text
    assert "1 stayed in their segment, 3 moved: 1 after a purchase or refund of their own, 2 only" in text
    context = answer.context
    assert [line["total"] for line in context["lines"]] == [3, 0, 1, 1, 1]
    assert [one["value"] for one in context["totals"]] == [2, 1, 2, 0, 1]


def test_the_other_way_round_rows_and_columns_change_places(manager, kept):
    context = manager.get(f"{ADDRESS}?from=2026-06-30&to=2026-05-31&by=ltv").context
    lines = {line["code"]: line for line in context["lines"]}
    at_risk = [cell["value"] for cell in lines["at_risk"]["cells"]]
    assert at_risk[0] == Decimal(1100)  # those at risk in June were champions in May
    assert context["balance"]["came"] == 1


def test_without_two_days_it_says_when_there_will_be(manager, db):
    assert "Two days are needed" in _text(manager.get(ADDRESS))


def test_looking_computes_nothing_and_asking_does(manager, days, monkeypatch):
    monkeypatch.setattr(tasks, "wake", lambda: None)
    assert "have not been compared" in _text(manager.get(f"{ADDRESS}?{PAIR}"))
    assert not RfmFlow.objects.exists()
    answer = manager.post(f"{ADDRESS}ask/", {"from": "2026-06-30", "to": "2026-05-31"})
    assert answer.url.startswith(f"{ADDRESS}?from=2026-06-30")
    assert "Being computed" in _text(manager.get(f"{ADDRESS}?{PAIR}"))
    flows.compute_asked(now=NOW)
    assert "newly scored" in _text(manager.get(f"{ADDRESS}?{PAIR}", headers={"HX-Target": "flow"}))


@pytest.mark.parametrize("end", ["2026-05-31", "2026-07-02", "x", ""])
def test_days_that_cannot_be_are_refused_in_words(manager, end):
    answer = manager.post(f"{ADDRESS}ask/", {"from": "2026-05-31", "to": end}, follow=True)
    assert "Choose two different days" in _text(answer)
    assert not RfmFlow.objects.exists()


def test_the_customers_of_a_cell_on_a_page_and_in_a_file(manager, kept, monkeypatch):
    monkeypatch.setattr(flows, "PER_PAGE", 1)
    cell = f"{ADDRESS}customers/?{PAIR}&was=champions&became=at_risk"
    answer = manager.get(cell)
    assert "客F" in _text(answer)
    assert "1 shown of 2" in _text(answer)
    assert "客B" in _text(manager.get(answer.context["next_url"]))
    answer = manager.post(f"{ADDRESS}customers/export/?{PAIR}&was=-&became=any")
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert rows == [
        ["customer_id", "name", "rfm_from", "rfm_to", "ltv_historic", "own_purchase"],
        ["D", "客D", "", "new_customers", "70.00", "true"],
    ]
    assert AuditEvent.objects.get(action="rfm_flow.export").detail["count"] == 1


def test_the_matrix_as_a_file(manager, kept):
    answer = manager.post(f"{ADDRESS}export/?from=2026-06-30&to=2026-05-31")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert {(row["rfm_from"], row["rfm_to"], row["customers"]) for row in rows} >= {("at_risk", "champions", "2")}


@pytest.mark.parametrize("query", ["", "from=2026-05-31&to=2026-05-31", "from=2026-01-01&to=2026-02-01"])
def test_customers_of_days_that_were_not_compared_are_not_found(manager, days, query):
    assert manager.get(f"{ADDRESS}customers/?{query}").status_code == 404


def test_the_page_asks_the_database_a_fixed_number_of_times(manager, kept):
    with CaptureQueriesContext(connection) as queries:
        manager.get(f"{ADDRESS}?{PAIR}")
    assert len(queries) <= 12, [query["sql"][:80] for query in queries]
