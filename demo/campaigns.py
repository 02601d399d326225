"""What a team would have sent by now: a campaign to be judged, a series that runs, and what waits for somebody."""

import datetime as dt

from django.db import transaction
from django.db.models import DateTimeField, ExpressionWrapper, F
from django.utils import timezone

from accounts.models import Installation, User
from campaigns import approving, audience, composing, states
from campaigns.beginning_forms import BeginForm
from campaigns.models import Campaign, Delivery
from campaigns.playbooks import PLAYBOOKS
from customers.models import Event
from segments.models import Segment

SENDS_AT = dt.time(10)
PAGE = "https://shop.example.jp/"
PAST = "秋の掘り起こし"
INVITATION = "VIPのお客様 新春ご内覧会"
SERIES = "はじめてのお客様 ご利用開始のご案内"
WAITING = "新サービス「定期お届け便」のご案内"
APPROVAL_ABOVE = 100


@transaction.atomic
def past(*, day: dt.date) -> None:
    """The win-back of that day, sent to whoever was dormant then and agreed; its window is over by now.

    Nobody can send into the past: its ledger is settled here as the mail server would have, one mail a second. What
    the customers bought afterwards is real, and so is the verdict.
    """
    now = dt.datetime.combine(day, SENDS_AT, Installation.get().zone)
    if Campaign.objects.filter(name=PAST).exists():
        return
    offer = {"offer": "次回ご注文 10%割引", "expires_on": day + dt.timedelta(days=30), "url": PAGE}
    made = _begin("win_back", PAST, offer, now)
    audience.launch(campaign=made, by=made.created_by, now=now)
    audience.plan_due(now=now)
    sent = Delivery.objects.filter(campaign=made, state=Delivery.State.PENDING).order_by("pk")
    first = sent.values_list("pk", flat=True).first() or 0
    second = ExpressionWrapper(now + (F("pk") - first) * dt.timedelta(seconds=1), output_field=DateTimeField())
    rows = list(sent.annotate(at=second).values("pk", "step", "customer", "contact", "at"))
    Event.objects.bulk_create(
        Event(
            customer_id=row["customer"],
            contact_id=row["contact"],
            kind="mail_accepted",
            at=row["at"],
            data={"campaign": made.pk, "step": row["step"], "delivery": row["pk"], "channel": "mail"},
        )
        for row in rows
    )
    sent.update(state=Delivery.State.ACCEPTED, reply="250 OK", sending_at=second, settled_at=second, attempts=1)
    states.close_finished()


@transaction.atomic
def present(*, now: dt.datetime) -> None:
    """A running series, an invitation in work, and a notice that waits for the manager."""
    if Campaign.objects.filter(name=SERIES).exists():
        return
    series = _begin("onboarding", SERIES, {"service": "もどる雑貨 オンライン", "url": PAGE, "help_url": PAGE}, now)
    audience.launch(campaign=series, by=series.created_by, now=now)
    Installation.objects.filter(id=1).update(approval_above=APPROVAL_ABOVE)
    evening = dt.datetime.combine(Installation.get().day_of(now) + dt.timedelta(days=45), dt.time(18))
    invited = {"title": "新春ご内覧会", "starts_at": evening, "place": "もどる雑貨 浅草橋ショールーム", "capacity": 40}
    _begin("vip_event", INVITATION, invited, now)
    notice = {"service": "定期お届け便", "begins": f"{evening.year}年{evening.month}月", "url": PAGE}
    waiting = _begin("new_service", WAITING, notice, now)
    planned_at = timezone.make_aware(dt.datetime.combine(evening.date() - dt.timedelta(days=38), SENDS_AT))
    people = audience.waterfall(waiting, as_of=Installation.get().day_of(now)).count("will_receive")
    asked = {"recipients": people, "planned_at": planned_at, "comment": "文面のご確認をお願いします。"}
    approving.ask(campaign=waiting, by=waiting.created_by, now=now, **asked)


def _begin(key: str, name: str, answers: dict, now: dt.datetime) -> Campaign:
    """As the page does it: a playbook, what it asks, and its own segment (else the frequent buyers)."""
    settings, playbook = Installation.get(), PLAYBOOKS[key]
    segment = Segment.objects.get(slug=playbook.segment or "frequent-buyers")
    form = BeginForm(
        {"name": name, "segment": segment.pk, **answers},
        playbook=playbook,
        language="ja",
        today=settings.day_of(now),
        zone=settings.zone,
    )
    assert form.is_valid(), form.errors
    by = User.objects.get(email="cs@example.jp")
    made = {"messages": form.messages, "offer": form.offer, "event": form.event}
    return composing.create(campaign=form.campaign, by=by, **made)
