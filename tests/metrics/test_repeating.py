"""Second and third purchase, repeat buyers, early leaving: days and months worked out by hand."""

import datetime as dt

import pytest

from metrics import computing, repeating
from tests import factories

from .conftest import NOW

pytestmark = pytest.mark.django_db
D = dt.date


def bought(*days, via="", amount=100):
    who = factories.customer(acquired_via=via)
    for day in days:
        factories.purchase(who, day, amount)
    return who


def months(as_of, by=""):
    return {row["group"]: row for row in computing.repeat(as_of=as_of, now=NOW, by=by)}


def test_a_second_day_within_the_window_counts_to_the_day():
    """Of January: after 30 days, after 31, the same day twice, never."""
    bought("2026-01-01", "2026-01-31")
    bought("2026-01-01", "2026-02-01")
    bought("2026-01-10", "2026-01-10")
    bought("2026-01-31")
    row = months(D(2026, 6, 30))["2026-01-01"]
    assert (row["customers"], row["f2_30"], row["f2_60"]) == (4, 25.0, 50.0)
    assert row["f2_days"] == 30
    assert row["f2_180"] is None, "31 January + 180 days is 30 July"


def test_refunds_and_free_orders():
    """A refund is no purchase; ¥0 is one."""
    bought("2026-01-05", "2026-01-08", amount=0)
    who = bought("2026-01-05")
    factories.purchase(who, "2026-01-09", -50)
    assert months(D(2026, 6, 30))["2026-01-01"]["f2_30"] == 50.0


def test_a_month_counts_once_its_last_day_is_so_many_days_past():
    bought("2026-04-01", "2026-04-05")
    assert months(D(2026, 5, 29))["2026-04-01"]["f2_30"] is None
    assert months(D(2026, 5, 30))["2026-04-01"]["f2_30"] == 100.0


def test_what_is_not_over_enters_no_mean_of_a_way():
    bought("2026-01-01", "2026-01-05", via="広告")
    bought("2026-06-20", via="広告")
    bought("2026-01-01", via="紹介")
    rows = months(D(2026, 6, 30), by="via")
    assert (rows["広告"]["customers"], rows["広告"]["f2_90"]) == (2, 100.0)
    assert rows["紹介"]["f2_90"] == 0.0


def test_the_third_purchase_follows_the_second():
    """Both bought twice in February; one came a third time 28 days later."""
    bought("2026-01-15", "2026-02-01", "2026-03-01")
    bought("2026-02-01", "2026-02-02")
    row = months(D(2026, 6, 30))["2026-02-01"]
    assert (row["second_buyers"], row["f3_30"], row["f3_days"]) == (2, 50.0, 28)


def test_repeat_buyers_had_bought_before_the_month():
    bought("2026-01-15", "2026-02-01", "2026-02-20")
    bought("2026-02-01", "2026-02-28")
    row = months(D(2026, 6, 30))["2026-02-01"]
    assert (row["buyers"], row["repeat_buyers"], row["repeat_rate"]) == (2, 1, 50.0)


def test_early_leaving_by_purchases_waits_for_the_days_of_inactivity():
    """N = 60. Of January: one bought on day 40 only, one again on day 120 and is still there on day 150."""
    factories.configure(inactivity_days=60)
    bought("2026-01-01", "2026-02-10")
    bought("2026-01-01", "2026-05-01")
    row = months(D(2026, 6, 30))["2026-01-01"]
    assert (row["began"], row["left_early"], row["early_rate"]) == (2, 1, 50.0)
    assert months(D(2026, 6, 29))["2026-01-01"]["early_rate"] is None, "31 January + 90 + 60 days is 30 June"


def test_early_leaving_under_contract_is_day_90(company):
    """B signed on 1 January and left after 31 May; E signed on the 2nd and was there for 90 days."""
    e = factories.customer("E")
    factories.contract(e, "2026-01-02", 500, ends_on="2026-04-02", cancelled_on="2026-03-01")
    f = factories.customer("F")
    factories.contract(f, "2026-01-31", 500, ends_on="2026-05-02", cancelled_on="2026-03-01")
    row = months(D(2026, 6, 30))["2026-01-01"]
    assert (row["began"], row["left_early"]) == (3, 2), "with month's ends, a last day is not a day there any more"
    factories.configure(month_end=False)
    assert months(D(2026, 6, 30))["2026-01-01"]["left_early"] == 1
    assert months(D(2026, 4, 30))["2026-01-01"]["left_early"] is None


def test_nobody_bought_and_nothing_is_said(db):
    assert computing.repeat(as_of=D(2026, 6, 30), now=NOW) == []
    assert repeating.flat([{"group": "x", "f2": None, "f3": None, "buyers": 0, "before": 0, "early": None}]) == [
        dict.fromkeys(repeating.COLUMNS)
        | {"group": "x", "customers": 0, "second_buyers": 0, "buyers": 0, "repeat_buyers": 0, "began": 0}
    ]
