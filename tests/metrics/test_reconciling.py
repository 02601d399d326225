"""The other formulas from raw rows: the example from tables, and chance companies counted day by day."""

import datetime as dt
import random
from decimal import Decimal

import pytest

from customers.models import Contract, Customer
from metrics import reconciling, rollups
from metrics.models import KeptReport, Stale
from metrics.periods import named
from metrics.rollups import filling
from metrics.rollups import reconciling as reconciled
from tests import factories

from .conftest import NOW, TODAY

pytestmark = pytest.mark.django_db
JULY, AS_OF = named("2026-07"), dt.date(2026, 8, 20)
DAY = dt.timedelta(days=1)


def bridges(*, as_of=AS_OF, period=JULY):
    (found,) = reconciling.compute(periods=[period], as_of=as_of).values()
    return {one.formula: one for one in found}


def lines(bridge):
    return {one.key: (one.people, one.numerator, one.denominator) for one in bridge.lines}


def people(start, how_many, **term):
    first = Customer.objects.count()
    made = Customer.objects.bulk_create(
        Customer(code=f"{number:03}", name=f"顧客{number}", sort_key=f"{number:03}")
        for number in range(first, first + how_many)
    )
    Contract.objects.bulk_create(
        Contract(customer=one, contract_id=one.code, mrr=Decimal(1000), starts_on=start, **term) for one in made
    )
    return [one.pk for one in made]


@pytest.fixture
def example(db):
    """100 on 1 July, 20 join in it; 11 give notice, one of them new; 4 of the other 10 have paid until August."""
    factories.configure(churn_policy="contract")
    people("2026-01-10", 90)
    people("2026-01-10", 6, cancelled_on="2026-07-09", ends_on="2026-08-01")  # 31 July is their last day
    paid_on = people("2026-01-10", 4, cancelled_on="2026-07-20", ends_on="2026-08-11")
    people("2026-07-05", 19)
    (brief,) = people("2026-07-05", 1, cancelled_on="2026-07-25", ends_on="2026-07-26")
    return paid_on, brief


def test_the_example_of_five_products(example):
    paid_on, brief = example
    found = bridges()
    figures = {key: (one.theirs, round(one.rate, 1)) for key, one in found.items()}
    assert found["notice"].ours == (6, 100)
    assert figures["notice"] == ((10, 100), 10.0)
    assert figures["notice-joiners"] == ((11, 100), 11.0)
    assert figures["notice-widened"] == ((11, 120), 9.2)
    assert figures["joiners"] == ((7, 100), 7.0)
    assert figures["month-end"] == ((0, 100), 0.0)  # their last day counts as still active: they are lost in August
    assert {line.key: line.ids for line in found["notice-joiners"].lines} == {
        "kept-lost": tuple(paid_on),
        "joined-left": (brief,),
    }
    assert lines(found["notice-widened"])["joined"] == (19, 0, 19)
    assert all(one.is_exact for one in found.values())


def test_the_daily_formula_of_the_example(example):
    """On the 25th 1 of 120 goes; on the 31st 6 of the 119 then there."""
    daily = bridges()["daily"]
    assert [(one.day.day, one.at_start, one.left) for one in daily.days] == [(25, 120, 1), (31, 119, 6)]
    assert daily.rate == pytest.approx(100 / 120 + 600 / 119)
    assert lines(daily) == {"joined-left": (1, 1, 0)}


def test_notice_given_after_the_day_asked_for_is_not_known(example):
    """As of 15 July nobody knew of the four, nor that the new one would leave; July is then seen as it was known."""
    assert bridges(as_of=dt.date(2026, 7, 15))["notice"].theirs == (6, 100)


def test_under_inactivity_other_windows_and_logins_make_the_difference(db):
    """N = 180. On 1 and 31 July: A bought 100 days before July, B 170 days, C in July, D 200 days and logs in."""
    a, b, c, d = (factories.customer(code) for code in "ABCD")
    for who, days in ((a, 100), (b, 170), (c, -10), (d, 200)):
        factories.purchase(who, JULY.first - days * DAY)
    factories.login(d, JULY.first - 20 * DAY)
    found = bridges()
    assert found["logins"].ours == (1, 2)  # A and B were active; B's 180 days ended on 11 July
    assert found["quiet-90"].theirs == (0, 0)
    assert lines(found["quiet-90"]) == {"kept-out": (1, 0, -1), "lost-out": (1, -1, -1)}
    assert found["quiet-365"].theirs == (0, 3)
    assert lines(found["logins"]) == {"out-kept": (1, 0, 1)}
    assert {line.ids for line in found["logins"].lines} == {(d.pk,)}


def test_the_report_has_a_row_a_line_and_a_row_a_formula(example):
    found = reconciling.rows(periods=[JULY], as_of=AS_OF)
    first, *others = found
    assert first == {
        "period": "2026-07",
        "formula": "ours",
        "line": "",
        "people": 6,
        "numerator": 6,
        "denominator": 100,
        "rate": 6.0,
    }
    notice = [(row["line"], row["people"], row["numerator"]) for row in others if row["formula"] == "notice"]
    assert notice == [("kept-lost", 4, 4), ("", 10, 10)]


def test_what_is_kept_is_read_back_as_it_was(example):
    assert reconciling.keep(periods=[JULY], as_of=AS_OF) == 1
    as_of, kept = reconciling.read("2026-07")
    assert as_of == AS_OF
    assert kept == list(bridges().values())
    assert reconciling.keep(periods=[JULY], as_of=AS_OF) == 1  # again: written anew, not beside
    assert KeptReport.objects.filter(name="reconcile").count() == 1
    assert reconciling.read("2026-06") == (None, [])


def _days(starts_on, ends_on):
    return {starts_on + number * DAY for number in range((min(ends_on, AS_OF) - starts_on).days)}


def _chance_company(chance):
    """Customers with up to three terms of one contract each; the days they were active by end and by notice."""
    by_end, by_notice = {}, {}
    for number in range(25):
        who = factories.customer(f"{number:02}")
        by_end[who.pk], by_notice[who.pk] = set(), set()
        start = dt.date(2026, 6, 1) + chance.randrange(50) * DAY
        for _ in range(chance.randrange(1, 4)):
            end = start + chance.randrange(1, 25) * DAY
            notice = chance.choice([None, end - chance.randrange(12) * DAY])
            factories.contract(who, start, contract_id=f"K{number}", ends_on=end, cancelled_on=notice)
            by_end[who.pk] |= _days(start, end)
            by_notice[who.pk] |= _days(start, min(end, notice or end))
            start = end + chance.choice([0, 0, 3, 9]) * DAY
    return by_end, by_notice


def _counted(active):
    """Who was lost, who left having joined, how often somebody left, counted day by day (month_end off)."""
    before, last = JULY.first - DAY, JULY.last
    july = [JULY.first + number * DAY for number in range(31)]
    start = {who for who, days in active.items() if before in days}
    there = {who for who, days in active.items() if days & {before, *july}}
    end = {who for who, days in active.items() if last in days}
    ends = sum(day not in days and day - DAY in days for days in active.values() for day in july)
    return start, there, end, ends


@pytest.mark.parametrize("seed", [3, 7])
def test_chance_companies_come_out_as_counted_day_by_day(db, seed):
    factories.configure(churn_policy="contract", month_end=False)
    by_end, by_notice = _chance_company(random.Random(seed))
    found = bridges()
    start, there, end, ends = _counted(by_end)
    lost = (len(start - end), len(start))
    assert {one.ours for one in found.values()} == {lost}
    assert found["joiners"].theirs == (len(there - end), len(start))
    assert found["widened"].theirs == (len(start - end), len(there))
    assert found["each-end"].theirs == found["daily"].theirs == (ends, len(start))
    start, there, end, ends = _counted(by_notice)
    assert found["notice"].theirs == (len(start - end), len(start))
    assert found["notice-joiners"].theirs == (len(there - end), len(start))
    assert found["notice-widened"].theirs == (ends, len(there))
    assert all(one.is_exact for one in found.values())


def test_the_night_keeps_every_newest_period_and_redoes_those_a_late_fact_concerns(company, monkeypatch):
    monkeypatch.setattr(rollups, "SNAPSHOTS_BACK", 0)
    rollups.fill(as_of=TODAY, now=NOW)
    codes = set(KeptReport.objects.filter(name="reconcile").values_list("by", flat=True))
    assert {"2025-12", "2026-06", "2025-Q4", "2026-Q2", "FY2025-H2", "FY2025"} <= codes
    assert reconciling.read("2026-05")[1] == reconciling.compute(periods=[named("2026-05")], as_of=TODAY)["2026-05"]
    before = reconciling.read("2026-02")[1]
    factories.contract(company.d, "2026-05-02", 900, ends_on="2026-05-20")  # signed and gone within May
    Stale.objects.create(kind="contracts", month="2026-05-01", onward=True)
    assert rollups.fill(as_of=TODAY, now=NOW)["reconcile"] > 0
    joiners = {one.formula: one for one in reconciling.read("2026-05")[1]}["joiners"]
    assert joiners.theirs == (2, 3)
    assert reconciling.read("2026-02")[1] == before


def test_a_mark_reaches_as_far_as_a_window_is_long():
    marks = [("purchases", dt.date(2025, 6, 1), False)]
    reached = {code: filling.is_stale(named(code), marks, 13) for code in ("2025-05", "2025-06", "2026-07", "2026-08")}
    assert reached == {"2025-05": False, "2025-06": True, "2026-07": True, "2026-08": False}


def test_a_notice_written_down_late_marks_the_months_since_it_was_given(company):
    Stale.objects.all().delete()
    company.b.contracts.update(cancelled_on="2026-04-20")
    assert ("notices", dt.date(2026, 4, 1), True) in Stale.objects.values_list("kind", "month", "onward")
    assert "notices" in reconciled.KINDS
