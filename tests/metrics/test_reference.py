"""Published and earlier figures of real data (origin: see the data's README)."""

import datetime as dt
from decimal import Decimal

import pytest

from metrics import cohorts, computing, payback, rollups, worth
from metrics.models import ChurnRollup, CohortRollup, Fill
from tests import factories
from tests.remembering import again

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 7, 1, 3, tzinfo=dt.UTC)
CDNOW_CHURN = (
    "0/0 781/0 1638/0 2357/0 2357/0 2357/10 2347/515 1832/681 1162/477 719/87 671/73 645/89 "
    "609/74 573/47 573/46 589/43 583/72 540/62"
)
RETAIL_CHURN = "0/0 885/0 1302/0 1682/0 2134/0 2434/59 2659/180 2724/166 2771/201 2772/205 2925/166 3194/182"
DECEMBER_2010 = [885, 324, 286, 340, 321, 352, 321, 309, 313, 350, 331, 445, 235]


def _series(rows):
    return " ".join(f"{row['at_start']}/{row['lost']}" for row in rows)


@pytest.fixture
def cdnow(db, sample_data):
    again("cdnow", lambda: factories.load_purchases(sample_data / "cdnow_sample_purchases.csv"))


@pytest.fixture
def retail(db, sample_data):
    again("retail", lambda: factories.load_purchases(sample_data / "online_retail_orders.csv"))


def test_churn_of_cdnow_month_by_month(cdnow):
    rows = computing.churn(as_of=dt.date(1998, 6, 30), now=NOW)
    assert [rows[0]["period"], rows[-1]["period"]] == ["1997-01", "1998-06"]
    assert _series(rows) == CDNOW_CHURN
    assert rows[0]["rate"] is None


def test_churn_of_cdnow_in_a_quarter(cdnow):
    rows = computing.churn(as_of=dt.date(1998, 6, 30), now=NOW, period="quarter")
    assert {row["period"]: (row["at_start"], row["lost"]) for row in rows}["1997-Q4"] == (719, 229)


def test_churn_and_first_cohort_of_online_retail(retail):
    as_of = dt.date(2011, 12, 9)
    assert _series(computing.churn(as_of=as_of, now=NOW)) == RETAIL_CHURN
    first = [row for row in cohorts.cohorts(as_of=as_of, now=NOW) if row["cohort"] == "2010-12"]
    assert [row["retained"] for row in first] == DECEMBER_2010
    assert [row["complete"] for row in first] == [True] * 12 + [False]


def test_rollups_hold_what_the_report_says_and_a_run_mends_only_its_own_days(cdnow, monkeypatch):
    as_of = dt.date(1998, 6, 30)
    monkeypatch.setattr(rollups, "SNAPSHOTS_BACK", 2)  # the segments looked at below
    rollups.fill(as_of=as_of, now=NOW)
    _rollups_are_the_report(as_of)
    Fill.objects.filter(period="1997-06").update(done_at=None)
    ChurnRollup.objects.filter(first="1997-06-01").delete()
    rollups.fill(as_of=as_of, now=NOW)
    june = ChurnRollup.objects.filter(first="1997-06-01", dimension="", months=1)
    assert june.get().lost == 10, "a half-done fill is redone"
    june.update(lost=11)
    assert rollups.fill(as_of=dt.date(1997, 12, 31), now=NOW)["churn"] == 0
    assert june.get().lost == 11, "a run for an earlier day leaves what is known later"


def _rollups_are_the_report(as_of):
    stored = ChurnRollup.objects.filter(months=1, dimension="", first__lt="1998-07-01").order_by("first")
    assert " ".join(f"{row.at_start}/{row.lost}" for row in stored) == CDNOW_CHURN
    by_segment = computing.churn(as_of=as_of, now=NOW, by="segment", start=dt.date(1998, 6, 1))
    kept = ChurnRollup.objects.filter(months=1, dimension="segment", second="", first="1998-06-01", at_start__gt=0)
    assert {row.group: (row.at_start, row.lost) for row in kept} == {
        row["group"]: (row["at_start"], row["lost"]) for row in by_segment
    }
    assert sum(row["at_start"] for row in by_segment) == 540
    assert CohortRollup.objects.get(kind="", months=1, cohort="1997-01-01", month=0).size == 781


def test_ltv_of_online_retail_is_the_files_sum_however_it_is_cut(retail):
    """Net of refunds £8,310,477.05; cuts, tenths, bands and months of begin all sum to it."""
    as_of, net = dt.date(2011, 12, 9), Decimal("8310477.05")
    (whole,) = computing.ltv(as_of=as_of, now=NOW)
    assert whole["historic_total"] == net
    for rows in worth.cuts(as_of=as_of).values():  # of the tables just built
        assert sum(row["historic_total"] for row in rows) == net
    tenths = worth.deciles()
    assert sum(row["total"] for row in tenths) == sum(row["total"] for row in worth.distribution()) == net
    assert max(row["customers"] for row in tenths) - min(row["customers"] for row in tenths) <= 1
    months = payback.compute(as_of=as_of, margin=Decimal(1))[""]
    assert sum(sum(row["revenue"]) for row in months) == net
    assert (months[0]["cohort"], months[0]["customers"]) == ("2010-12", 885)
