"""What the night keeps for pages, and that it is what the reports say."""

import datetime as dt
from decimal import Decimal

import pytest

from metrics import cohorts, computing, keeping, reading, rollups
from metrics.definitions import REPORTS
from metrics.models import CohortRollup, KeptReport
from scores import scoring
from scores.models import Prediction, Score
from segments.models import Membership, Segment
from tests import factories

from .conftest import NOW, TODAY

pytestmark = pytest.mark.django_db


def figures():
    keeping.keep(as_of=TODAY, now=NOW)
    return keeping.read(("figures", ""))["figures", ""].rows[0]


def scored(*, risk=None, so_far=None, predicted=None, **fields):
    who = factories.customer()
    Score.objects.create(customer=who, as_of=TODAY, ltv_historic=so_far, **{"is_active": True, **fields})
    Prediction.objects.create(customer=who, as_of=TODAY, churn_risk=risk, ltv_predicted=predicted)
    return who


def test_money_at_risk_is_risk_times_what_is_to_come():
    scored(risk=0.5, so_far=1000, predicted=3000)
    scored(risk=0.25, so_far=1000, predicted=1400)
    scored(risk=1, so_far=5000, predicted=9000, is_active=False)
    found = figures()
    assert found["at_risk"] == Decimal("1100")  # 0.5 × 2000 + 0.25 × 400
    assert (found["active"], found["high_risk"], found["customers"]) == (2, 1, 3)


def test_without_a_prediction_for_everybody_active_there_is_no_money_at_risk():
    scored(risk=0.5, so_far=1000, predicted=3000)
    scored(risk=None, so_far=1000, predicted=1400)
    assert figures()["at_risk"] is None


def test_renewals_are_deadlines_of_the_next_90_days_without_notice():
    scored(mrr=100, notice_due_on=TODAY)
    scored(mrr=20, notice_due_on=TODAY + dt.timedelta(days=90))
    scored(mrr=3, notice_due_on=TODAY + dt.timedelta(days=91))
    scored(mrr=4, notice_due_on=TODAY, notice_given_on=TODAY)
    scored(mrr=5, notice_due_on=TODAY - dt.timedelta(days=1))
    found = figures()
    assert (found["renewals"], found["renewals_mrr"]) == (2, Decimal("120.00"))


def test_who_has_most_to_lose_comes_first():
    small, large = scored(risk=0.9, so_far=100), scored(risk=0.1, so_far=10_000)
    scored(risk=0, so_far=99_999)
    scored(risk=0.9, so_far=99_999, is_active=False)
    keeping.keep(as_of=TODAY, now=NOW)
    rows = keeping.read(("stake", ""))["stake", ""].rows
    assert [row["customer_id"] for row in rows] == [large.pk, small.pk]


def test_before_the_first_night_nothing_is_kept():
    assert keeping.read(("rfm", "")) == {("rfm", ""): keeping.Kept(None, [])}
    assert reading.ltv(by="owner").rows == []
    assert rollups.filled_to() is None


@pytest.mark.parametrize("by", ["", *computing.LTV_BY])
def test_kept_ltv_is_what_the_report_says(night, by):
    factories.purchase(night.a, "2026-05-01", 800)
    scoring.compute(as_of=TODAY, now=NOW)
    rollups.fill(as_of=TODAY, now=NOW)
    kept = [{key: row[key] for key in row if key != "value"} for row in reading.ltv(by=by).rows]
    assert kept == computing.ltv(as_of=TODAY, now=NOW, by=by)


def test_kept_rfm_is_what_the_report_says(night):
    factories.purchase(night.a, "2026-05-01", 800)
    factories.purchase(night.c, "2026-06-01", 900)
    scoring.compute(as_of=TODAY, now=NOW)
    rollups.fill(as_of=TODAY, now=NOW)
    assert reading.rfm().rows == computing.rfm(as_of=TODAY, now=NOW)
    assert reading.total(reading.rfm().rows, "monetary") == Decimal("1700.00")


def test_stored_churn_is_what_the_report_says(night):
    Membership.objects.create(
        segment=Segment.objects.create(slug="x", name="x", rule={}), customer=night.b, entered_on="2026-01-05"
    )
    Membership.objects.create(segment=Segment.objects.get(), customer=night.a, entered_on="2026-05-01")
    rollups.fill(as_of=TODAY, now=NOW)
    alone = [(by, "", "month") for by in ("", *computing.CHURN_BY)]
    others = [("plan", "owner", "quarter"), ("membership", "region", "quarter"), ("", "", "half")]
    for by, second, period in [*alone, *others]:
        asked = {"by": by, "second": second, "period": period}
        report = computing.churn(as_of=TODAY, now=NOW, **asked)
        names = REPORTS["churn"].column_names(second=second)
        stored = [{name: row[name] for name in names} for row in reading.churn(**asked)]
        assert sorted(stored, key=str) == sorted(report, key=str), asked
        assert stored or by == "tier", asked


def test_stored_cohorts_are_what_the_report_says(night):
    assert reading.cohorts(today=TODAY) == cohorts.cohorts(as_of=TODAY, now=NOW)


def test_the_last_periods_only(night):
    assert [row["period"] for row in reading.churn(last=2)] == ["2026-05", "2026-06"]


def test_a_late_row_is_in_after_the_next_fill(night):
    late = factories.customer("late")
    factories.contract(late, "2026-01-10")
    rollups.fill(as_of=TODAY, now=NOW)
    assert reading.churn(last=1)[0]["at_start"] == 3
    assert CohortRollup.objects.get(kind="", months=1, cohort="2026-01-01", month=0).size == 2


def test_the_other_way_to_count_a_last_day_is_kept_for_the_chip(night):
    rows = keeping.read(("churn", "month_end"))["churn", "month_end"].rows
    assert {row["period"]: (row["at_start"], row["lost"]) for row in rows}["2026-06"] == (3, 1)
    assert {row["period"]: (row["at_start"], row["lost"]) for row in rows}["2026-05"] == (3, 0)
    assert "2026-07" not in {row["period"] for row in rows}


def test_a_run_for_an_earlier_day_keeps_the_later_reports(night):
    rollups.fill(as_of=dt.date(2026, 3, 31), now=NOW)
    assert KeptReport.objects.get(name="figures", by="").as_of == TODAY
    assert rollups.filled_to() == TODAY


def test_other_settings_are_filled_anew_by_any_run(night):
    factories.configure(month_end=False)
    rollups.fill(as_of=dt.date(2026, 6, 30), now=NOW)
    assert {row["period"]: row["lost"] for row in reading.churn()}["2026-06"] == 1
