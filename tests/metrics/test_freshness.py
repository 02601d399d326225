"""As of when figures stand, and what makes it loud."""

import datetime as dt

import pytest

from metrics import freshness, rollups
from metrics.models import Fill
from tests import factories

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 7, 1, 0, 30, tzinfo=dt.UTC)  # 9:30 in Tokyo
TODAY = dt.date(2026, 7, 1)


@pytest.fixture(autouse=True)
def _settings(db):
    factories.configure()


def filled(as_of=TODAY, **changed):
    said = {"settings": rollups.settings_hash(), "as_of": as_of, "started_at": NOW, "done_at": NOW}
    Fill.objects.create(metric=rollups.METRIC, period=TODAY.isoformat(), **{**said, **changed})


def begun():
    Fill.objects.create(metric="churn", period="2026-06", settings="", as_of=TODAY, started_at=NOW)


def test_before_the_first_fill_there_is_nothing_to_say():
    assert freshness.read(now=NOW) == freshness.Freshness()


def test_figures_of_today_are_quiet():
    filled()
    begun()  # a late fact opened it a moment ago
    assert freshness.read(now=NOW) == freshness.Freshness(TODAY, NOW)


@pytest.mark.parametrize(("hour", "trouble"), [(5, ""), (6, "stale")])
def test_yesterdays_figures_are_stale_once_the_night_is_over(hour, trouble):
    filled(TODAY - dt.timedelta(days=1))
    assert freshness.read(now=dt.datetime(2026, 6, 30, 15 + hour, tzinfo=dt.UTC)).trouble == trouble


def test_a_fill_that_never_ended_is_loud():
    filled(started_at=NOW - dt.timedelta(hours=3))
    begun()
    found = freshness.read(now=NOW)
    assert (found.trouble, str(found.reason)) == ("broken_off", "集計が途中で止まりました。")


def test_figures_of_other_settings_are_loud():
    filled()
    factories.configure(inactivity_days=90)
    assert freshness.read(now=NOW).trouble == "outdated"
