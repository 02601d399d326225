"""Remarks on charts: written, changed by two at once, deleted and taken back; campaigns mark themselves."""

import datetime as dt

import pytest
from django.core import signing

from accounts.models import AuditEvent, Installation, Role
from campaigns.models import Campaign
from metrics import remarks
from metrics.models import Annotation
from metrics.periods import between
from segments.models import Segment
from tests import factories

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 7, 1, 9, tzinfo=dt.UTC)
MONTHS = between(dt.date(2026, 4, 1), dt.date(2026, 6, 1), 1)


@pytest.fixture
def boss(db):
    return factories.user(role=Role.MANAGER)


def note(boss, on="2026-05-10", text="値上げ", metric=""):
    return remarks.write(on=dt.date.fromisoformat(on), text=text, metric=metric, by=boss, now=NOW)


def marks(metric="churn", **kwargs):
    return remarks.marks(metric, MONTHS, settings=Installation.get(), **kwargs)


def campaign(boss, name, day, **fields):
    fields = {"state": Campaign.State.FINISHED, **fields}
    return Campaign.objects.create(
        name=name,
        segment=Segment.objects.get_or_create(slug="all", defaults={"name": "全員", "rule": {}})[0],
        launched_at=factories.moment(day),
        created_by=boss,
        **fields,
    )


def test_a_remark_stands_on_the_period_of_its_day_and_on_its_own_figure(boss):
    note(boss)
    note(boss, on="2026-06-30", text="解約画面を改修", metric="churn")
    note(boss, on="2026-04-01", text="LTVだけ", metric="ltv_historic")
    note(boss, on="2026-07-01", text="まだ先")
    assert [(one["at"], one["text"]) for one in marks()["marks"]] == [(1, "値上げ"), (2, "解約画面を改修")]
    assert "more_marks" not in marks()
    assert remarks.marks("churn", [], settings=Installation.get()) == {}


def test_campaigns_mark_themselves_on_the_day_of_their_launch(boss, django_assert_num_queries):
    settings = Installation.get()
    found = campaign(boss, "春の掘り起こし", "2026-04-15", planned_to=10)
    campaign(boss, "下書き", "2026-04-15", state=Campaign.State.DRAFT)
    campaign(boss, "更新のお知らせ", "2026-04-15", message_class=Campaign.MessageClass.BUSINESS)
    campaign(boss, "翌月", "2026-07-15")
    with django_assert_num_queries(2):
        (mark,) = remarks.marks("churn", MONTHS, settings=settings)["marks"]
    assert mark == {
        "at": 0,
        "on": dt.date(2026, 4, 15),
        "text": "施策: 春の掘り起こし",
        "url": f"/campaigns/{found.pk}/",
    }


def test_the_largest_campaigns_stand_on_the_chart_and_the_others_are_counted(boss):
    for number in range(4):
        campaign(boss, f"施策{number}", f"2026-05-{20 - number}", planned_to=number or None)
    note(boss)
    found = marks(most=3)
    assert [one["text"] for one in found["marks"]] == ["値上げ", "施策: 施策3", "施策: 施策2"]
    assert found["more_marks"] == 2


def test_of_two_who_change_a_remark_the_second_is_told(boss):
    remark = note(boss)
    remarks.change(remark=remark, version=1, on=remark.on, text="値上げ(5%)", metric="", by=boss)
    with pytest.raises(remarks.ChangedMeanwhileError):
        remarks.change(remark=remark, version=1, on=remark.on, text="値上げ?", metric="", by=boss)
    assert Annotation.objects.get().text == "値上げ(5%)"


def test_a_deleted_remark_comes_back_as_it_was_and_only_once(boss):
    remark = note(boss, metric="churn")
    before = Annotation.objects.values().get()
    token = remarks.remove(remark=remark, by=boss)
    assert not Annotation.objects.exists()
    assert remarks.restore(token=token, by=boss) == remarks.restore(token=token, by=boss)
    assert Annotation.objects.values().get() == before
    with pytest.raises(signing.BadSignature):
        remarks.restore(token=token[:-2], by=boss)
    actions = list(AuditEvent.objects.order_by("pk").values_list("action", flat=True))
    assert actions == [f"metrics.remark_{word}" for word in ("written", "removed", "restored")]
