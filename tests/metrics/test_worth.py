"""What customers are worth: cuts, spread and tenths, worked out by hand and equal to the total to the last yen."""

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics import computing, keeping, keeping_worth, reading, worth
from metrics.models import KeptReport, Worth
from scores import scoring
from segments.models import Membership, Segment
from tests import factories

from .conftest import NOW, TODAY

JUNE_30 = dt.date(2026, 6, 30)


# --- without a database ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "step"),
    [("0.3", "1"), ("1", "1"), ("1.1", "2"), ("4", "5"), ("5.01", "10"), ("1200", "2000"), ("99999", "100000")],
)
def test_steps_are_one_two_or_five(value, step):
    assert worth.nice(Decimal(value)) == Decimal(step)


def test_bands_begin_at_nothing_and_reach_95_in_100():
    found = worth.edges(least=Decimal(-5), p95=Decimal(100_000))
    assert (found[0], found[1], found[-1]) == (0, 10_000, 100_000)
    assert worth.edges(least=Decimal(0), p95=Decimal(0)) == [0]


@given(st.lists(st.tuples(st.integers(1, 50), st.integers(-(10**9), 10**12)), min_size=1, max_size=20))
@settings(max_examples=30, deadline=None)
def test_groups_put_together_keep_their_sum(groups):
    rows = [worth.amounts({"customers": n, "historic": sum_, "to_come": 100 * n}) for n, sum_ in groups]
    one = worth.merged(rows)
    assert one["historic_total"] == sum(row["historic_total"] for row in rows)
    assert one["customers"] == sum(n for n, _sum in groups)
    assert one["to_come_mean"] == 1


def test_a_group_with_somebody_without_a_prediction_has_none():
    known = worth.amounts({"customers": 2, "historic": 500, "to_come": 300})
    unknown = worth.amounts({"customers": 1, "historic": 100, "to_come": None})
    assert worth.merged([known, unknown])["to_come_total"] is None
    assert (known["historic_mean"], known["predicted_mean"]) == (Decimal("2.5"), Decimal(4))


def test_beyond_the_most_groups_the_smallest_are_one(monkeypatch):
    monkeypatch.setattr(worth, "MOST_GROUPS", 1)
    rows = [
        {"value": v, "second": "x", **worth.amounts({"customers": n, "historic": n * 100, "to_come": 0})}
        for v, n in [("a", 1), ("b", 5), ("c", 2)]
    ]
    shown, rest = worth._capped(rows)
    assert (shown["value"], rest["value"], rest["second"], rest["customers"]) == ("b", worth.REST, worth.REST, 3)


# --- one company -----------------------------------------------------------------------------------


@pytest.fixture
def shop(db):
    """Ten customers who bought for 100 … 1,000; the last one gave 400 back, one more has only a refund.

    1–5 are 小売 by 広告, 6–10 製造 by 紹介; in two saved segments: all, and 9 and 10.
    """
    people = [
        factories.customer(f"S{n:02}", industry="小売" if n <= 5 else "製造", acquired_via="広告" if n <= 5 else "紹介")
        for n in range(1, 11)
    ]
    for n, who in enumerate(people, 1):
        factories.purchase(who, "2026-03-10", 100 * n)
    factories.purchase(people[9], "2026-04-01", -400)
    factories.purchase(factories.customer("R"), "2026-04-01", -50)
    everybody = Segment.objects.create(slug="everybody", name="Everybody here", rule={})
    best = Segment.objects.create(slug="best", name="Best", rule={})
    for who in people:
        Membership.objects.create(segment=everybody, customer=who, entered_on=TODAY)
    for who in people[8:]:
        Membership.objects.create(segment=best, customer=who, entered_on=TODAY)
    scoring.compute(as_of=TODAY, now=NOW)
    keeping_worth.keep(as_of=TODAY, now=NOW)
    return people


def _totals(rows):
    return {row["value"]: (row["customers"], row["historic_total"]) for row in rows}


def test_cuts_by_hand_net_of_refunds(shop):
    """5,500 bought, 400 back; who has only a refund is a prospect."""
    assert _totals(reading.ltv().rows) == {None: (10, Decimal(5100))}
    assert _totals(reading.ltv(by="industry").rows) == {"小売": (5, Decimal(1500)), "製造": (5, Decimal(3600))}
    assert _totals(reading.ltv(by="membership").rows) == {
        "everybody": (10, Decimal(5100)),
        "best": (2, Decimal(1500)),
    }
    (cell,) = [row for row in reading.ltv(by="via", second="industry").rows if row["value"] == "紹介"]
    assert (cell["second"], cell["customers"], cell["historic_mean"]) == ("製造", 5, Decimal(720))


def test_every_cut_and_every_two_sum_to_the_total(shop):
    found = worth.cuts(as_of=TODAY)
    assert set(found) >= {"", *worth.DIMENSIONS}
    for by, rows in found.items():
        if "membership" not in by:
            assert sum(row["historic_total"] for row in rows) == Decimal(5100), by
            assert sum(row["customers"] for row in rows) == 10, by


def test_two_cuts_read_in_either_order_are_the_same(shop):
    one = {(row["value"], row["second"]): row["customers"] for row in reading.ltv(by="industry", second="via").rows}
    other = {(row["second"], row["value"]): row["customers"] for row in reading.ltv(by="via", second="industry").rows}
    assert one == other == {("小売", "広告"): 5, ("製造", "紹介"): 5}
    assert computing.ltv(as_of=TODAY, now=NOW, by="via", second="industry") == [
        {key: row[key] for key in ("group", "second_group", *list(row)[2:]) if key not in ("value", "second")}
        for row in reading.ltv(by="via", second="industry").rows
    ]


def test_tenths_of_ten_customers_are_the_customers(shop):
    """900, 800, 700, 600 (the tenth after his refund, behind the sixth) … of 5,100."""
    rows = keeping.read(("ltv-deciles", ""))["ltv-deciles", ""].rows
    assert [row["total"] for row in rows] == [900, 800, 700, 600, 600, 500, 400, 300, 200, 100]
    assert rows[0]["share"] == pytest.approx(900 / 5100)
    assert rows[-1]["reach"] == pytest.approx(1)
    assert [row["last_id"] for row in rows[3:5]] == [shop[5].pk, shop[9].pk]


def test_the_spread_has_its_middle_and_its_bands(shop):
    kept = keeping.read(("ltv-spread", ""), ("ltv-distribution", ""), ("ltv-top", ""))
    (middle,) = kept["ltv-spread", ""].rows
    assert (middle["median"], middle["mean"], middle["top_count"], middle["top_total"]) == (550, 510, 1, 900)
    bands = kept["ltv-distribution", ""].rows
    assert sum(row["customers"] for row in bands) == 10
    assert sum(row["total"] for row in bands) == 5100
    assert (bands[0]["low"], bands[0]["high"]) == (100, 200)
    assert [row["historic"] for row in kept["ltv-top", ""].rows][:2] == [900, 800]


def test_who_gave_back_more_than_he_bought_stands_below_nothing(shop):
    factories.purchase(shop[0], "2026-05-01", -500)
    scoring.compute(as_of=TODAY, now=NOW)
    keeping_worth.keep(as_of=TODAY, now=NOW)
    first = keeping.read(("ltv-distribution", ""))["ltv-distribution", ""].rows[0]
    assert (first["low"], first["high"], first["customers"], first["total"]) == (None, 0, 1, -400)


def test_the_margin_multiplies_everything(shop):
    factories.configure(margin=Decimal("0.3"))
    assert computing.ltv(as_of=TODAY, now=NOW)[0]["historic_total"] == Decimal(1530)
    assert sum(row["total"] for row in computing.ltv_deciles(as_of=TODAY, now=NOW)) == Decimal(1530)


def test_the_customers_behind_are_kept_and_only_differences_written(shop):
    one = Worth.objects.get(customer=shop[9])
    assert (one.historic, one.began_on, one.bought_on, one.second_on) == (600, dt.date(2026, 3, 10), one.began_on, None)
    factories.purchase(shop[9], "2026-05-02", 50)
    shop[0].archived_at = NOW
    shop[0].save()
    scoring.compute(as_of=TODAY, now=NOW)
    keeping_worth.keep(as_of=TODAY, now=NOW)
    one.refresh_from_db()
    assert (one.historic, one.second_on) == (650, dt.date(2026, 5, 2))
    assert not Worth.objects.filter(customer=shop[0]).exists()


# --- under contract, and as it was -----------------------------------------------------------------


def test_lifetime_is_the_monthly_amount_by_todays_churn(company):
    """A 1,000 and C 3,000 are left; 13 at a start and 1 lost in six full months: 2,000 × 13."""
    (row,) = computing.ltv_lifetime(as_of=JUNE_30, now=NOW)
    assert (row["customers"], row["mrr"]) == (2, 2000)
    assert float(row["lifetime"]) == pytest.approx(26_000)
    factories.configure(churn_policy="inactivity")
    assert computing.ltv_lifetime(as_of=JUNE_30, now=NOW) == []


def test_months_ends_are_kept_once_as_stored(company):
    scoring.compute(as_of=JUNE_30, now=NOW)
    scoring.compute(as_of=TODAY, now=NOW)
    keeping_worth.keep(as_of=TODAY, now=NOW)
    name = "ltv@2026-06-30"
    then = keeping.read((name, ""), (name, "plan"))
    assert then[name, ""].rows[0]["historic_total"] == Decimal("27645.16")
    assert _totals(then[name, "plan"].rows)["上位"] == (1, Decimal("10645.16"))
    KeptReport.objects.filter(name=name, by="").update(rows=[])
    KeptReport.objects.create(name="ltv@2020-01-31", by="", as_of="2020-01-31", rows=[])
    keeping_worth.keep(as_of=TODAY, now=NOW)
    assert keeping.read((name, ""))[name, ""].rows == [], "what was stored is not counted again"
    assert not KeptReport.objects.filter(name="ltv@2020-01-31").exists()


def test_a_month_and_a_year_before_are_months_ends():
    day = dt.date(2026, 11, 22)
    assert keeping_worth.month_before(day) == dt.date(2026, 10, 31)
    assert keeping_worth.year_before(day) == dt.date(2025, 11, 30)
    assert keeping_worth.year_before(day) in keeping_worth.month_ends(day)
    assert len(keeping_worth.month_ends(day)) == 13
