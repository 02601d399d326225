"""Closing a month: what is kept, who may be quicker, what changed afterwards and through whom."""

import datetime as dt
from types import SimpleNamespace

import pytest

from accounts.models import AuditEvent, Role
from customers.models import Contract, Import, ImportChange
from metrics import closing, differing, rollups
from metrics.models import ChurnRollup, Closing, Fill, Spell, Stale
from metrics.periods import named
from tests import factories

from .conftest import NOW, TODAY

pytestmark = pytest.mark.django_db
MAY, JUNE = named("2026-05"), named("2026-06")
OPEN = dt.date(9999, 12, 31)
LATER = NOW + dt.timedelta(hours=3)


@pytest.fixture
def suzuki(db):
    return factories.user("boss@example.jp", role=Role.MANAGER, name="鈴木部長")


@pytest.fixture
def kept(db):
    """What a night leaves of three customers: A stays, B (of 鈴木) is gone with 31 May, C stays; in one round trip."""
    factories.configure(churn_policy="contract")
    owner = factories.user("suzuki@example.jp", name="鈴木")
    a, b, c = (factories.customer(code, owner=owner) for code in "ABC")
    ends = [(a, OPEN), (b, dt.date(2026, 5, 30)), (c, OPEN)]
    Spell.objects.bulk_create(Spell(customer=who, from_on="2026-03-15", until_on=end) for who, end in ends)
    for code, at_start, lost in [("2026-04", 3, 0), ("2026-05", 3, 1), ("2026-06", 2, 0)]:
        for dimension, group in (("", ""), ("owner", str(owner.pk))):
            row = {"dimension": dimension, "group": group, "at_start": at_start, "lost": lost}
            ChurnRollup.objects.create(first=named(code).first, months=1, **row)
        fill("churn", code)
    fill("run", "all")
    fill("spells", "all")
    return SimpleNamespace(a=a, b=b, c=c)


def fill(metric, period):
    done = {"settings": rollups.settings_hash(), "as_of": TODAY, "started_at": NOW, "done_at": NOW}
    Fill.objects.create(metric=metric, period=period, **done)


@pytest.fixture
def closed(kept, suzuki):
    return closing.close(period=MAY, by=suzuki, now=NOW)


def correct(night):
    """After the closing B turns out to have stayed, and C to have left with 31 May."""
    late = Import.objects.create(file_name="解約訂正.csv", kind="contracts")
    Import.objects.update(created_at=NOW + dt.timedelta(hours=1))
    b, c = (Contract.objects.get(customer=one) for one in (night.b, night.c))
    Contract.objects.filter(pk=b.pk).update(ends_on=None, cancelled_on=None)
    Contract.objects.filter(pk=c.pk).update(ends_on="2026-06-01", cancelled_on="2026-05-20")
    ImportChange.objects.create(imported=late, line=2, model="contract", row_id=c.pk)
    rollups.fill(as_of=TODAY, now=LATER)
    return late


# --- Closing -------------------------------------------------------------------------------------
def test_a_closed_month_keeps_its_figures_and_who_was_lost(kept, closed, suzuki):
    assert (closed.month, closed.by, closed.closed_at) == (MAY.first, suzuki, NOW)
    assert closed.lost == [kept.b.pk]
    stored = Closing.objects.get().figures
    assert (stored["churn"]["at_start"], stored["churn"]["lost"], round(stored["churn"]["rate"], 1)) == (3, 1, 33.3)
    assert stored["active"] == 2
    assert [(row["words"], row["at_start"], row["lost"]) for row in stored["cuts"]["owner"]] == [("鈴木", 3, 1)]
    assert (stored["policy"], stored["as_of"], stored["campaigns"]) == ("contract", "2026-07-01", 0)
    assert (stored["messages"], stored["ltv"], stored["revenue"]) == (0, None, None)
    event = AuditEvent.objects.get(action="metrics.month_closed")
    assert (event.actor, event.detail) == (suzuki, {"month": "2026-05", "lost": 1})


def test_of_two_managers_one_closes_and_the_other_is_told(closed, suzuki, monkeypatch):
    other = factories.user("other@example.jp", role=Role.MANAGER)
    said = "この月は鈴木部長さんが2026/07/01 09:00に締めました。"
    with pytest.raises(closing.ClosingError, match=said):
        closing.close(period=MAY, by=other, now=LATER)
    monkeypatch.setattr(closing, "obstacle", lambda *_, **__: "")  # both had looked before either wrote
    with pytest.raises(closing.ClosingError, match=said):
        closing.close(period=MAY, by=other, now=LATER)
    assert Closing.objects.get().by == suzuki


@pytest.mark.parametrize("code", ["2026-07", "2026-Q2", "2026-08"])
def test_only_a_month_that_is_over_is_closed(kept, suzuki, code):
    with pytest.raises(closing.ClosingError, match="終わっていて"):
        closing.close(period=named(code), by=suzuki, now=NOW)


def test_a_month_marked_as_changed_waits_until_it_is_filled(kept, suzuki):
    Stale.objects.create(kind=min(rollups.churn.ROLLUP.kinds), month=MAY.first)
    with pytest.raises(closing.ClosingError, match="更新しています"):
        closing.close(period=MAY, by=suzuki, now=NOW)


def test_figures_and_names_that_do_not_fit_together_are_not_closed(kept, suzuki, monkeypatch):
    monkeypatch.setattr(closing, "lost_ids", lambda period: [])
    with pytest.raises(closing.ClosingError, match="更新しています"):
        closing.close(period=MAY, by=suzuki, now=NOW)


def test_figures_under_other_settings_are_not_closed(kept, suzuki):
    factories.configure(month_end=False)
    with pytest.raises(closing.ClosingError, match="今夜計算し直"):
        closing.close(period=MAY, by=suzuki, now=NOW)


@pytest.mark.parametrize(
    ("closed", "month", "missing"),
    [
        ([], "2026-05", None),
        (["2026-04"], "2026-05", None),
        (["2026-03"], "2026-05", "2026-04"),
        (["2026-06"], "2026-04", "2026-05"),
        (["2026-03", "2026-05"], "2026-06", "2026-04"),  # one in between was reopened
        (["2026-03", "2026-05"], "2026-04", None),
    ],
)
def test_closed_months_leave_no_gap(closed, month, missing):
    found = closing.gap(named(month).first, {named(code).first for code in closed})
    assert found == (named(missing).first if missing else None)


def test_the_gap_is_named(kept, suzuki):
    closing.close(period=named("2026-04"), by=suzuki, now=NOW)
    with pytest.raises(closing.ClosingError, match="先に2026年5月を締めて"):
        closing.close(period=JUNE, by=suzuki, now=NOW)


def test_what_is_proposed(kept, suzuki):
    assert closing.proposal(now=NOW) == JUNE  # nothing closed yet: the last full month
    closing.close(period=named("2026-04"), by=suzuki, now=NOW)
    assert closing.proposal(now=NOW) == MAY
    closing.close(period=MAY, by=suzuki, now=NOW)
    closing.close(period=JUNE, by=suzuki, now=NOW)
    assert closing.proposal(now=NOW) is None
    assert set(closing.closed_by_month([MAY.first, TODAY])) == {MAY.first}


def test_before_the_first_night_nothing_is_proposed(db):
    assert closing.proposal(now=NOW) is None


# --- Reopening -----------------------------------------------------------------------------------
def test_a_reopened_closing_stays_with_its_reason_and_the_month_can_be_closed_again(kept, closed, suzuki):
    closing.reopen(closing=closed, reason="休会を解約にしていた", by=suzuki, now=LATER)
    with pytest.raises(closing.ClosingError, match="解除しました"):
        closing.reopen(closing=closed, reason="もう一度", by=suzuki, now=LATER)
    closing.close(period=MAY, by=suzuki, now=LATER)
    first, second = Closing.objects.order_by("pk")
    assert (first.reason, first.reopened_by, first.reopened_at) == ("休会を解約にしていた", suzuki, LATER)
    assert (first.figures, first.lost) == (second.figures, second.lost)
    actions = list(AuditEvent.objects.order_by("pk").values_list("action", flat=True))
    assert actions == ["metrics.month_closed", "metrics.month_reopened", "metrics.month_closed"]


# --- Differences ---------------------------------------------------------------------------------
def test_where_nothing_changed_there_is_no_difference(closed):
    found = differing.since(Closing.objects.get())
    assert found.is_none
    assert not found.has_other_settings


def test_customers_who_changed_places_are_a_difference_although_the_rate_is_the_same(night, suzuki):
    closed = closing.close(period=MAY, by=suzuki, now=NOW)
    assert Closing.objects.get().figures["ltv"]["as_of"] == "2026-07-01"
    late = correct(night)
    found = differing.since(Closing.objects.get())
    assert (found.added, found.gone) == ([night.c.pk], [night.b.pk])
    assert found.then == found.now  # 1 of 3 both times
    assert not found.is_none
    assert {(row["cut"], row["words"]): (row["then"]["lost"], row["now"]["lost"]) for row in found.groups}[
        "industry", "小売"
    ] == (0, 1)
    (left,) = differing.people(found.added, closed)
    (stayed,) = differing.people(found.gone, closed)
    assert (left["customer"], left["imported"]) == (night.c, late)
    assert (stayed["customer"], stayed["imported"]) == (night.b, None)  # changed by hand
    assert Closing.objects.get().lost == [night.b.pk]  # what was closed is not touched


def test_a_row_a_later_import_made_is_named_too(kept, closed):
    late = Import.objects.create(file_name="購入.csv", kind="purchases")
    Import.objects.update(created_at=LATER)
    factories.purchase(kept.a, "2026-05-03", imported=late)
    early = Import.objects.create(file_name="前.csv", kind="purchases")
    Import.objects.filter(pk=early.pk).update(created_at=NOW - dt.timedelta(days=1))
    factories.purchase(kept.b, "2026-05-03", imported=early)
    assert differing.arrivals([kept.a.pk, kept.b.pk], after=NOW) == {kept.a.pk: late}


def test_a_group_that_is_there_only_now_is_a_difference():
    row = {"value": "", "words": "未入力", "at_start": 1, "lost": 0}
    (found,) = differing._groups({"industry": []}, {"industry": [row]})
    assert (found["then"], found["now"], found["words"]) == (None, row, "未入力")


def test_changed_settings_are_said(kept, closed):
    factories.configure(month_end=False)
    assert differing.since(Closing.objects.get()).has_other_settings
