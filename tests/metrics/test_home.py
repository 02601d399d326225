"""What the night keeps for the first pages by role."""

import datetime as dt
from decimal import Decimal
from types import SimpleNamespace

import pytest

from accounts.models import Installation
from campaigns import uplift
from campaigns.models import Campaign
from metrics import home, keeping
from metrics.models import ChurnRollup, KeptReport
from metrics.overview import Overview, owners
from scores import scoring
from scores.models import ScoreSnapshot
from segments.models import Segment
from tests import factories
from tests.remembering import again

from .conftest import found_company

pytestmark = pytest.mark.django_db
JUNE = dt.date(2026, 6, 15)
NOW = dt.datetime(2026, 6, 15, 3, tzinfo=dt.UTC)


def kept(key):
    return keeping.read(key)[key].rows


@pytest.fixture
def june(db):
    """The night of 15 June: B's last day was 31 May, so he is the one lost in May."""
    return again("june", _june)


def _june():
    company = found_company()
    scoring.compute(as_of=JUNE, now=NOW)
    keeping.keep(as_of=JUNE, now=NOW)
    return company


def test_figures_by_owner_add_up_to_the_companys(june):
    rows = {row["value"]: row for row in kept(home.OWNERS)}
    assert {value: (row["customers"], row["active"]) for value, row in rows.items()} == {
        str(june.sato.pk): (2, 1),  # A; D on trial is none
        str(june.suzuki.pk): (2, 1),  # C; B is gone
    }
    (whole,) = kept(("figures", ""))
    for column in ("customers", "active", "slipping", "renewals", "mrr"):
        assert sum(row[column] for row in rows.values()) == whole[column]


def test_whom_we_lost_last_month_and_why(june):
    (lost,) = kept(home.LOST_NAMES)
    assert (lost["customer_id"], lost["reason"], lost["competitor"]) == (june.b.pk, "価格", "X社")
    assert (lost["worth"], lost["since"]) == (Decimal("10000.00"), "2026-05-31")  # five months at 2,000
    assert kept(home.LOST_WHY) == [{"reason": "価格", "customers": 1, "worth": Decimal("10000.00")}]


def test_ends_of_months_are_what_was_stored_of_them_and_stay(june):
    end = dt.date(2026, 5, 31)
    said = {"as_of": end, "lifecycle": "active", "is_active": True, "mrr": 1000}
    ScoreSnapshot.objects.create(customer=june.a, **said, ltv_historic=6000, ltv_predicted=9000, churn_risk=0.5)
    factories.contract(june.a, "2026-01-01", 700, contract_id="A2", renews_on="2026-09-01", notice_days=30)
    KeptReport.objects.all().delete()
    keeping.keep(as_of=JUNE, now=NOW)
    (row,) = kept(home.ENDS)
    assert (row["as_of"], row["active"], Decimal(row["historic_total"])) == ("2026-05-31", 1, 6000)
    assert row["at_risk"] == 1500  # 0.5 × (9,000 − 6,000)
    assert (row["renewals"], row["renewals_mrr"]) == (1, 1700)  # notice by 2 August; both terms of A
    ScoreSnapshot.objects.update(ltv_historic=1)
    keeping.keep(as_of=JUNE, now=NOW)
    assert Decimal(kept(home.ENDS)[0]["historic_total"]) == 6000


def test_what_may_be_said_of_a_campaign_is_counted_once_a_day(june, monkeypatch):
    segment = Segment.objects.create(slug="x", name="X", rule={})
    campaign = Campaign.objects.create(name="掘り起こし", segment=segment, created_by=june.sato, launched_at=NOW)
    arm = SimpleNamespace(customers=900)
    found = SimpleNamespace(
        is_over=True,
        judgement=uplift.Judgement(uplift.Verdict.POSITIVE, uplift.Interval(0.04, 0.011, 0.066)),
        last_on=JUNE,
        treated=arm,
        held_out=SimpleNamespace(customers=100),
        money=uplift.Interval(120_000, 10_000, 230_000),
        cost=None,
    )
    asked = []
    monkeypatch.setattr(home.results, "results", lambda one, now: asked.append(one) or found)
    KeptReport.objects.filter(name="campaigns").delete()
    for _time in range(2):
        keeping.keep(as_of=JUNE, now=NOW)
    (row,) = kept(home.WORKED)
    assert (row["campaign_id"], row["verdict"], row["uplift"]) == (campaign.pk, "positive", [0.04, 0.011, 0.066])
    assert (row["treated"], row["held_out"], row["money"]) == (900, 100, [120_000, 10_000, 230_000])
    assert len(asked) == 1


def test_an_owners_line_has_last_months_churn_and_todays_load(june):
    may = {"first": dt.date(2026, 5, 1), "months": 1, "dimension": "owner"}
    ChurnRollup.objects.create(**may, group=str(june.suzuki.pk), at_start=2, lost=1)
    found = {one.name: one for one in owners(Overview.read(Installation.get()))}
    assert (found["鈴木"].rate, found["鈴木"].figures["active"]) == (50.0, 1)
    assert (found["佐藤"].rate, found["佐藤"].figures["active"]) == (None, 1)


def test_an_owner_sees_this_month_so_far_beside_the_last(june):
    for month, lost in ((5, 1), (6, 2)):
        ChurnRollup.objects.create(
            first=dt.date(2026, month, 1), months=1, dimension="owner", group="7", at_start=9, lost=lost
        )
    stat = Overview.read(Installation.get()).own_stats(7)[1]
    assert (str(stat["label"]), stat["value"], stat["note"]) == ("今月の離脱", "2", "2026年5月: 1 / 9")
    nobody = Overview.read(Installation.get()).own_stats(8)
    assert [one["value"] for one in nobody] == ["–", "–", "–", "–"]
