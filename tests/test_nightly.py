"""The night and what runs between nights."""

import datetime as dt
import io
import json

import pytest
from django.core.management import CommandError, call_command

from accounts.models import JobRun
from customers.models import Touched
from metrics.models import ChurnRollup
from retention_crm import pipeline
from scores import scoring
from scores.models import Score, ScoreSnapshot, ScoringRun
from segments.models import Membership
from tests import factories

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 7, 1, 0, 5, tzinfo=dt.timezone(dt.timedelta(hours=9)))
TODAY = dt.date(2026, 7, 1)


@pytest.fixture
def shop():
    """One who bought lately and one who stopped in time to be lost in June."""
    lately, gone = factories.customer("A"), factories.customer("B")
    factories.purchase(lately, "2026-06-01")
    factories.purchase(lately, "2026-01-15")
    factories.purchase(gone, "2025-12-15")
    return lately, gone


def test_after_midnight_yesterday_is_closed_and_today_computed_once(shop):
    pipeline.nightly_if_due(now=NOW)
    pipeline.nightly_if_due(now=NOW + dt.timedelta(hours=1))
    (run,) = JobRun.objects.filter(job="nightly")
    assert (run.due, run.state) == ("2026-07-01", JobRun.State.DONE)
    assert ScoreSnapshot.objects.filter(as_of="2026-06-30").count() == 2
    june = ChurnRollup.objects.get(first="2026-06-01", months=1, dimension="")
    assert (june.at_start, june.lost) == (2, 1)
    assert set(Score.objects.values_list("customer__code", "lifecycle")) == {("A", "active"), ("B", "dormant")}


def test_an_earlier_day_fills_snapshots_and_figures_but_nobody_moves(shop):
    pipeline.nightly(as_of=TODAY, now=NOW)
    before = list(Score.objects.order_by("pk").values()), list(Membership.objects.order_by("pk").values())
    pipeline.nightly(as_of=dt.date(2026, 5, 31), now=NOW)
    assert (list(Score.objects.order_by("pk").values()), list(Membership.objects.order_by("pk").values())) == before
    assert ScoreSnapshot.objects.filter(as_of="2026-05-31", is_active=True).count() == 2


def test_nothing_is_computed_while_nothing_changed(shop):
    Touched.objects.all().delete()
    pipeline.nightly(as_of=TODAY, now=NOW)
    assert pipeline.refresh_if_touched(now=NOW) is None


def test_what_changed_is_computed_and_its_mark_taken(shop):
    pipeline.nightly(as_of=TODAY, now=NOW)
    _lately, gone = shop
    factories.purchase(gone, "2026-06-30")
    Touched.objects.create(customer=gone)
    assert pipeline.refresh_if_touched(now=NOW) is not None
    assert Score.objects.get(customer=gone).lifecycle == "won_back"
    assert not Touched.objects.exists()


def test_who_has_just_bought_is_no_longer_won_back_by_mail_though_figures_of_reports_fail(shop, monkeypatch):
    pipeline.nightly(as_of=TODAY, now=NOW)
    _lately, gone = shop
    dormant = Membership.objects.filter(segment__slug="dormant", left_on=None)
    assert list(dormant.values_list("customer", flat=True)) == [gone.pk]
    factories.purchase(gone, TODAY)
    Touched.objects.create(customer=gone)
    monkeypatch.setattr(scoring, "TOUCHED_SHARE", 1)
    monkeypatch.setattr(pipeline.rollups, "keep_up", lambda **_words: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        pipeline.refresh_if_touched(now=NOW)
    assert not dormant.exists()
    assert ScoringRun.objects.latest("id").covers == "touched"
    assert Touched.objects.exists()  # so that the figures are tried again


def test_the_night_closes_yesterday_with_what_was_still_waiting(shop):
    yesterday = TODAY - dt.timedelta(1)
    pipeline.nightly(as_of=yesterday, now=NOW - dt.timedelta(hours=6))
    for _ in range(20):
        factories.customer()
    _lately, gone = shop
    factories.purchase(gone, yesterday)
    Touched.objects.create(customer=gone)
    scoring.compute(as_of=yesterday, now=NOW - dt.timedelta(hours=5))
    pipeline.nightly_if_due(now=NOW)
    runs = list(ScoringRun.objects.order_by("id").values_list("as_of", "covers"))
    assert runs[-2:] == [(yesterday, "touched"), (TODAY, "everybody")]
    assert ScoreSnapshot.objects.get(customer=gone, as_of=yesterday).lifecycle == "won_back"


def test_a_changed_setting_is_computed_without_waiting_for_the_night(shop):
    pipeline.nightly(as_of=TODAY, now=NOW)
    factories.configure(inactivity_days=20)
    assert pipeline.refresh_if_touched(now=NOW) is not None
    assert Score.objects.get(customer__code="A").lifecycle == "dormant"
    assert pipeline.refresh_if_touched(now=NOW) is None


def test_a_failed_night_says_why_and_is_tried_again_after_its_lease(shop, monkeypatch):
    def broken(**_words):
        raise RuntimeError("disk full")

    monkeypatch.setattr(pipeline.scoring, "compute", broken)
    with pytest.raises(RuntimeError):
        pipeline.nightly_if_due(now=NOW)
    run = JobRun.objects.get(job="nightly")
    assert (run.state, run.detail["error"]) == (JobRun.State.FAILED, "RuntimeError: disk full")
    monkeypatch.undo()
    pipeline.nightly_if_due(now=NOW + dt.timedelta(hours=1))
    assert JobRun.objects.get(job="nightly").state == JobRun.State.FAILED
    pipeline.nightly_if_due(now=NOW + dt.timedelta(hours=3))
    assert JobRun.objects.get(job="nightly").state == JobRun.State.DONE


def test_the_command_prints_one_object(shop, time_machine):
    time_machine.move_to(NOW, tick=False)
    out = io.StringIO()
    call_command("nightly", "--json", stdout=out)
    result = json.loads(out.getvalue())
    assert (result["as_of"], result["scores"]["customers"], result["segments"]["dormant"]) == ("2026-07-01", 2, 1)


def test_the_command_refuses_a_day_that_is_not_over_yet(shop, time_machine):
    time_machine.move_to(NOW, tick=False)
    with pytest.raises(CommandError, match="2026-07-02"):
        call_command("nightly", "--as-of", "2026-07-02")
    with pytest.raises(CommandError, match="yesterday"):
        call_command("nightly", "--as-of", "yesterday")
