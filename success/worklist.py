"""Whom to look after today, why, and until when: one list out of promises, deadlines and people slipping away."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Exists, F, FloatField, OuterRef, Q, QuerySet
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from accounts.models import User
from customers.models import Customer, Event, Interaction
from scores.labels import slug
from scores.models import Lifecycle, Score

DEADLINE_DAYS = 30
SLIPPED_DAYS = 14
SNOOZED = "snoozed"
SNOOZE_DAYS = 7
SLIPPING_A_DAY = 10  # a list that can be done; the rest moves up tomorrow
MOST = 50
AT_RISK = (Lifecycle.SLIPPING, Lifecycle.PRE_DORMANT, Lifecycle.UNUSED)


@dataclass(frozen=True)
class Job:
    """One line of the list: who, why, until when, and how much is at stake (yen; None where unknown)."""

    customer: Customer
    cause: str  # promise, notice, slipping
    why: str
    due_on: dt.date | None
    at_stake: Decimal | None

    @property
    def segment(self) -> str:
        """Slug of the segment from which a campaign would reach this customer; empty where there is none."""
        if self.cause == "notice":
            return "renewal-due"
        score = getattr(self.customer, "score", None)
        return slug(score.rfm_segment) if score and score.rfm_segment else ""


def jobs(*, user: User, today: dt.date, mine_only: bool) -> list[Job]:
    """At most MOST lines, one a customer: promises first (oldest first), then deadlines, then the most to lose.

    Own customers stand before those of others; what was put off is left out until its day.
    """
    found: dict[int, Job] = {}
    for job in [
        *_promised(user, today, mine_only),
        *_deadlines(user, today, mine_only),
        *_slipping(user, today, mine_only),
    ]:
        found.setdefault(job.customer.pk, job)
    return sorted(found.values(), key=lambda job: job.customer.owner_id != user.pk)[:MOST]


def snooze(*, customer: Customer, until: dt.date, by: User, now: dt.datetime) -> Event:
    """Takes a customer off the list until a day."""
    data = {"until": until.isoformat(), "by": by.pk}
    return Event.objects.create(customer=customer, kind=SNOOZED, at=now, data=data)


def _customers(user: User, today: dt.date, mine_only: bool) -> QuerySet[Customer]:
    put_off = Event.objects.filter(customer=OuterRef("pk"), kind=SNOOZED, data__until__gt=today.isoformat())
    found = Customer.objects.current().filter(~Exists(put_off)).select_related("owner", "score", "prediction")
    return found.filter(owner=user) if mine_only else found


def _promised(user: User, today: dt.date, mine_only: bool) -> list[Job]:
    due = Interaction.objects.filter(_due_promise(today), customer__in=_customers(user, today, mine_only))
    beside = ("customer__owner", "customer__score", "customer__prediction")
    return [
        Job(
            promise.customer,
            "promise",
            promise.next_action or promise.subject or _("To get in touch again"),
            promise.next_on,
            _stake(promise.customer),
        )
        for promise in due.select_related(*beside).order_by("next_on", "id")[:500]
    ]


def _due_promise(today: dt.date) -> Q:
    return Q(next_on__lte=today, next_done_at=None)


def _deadlines(user: User, today: dt.date, mine_only: bool) -> list[Job]:
    """Contracts whose notice deadline comes within 30 days and where nobody gave notice."""
    until = today + dt.timedelta(days=DEADLINE_DAYS)
    found = _customers(user, today, mine_only).filter(
        score__notice_due_on__gte=today, score__notice_due_on__lte=until, score__notice_given_on=None
    )
    return [
        Job(one, "notice", _("The contract's notice deadline is near"), one.score.notice_due_on, _stake(one))
        for one in found.order_by("score__notice_due_on", "id")[:MOST]
    ]


def _slipping(user: User, today: dt.date, mine_only: bool) -> list[Job]:
    """Who began to slip in the last days, the most to lose (risk × LTV) first."""
    since = today - dt.timedelta(days=SLIPPED_DAYS)
    found = _customers(user, today, mine_only).filter(
        score__lifecycle__in=AT_RISK, score__lifecycle_since__gte=since, prediction__churn_risk__gt=0
    )
    worth = Cast("score__ltv_historic", FloatField())
    ordered = found.annotate(loss=F("prediction__churn_risk") * worth).order_by(F("loss").desc(nulls_last=True), "id")
    return [Job(one, "slipping", _slipped(one.score, today), None, _stake(one)) for one in ordered[:SLIPPING_A_DAY]]


def _slipped(score: Score, today: dt.date) -> str:
    words = {"stage": score.get_lifecycle_display(), "day": f"{score.lifecycle_since:%Y/%m/%d}"}
    if score.last_activity_on is None:
        return _("%(stage)s since %(day)s") % words
    quiet = (today - score.last_activity_on).days
    return _("%(stage)s since %(day)s: quiet for %(quiet)s days") % {**words, "quiet": quiet}


def _stake(customer: Customer) -> Decimal | None:
    return getattr(getattr(customer, "score", None), "ltv_historic", None)
