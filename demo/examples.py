"""What a team would have made for itself by now: segments of its own, a list from a fair, a touch model."""

import datetime as dt

from accounts.models import User
from customers.models import Customer
from segments import building, frozen, touch
from segments.models import FrozenList, Segment, TouchPlan
from segments.starting_points import STARTING_POINTS

OWN = {
    "good-and-quiet": ("90日買っていない優良顧客", "よく買っていたのに止まっているお客様。担当からお電話します。"),
    "no-second-purchase": ("初回から30日、2回目なし", "2回目の購入を後押しするご案内の対象です。"),
}
FAIR = "秋の展示会 来場者"
VISITORS = 60
RULES = [
    {"tier": "high", "criteria": {"ltv_at_least": "3000000", "is_active": "yes"}},
    {"tier": "high", "criteria": {"is_signed": "yes", "mrr_at_least": "30000", "risk_at_least": "30"}},
    {"tier": "low", "criteria": {"ltv_at_least": "1000000"}},
]
PART_TIME_HOURS = 96


def segments(*, now: dt.datetime) -> None:
    """Two rules and a list; the rules have members once scores are there."""
    by = User.objects.get(email="cs@example.jp")
    for key, (name, purpose) in OWN.items():
        if not Segment.objects.filter(name=name).exists():
            rule = STARTING_POINTS[key].rule
            building.create(name=name, description=purpose, rule=rule, time_limit=30, by=by, now=now)
    if not Segment.objects.filter(name=FAIR).exists():
        every = Customer.objects.current().order_by("code").values_list("code", flat=True)
        codes = list(every)[:: max(1, len(every) // VISITORS)]
        lines = frozen.pasted("\n".join(codes))
        made = frozen.draft(lines=lines, source=FrozenList.Source.PASTED, by=by, now=now)
        frozen.save(made=made, name=FAIR, by=by, now=now)


def touch_model(*, now: dt.datetime) -> None:
    """Who is looked after by a person, and one owner who works part-time and has too much to do."""
    plan = TouchPlan.get()
    if plan.rules:
        return
    plan.rules, plan.low_hours = RULES, "0.25"
    part_time = User.objects.filter(customers__isnull=False).order_by("name").first()
    plan.capacities = {str(part_time.pk): str(PART_TIME_HOURS)} if part_time else {}
    touch.save_plan(plan=plan, by=User.objects.get(email="manager@example.jp"), now=now)
