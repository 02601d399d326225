"""The touch model with six customers and two owners; every hour by hand."""

import datetime as dt
from decimal import Decimal

import pytest

from accounts.models import AuditEvent
from customers.models import DimensionChange, Interaction, Touched
from scores.models import Prediction, Score
from segments import membership, ready_made, touch, touch_load
from segments.models import CustomerTier, PastTier, Segment, TouchPlan
from tests import factories

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 6, 30)
NOW = dt.datetime(2026, 6, 30, 3, tzinfo=dt.UTC)
RULES = [
    {"tier": "high", "criteria": {"ltv_at_least": "1000", "is_active": "yes"}},
    {"tier": "low", "criteria": {"ltv_at_least": "500"}},
]


def plan(**fields) -> TouchPlan:
    """High 10 hours every 30 days, low 2 hours every 90, tech 0.1 hours; 20 hours each."""
    values = {"rules": RULES, "high_hours": 10, "low_hours": 2, "tech_hours": Decimal("0.1"), "capacity_hours": 20}
    TouchPlan.objects.update_or_create(id=1, defaults={**values, **fields})
    return TouchPlan.get()


def somebody(code: str, ltv: int | None, owner=None, *, risk: float | None = None, **score):
    who = factories.customer(code, owner=owner)
    Score.objects.create(customer=who, as_of=TODAY, ltv_historic=ltv, **{"is_active": True, **score})
    if risk is not None:
        Prediction.objects.create(customer=who, as_of=TODAY, churn_risk=risk)
    return who


@pytest.fixture
def six():
    """青木 has two high and one low, 馬場 one low and one tech; one tech customer is nobody's."""
    aoki, baba = factories.user(name="青木"), factories.user(name="馬場")
    whos = [
        somebody("C1", 1000, aoki),
        somebody("C2", 5000, aoki),
        somebody("C3", 999, aoki),
        somebody("C4", 5000, baba, is_active=False),  # large but gone: the second rule
        somebody("C5", 499, baba),
        somebody("C6", None),
    ]
    return aoki, baba, whos


def tiers() -> dict[str, str]:
    return dict(CustomerTier.objects.values_list("customer__code", "tier"))


# --- rules ---------------------------------------------------------------------------------


def test_the_first_rule_that_fits_counts_and_tech_takes_the_rest(six):
    plan()
    assert touch.refresh(as_of=TODAY) == 6
    assert tiers() == {"C1": "high", "C2": "high", "C3": "low", "C4": "low", "C5": "tech", "C6": "tech"}


def test_no_model_no_tiers(six):
    assert touch.refresh(as_of=TODAY) == 0
    assert not CustomerTier.objects.exists()


@pytest.mark.parametrize(
    ("criteria", "fits"),
    [
        ({"risk_at_least": "40"}, True),
        ({"risk_at_least": "41"}, False),
        ({"risk_at_most": "40"}, True),
        ({"risk_at_most": "39"}, False),
        ({"mrr_at_least": "100.00"}, True),
        ({"mrr_at_least": "100.01"}, False),
        ({"is_signed": "yes"}, True),
        ({"is_signed": "no"}, False),
        ({"is_active": "no"}, False),
        ({"renews_within": 10}, True),  # renews on the tenth day
        ({"renews_within": 9}, False),
        ({"ltv_at_least": "7", "mrr_at_least": "1"}, True),
        ({"ltv_at_least": "8", "mrr_at_least": "1"}, False),
    ],
)
def test_each_criterion_at_its_edge(criteria, fits):
    day = TODAY + dt.timedelta(days=10)
    somebody("C1", 7, risk=0.4, mrr=100, renews_on=day, contract_started_on=TODAY)
    plan(rules=[{"tier": "high", "criteria": criteria}])
    touch.refresh(as_of=TODAY)
    assert tiers() == {"C1": "high" if fits else "tech"}


def test_predicted_ltv_counts_before_the_historic_one():
    who = somebody("C1", 10, risk=0.1)
    Prediction.objects.filter(customer=who).update(ltv_predicted=1000)
    plan()
    touch.refresh(as_of=TODAY)
    assert tiers() == {"C1": "high"}


# --- days and moves ------------------------------------------------------------------------


def test_a_change_leaves_the_former_tier_with_its_days(six):
    plan()
    who = six[2][0]
    touch.refresh(as_of=TODAY - dt.timedelta(days=9))
    Score.objects.filter(customer=who).update(ltv_historic=600)
    touch.refresh(as_of=TODAY)
    now = CustomerTier.objects.get(customer=who)
    assert (now.tier, now.since, now.why) == ("low", TODAY, "facts")
    past = PastTier.objects.get()
    assert (past.tier, past.since, past.until) == ("high", dt.date(2026, 6, 21), TODAY)
    days = [dt.date(2026, 6, 20), dt.date(2026, 6, 21), dt.date(2026, 6, 29), TODAY]
    assert [touch.tier_on(who, day) for day in days] == [None, "high", "high", "low"]
    figures = {one.tier: (one.entered, one.left, one.by_rules) for one in touch_load.tiers(plan(), as_of=TODAY)}
    assert figures == {"high": (0, 1, 0), "low": (1, 0, 0), "tech": (0, 0, 0)}


def test_what_goes_and_comes_back_on_one_day_never_moved(six):
    plan()
    who = six[2][0]
    touch.refresh(as_of=TODAY - dt.timedelta(days=9))
    for ltv in (600, 1000):
        Score.objects.filter(customer=who).update(ltv_historic=ltv)
        touch.refresh(as_of=TODAY)
    assert CustomerTier.objects.get(customer=who).since == dt.date(2026, 6, 21)
    assert not PastTier.objects.exists()


def test_a_repeat_changes_nothing_and_who_is_archived_leaves(six):
    plan()
    touch.refresh(as_of=TODAY - dt.timedelta(days=1))
    before = list(CustomerTier.objects.order_by("pk").values_list())
    touch.refresh(as_of=TODAY)
    assert list(CustomerTier.objects.order_by("pk").values_list()) == before
    type(six[2][0]).objects.filter(code="C1").update(archived_at=NOW)
    assert touch.refresh(as_of=TODAY) == 5
    assert PastTier.objects.get().customer == six[2][0]


def test_moves_that_new_rules_make_say_so(six):
    plan()
    touch.refresh(as_of=TODAY - dt.timedelta(days=1))
    new = TouchPlan.get()
    new.rules = RULES[:1]
    touch.save_plan(plan=new, by=six[0], now=NOW)
    moved = CustomerTier.objects.filter(why="rules")
    assert set(moved.values_list("customer__code", "tier")) == {("C3", "tech"), ("C4", "tech")}
    assert {one.tier: one.by_rules for one in touch_load.tiers(new, as_of=TODAY)} == {"high": 0, "low": 2, "tech": 2}
    assert AuditEvent.objects.get(action="touch.plan_changed").actor == six[0]


def test_who_takes_the_model_back_ends_every_tier(six):
    new = plan()
    touch.refresh(as_of=TODAY - dt.timedelta(days=1))
    new.rules = []
    touch.save_plan(plan=new, by=six[0], now=NOW)
    assert not CustomerTier.objects.exists()
    assert set(PastTier.objects.values_list("until", flat=True)) == {TODAY}
    assert touch.refresh(as_of=TODAY) == 0


# --- by hand -------------------------------------------------------------------------------


def test_a_tier_by_hand_holds_until_its_day_and_says_why(six):
    aoki, _baba, whos = six
    plan()
    touch.refresh(as_of=TODAY)
    touch.override(customer=whos[4], tier="high", reason="社長の紹介", until=TODAY, by=aoki, now=NOW)
    row = CustomerTier.objects.get(customer=whos[4])
    assert (row.tier, row.why) == ("high", "hand")
    assert "社長の紹介" in touch.why(whos[4], TouchPlan.get(), as_of=TODAY)
    tomorrow = TODAY + dt.timedelta(days=1)
    touch.refresh(as_of=tomorrow)
    assert tiers()["C5"] == "tech"
    assert "社長の紹介" not in touch.why(whos[4], TouchPlan.get(), as_of=tomorrow)


def test_lifting_lets_the_rules_decide_and_touches_nobody_else(six):
    aoki, _baba, whos = six
    plan()
    touch.refresh(as_of=TODAY)
    touch.override(customer=whos[4], tier="high", reason="x", until=None, by=aoki, now=NOW)
    touch.lift(customer=whos[4], by=aoki, now=NOW)
    touch.lift(customer=whos[4], by=aoki, now=NOW)
    assert tiers()["C5"] == "tech"
    assert len(tiers()) == 6
    assert AuditEvent.objects.filter(action="touch.tier_freed").count() == 1


def test_why_names_the_rule_that_fits_first(six):
    plan()
    reasons = [touch.why(who, TouchPlan.get(), as_of=TODAY) for who in six[2]]
    assert "1" in reasons[0]
    assert "¥1,000以上、かつ稼働中" in reasons[0]
    assert "¥500" in reasons[3]
    assert reasons[4] == reasons[5] != reasons[3]


# --- load ----------------------------------------------------------------------------------


def loads(rules: TouchPlan) -> list[tuple]:
    rows = touch_load.loads(rules, touch_load.stored_counts())
    return [(row.owner and row.owner.name, row.hours, row.capacity, row.over) for row in rows]


def test_the_load_of_each_owner_in_hours(six):
    rules = plan()
    touch.refresh(as_of=TODAY)
    # 青木 10 + 10 + 2 = 22 of 20; 馬場 2 + 0.1 of 20; nobody 0.1 of 0
    assert loads(rules) == [
        ("青木", Decimal("22"), Decimal("20"), Decimal("2")),
        ("馬場", Decimal("2.1"), Decimal("20"), 0),
        (None, Decimal("0.1"), 0, Decimal("0.1")),
    ]
    rows = touch_load.loads(rules, touch_load.stored_counts())
    assert touch_load.shortfall(rows) == Decimal("2.1")
    assert rows[0].share == Decimal("1.1")
    assert rows[2].share is None
    assert next(iter(touch_load.load_rows(rows))) == ["青木", 2, 1, 0, Decimal("22"), Decimal("20"), Decimal("2")]


def test_an_owner_may_have_other_hours_than_the_rest(six):
    rules = plan(capacities={str(six[0].pk): "40"})
    touch.refresh(as_of=TODAY)
    assert loads(rules)[0] == ("青木", Decimal("22"), Decimal("40"), 0)


def test_a_plan_not_yet_saved_shows_whom_it_asks_for_more(six):
    rules = plan()
    touch.refresh(as_of=TODAY)
    was = touch_load.loads(rules, touch_load.stored_counts())
    new = TouchPlan.get()
    new.low_hours = Decimal(19)
    then = touch_load.loads(new, touch_load.counts_under(new, as_of=TODAY))
    found = {
        one.owner and one.owner.name: (one.before.hours, one.after.hours, one.is_worse)
        for one in touch_load.effects(was, then)
    }
    # 青木 10 + 10 + 19 = 39 of 20; 馬場 19 + 0.1 = 19.1 of 20
    assert found == {
        "青木": (Decimal("22"), Decimal("39"), True),
        "馬場": (Decimal("2.1"), Decimal("19.1"), False),
        None: (Decimal("0.1"), Decimal("0.1"), False),
    }
    assert tiers()["C3"] == "low"
    assert TouchPlan.get().low_hours == 2


def test_moving_customers_shows_then_and_is_dated(six):
    aoki, baba, _whos = six
    rules = plan()
    touch.refresh(as_of=TODAY)
    after = touch_load.moved(touch_load.stored_counts(), source=aoki.pk, target=baba.pk, tiers={"high"})
    then = {row.owner and row.owner.name: row.hours for row in touch_load.loads(rules, after)}
    assert then == {"青木": Decimal("2"), "馬場": Decimal("22.1"), None: Decimal("0.1")}
    ids = CustomerTier.objects.filter(customer__owner=aoki, tier="high").values_list("pk", flat=True)
    assert touch.move_owner(customers=ids, owner=baba, by=aoki, now=NOW) == 2
    assert {row[0]: row[1] for row in loads(rules)} == then
    dated = DimensionChange.objects.filter(customer__code="C1").order_by("since")
    assert list(dated.values_list("since", "value")) == [(TODAY, str(baba.pk)), (None, str(aoki.pk))]
    assert Touched.objects.count() == 2
    assert touch.move_owner(customers=[whos.pk for whos in _whos[:2]], owner=baba, by=aoki, now=NOW) == 0


# --- contact -------------------------------------------------------------------------------


def talked(who, on: str) -> None:
    Interaction.objects.create(customer=who, occurred_at=factories.moment(on), kind="phone")


def test_overdue_is_who_was_contacted_longer_ago_than_the_tier_allows(six):
    aoki, baba, whos = six
    rules = plan()
    touch.refresh(as_of=TODAY)
    talked(whos[0], "2026-05-31")  # 30 days: in time
    talked(whos[1], "2026-01-01")
    talked(whos[1], "2026-05-30")  # 31 days: overdue
    talked(whos[2], "2026-04-01")  # low, 90 days: in time; 馬場's low was never contacted, tech is not asked
    zone = factories.configure().zone
    late = touch_load.overdue(rules, as_of=TODAY, zone=zone)
    assert set(late.values_list("customer__code", flat=True)) == {"C2", "C4"}
    assert touch_load.overdue_by_owner(rules, as_of=TODAY, zone=zone) == {aoki.pk: 1, baba.pk: 1}
    rows = {row[0]: row[7:] for row in touch_load.tier_rows(rules, zone=zone)}
    assert rows["C2"] == [dt.date(2026, 5, 30), dt.date(2026, 6, 29)]
    assert rows["C4"] == [None, None]


def test_overdue_comes_in_pages_the_longest_first(six, monkeypatch):
    monkeypatch.setattr(touch_load, "ROWS", 1)
    rules = plan()
    touch.refresh(as_of=TODAY)
    talked(six[2][0], "2026-02-01")
    talked(six[2][1], "2026-01-01")
    found, seen, after = touch_load.overdue(rules, as_of=TODAY, zone=factories.configure().zone), [], ""
    while True:
        rows, after = touch_load.overdue_page(found, after=after)
        seen += [row.customer.code for row in rows]
        if not after:
            break
    assert seen == ["C3", "C4", "C2", "C1"]
    assert touch_load.overdue_page(found, after="x_y")[0][0].customer.code == "C3"


def test_nobody_is_overdue_where_no_contact_is_asked_for(six):
    rules = plan(high_days=None, low_days=None)
    touch.refresh(as_of=TODAY)
    assert not touch_load.overdue(rules, as_of=TODAY, zone=factories.configure().zone).exists()


# --- segments ------------------------------------------------------------------------------


def test_each_tier_is_a_segment_once_a_model_is_set(six):
    assert not ready_made.offered() & ready_made.NEED_TOUCH
    plan()
    touch.refresh(as_of=TODAY)
    counts = membership.refresh_all(as_of=TODAY, now=NOW)
    assert {slug: counts[slug] for slug in ready_made.NEED_TOUCH} == {"touch-high": 2, "touch-low": 2, "touch-tech": 2}
    assert ready_made.offered() >= ready_made.NEED_TOUCH
    assert Segment.objects.get(slug="touch-high").name == "High touch"
