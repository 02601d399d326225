"""What a manager would have set by now: goals, remarks on charts, and a month that is closed."""

import datetime as dt
from decimal import Decimal

from django.db import transaction

from accounts.models import Installation, User
from metrics import closing, goals, remarks
from metrics.models import Goal
from metrics.periods import Period, after

BOSS = "manager@example.jp"
CLOSES_ON = dt.timedelta(days=4)  # the fifth of the month after


@transaction.atomic
def present(*, now: dt.datetime) -> None:
    """Two goals, two remarks, and the month before last closed; the last one waits to be."""
    boss, settings = User.objects.get(email=BOSS), Installation.get()
    if Goal.objects.exists():
        return
    this_month = settings.day_of(now).replace(day=1)
    for months, value in ((-6, "6.0"), (-1, "5.5")):
        goals.set_goal(metric="churn", since=after(this_month, months), value=Decimal(value), by=boss, now=now)
    for months, day, text in ((-5, 15, "価格改定(一部商品 5%)"), (-2, 8, "受注システムの障害(半日)")):
        on = after(this_month, months).replace(day=day)
        remarks.write(on=on, text=text, metric="", by=boss, now=now)
    period = Period(after(this_month, -2), 1)
    at = dt.datetime.combine(after(this_month, -1) + CLOSES_ON, dt.time(10), settings.zone)
    if not closing.obstacle(period, now=at):
        closing.close(period=period, by=boss, now=at)
