"""A second person looks before it goes (K11): asked for, approved, returned with a reason, or taken back.

What was approved is what goes: the request keeps a hash of everything people are told and of who is asked, the number
of recipients and the planned time. Whatever differs at the moment of sending asks for a new approval.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.db.models import Q
from django.forms.models import model_to_dict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit
from accounts.models import AuditEvent, Installation, User
from accounts.roles import allows

from .models import Approval, Campaign, Offer
from .states import CampaignError, State, lock

Verdict = Approval.Verdict
GROWTH = Decimal("1.1")  # an audience larger than this × the approved one asks again
MOST = 5  # requests of a kind on a home page
TOLD_FOR = dt.timedelta(days=14)  # how long a decision stands on the home page of the one who asked
LATE = gettext_lazy("It was not approved by the planned time, so it was not sent. Ask again with a new time.")
TELLS = (
    "message_class", "goal", "holdout_percent", "trigger", "trigger_rule", "send_time", "reentry_days", "exits_on_goal",
    "exits_on_leaving", "recipients", "recipient_roles", "test_percent", "test_hours", "edition", "segment_id",
)  # fmt: skip
OFFERED = ("text", "kind", "value", "is_for_new", "expires_on", "code_prefix")
INVITED = ("title", "starts_at", "ends_at", "place", "url", "capacity", "most_each", "has_waiting_list", "answer_until")
STEP = ("edition", "position", "wait", "wait_unit", "send_time", "condition", "channel", "subject", "body", "blocks")


# --- whether it is needed, and what is missing -------------------------------------------------------


def reasons(campaign: Campaign, count: Callable[[], int]) -> list[str]:
    """Why a second person must approve it, as sentences; empty where nobody need. `count`: how many will receive it.

    Only promotions; the limits are the company's (Installation.approval_*; empty: none).
    """
    if not campaign.is_promotion:
        return []
    limits = Installation.get()
    found = _of_offer(getattr(campaign, "offer", None), limits)
    if limits.approval_above is not None and (people := count()) > limits.approval_above:
        words = _("It goes to %(people)s recipients; above %(limit)s a second person approves.")
        found.append(words % {"people": f"{people:,}", "limit": f"{limits.approval_above:,}"})
    return found


def _of_offer(offer: Offer | None, limits: Installation) -> list[str]:
    if offer is None:
        return []
    percent, amount = limits.approval_percent_off, limits.approval_amount_off
    if offer.kind == Offer.Kind.PERCENT and percent is not None and _worth(offer) > percent:
        words = _("The offer is more than %(limit)s%% off: a second person approves.")
        return [words % {"limit": percent}]
    if offer.kind == Offer.Kind.AMOUNT and amount is not None and _worth(offer) > amount:
        return [_("The offer is worth more than ¥%(limit)s: a second person approves.") % {"limit": f"{amount:,.0f}"}]
    return []


def _worth(offer: Offer) -> Decimal:
    """An offer whose worth nobody wrote down counts as above any limit."""
    return offer.value if offer.value is not None else Decimal("Infinity")


def problems(
    campaign: Campaign, now: dt.datetime, *, count: Callable[[], int], at: dt.datetime | None = None
) -> list[str]:
    """What an approval still stops, as sentences; empty where it may go. `at`: when it is to be sent, empty: now."""
    if not (why := reasons(campaign, count)):
        return []
    last = latest(campaign)
    if last is None or last.verdict in {Verdict.WITHDRAWN, Verdict.RETURNED}:
        return [*why, _("Ask for approval first.")]
    if last.verdict == Verdict.OPEN:
        return [_("It waits for approval.")]
    planned = at if at is not None else campaign.scheduled_at
    return _differing(last, campaign, count) or _at_another_time(last, planned, now)


def _differing(approval: Approval, campaign: Campaign, count: Callable[[], int]) -> list[str]:
    if approval.content_hash != fingerprint(campaign):
        return [_("It was changed after the approval: ask again.")]
    if (people := count()) > approval.recipients * GROWTH:
        words = _("%(people)s would receive it now, but %(approved)s were approved: ask again.")
        return [words % {"people": f"{people:,}", "approved": f"{approval.recipients:,}"}]
    return []


def _at_another_time(approval: Approval, planned: dt.datetime | None, now: dt.datetime) -> list[str]:
    """Planned for another moment than approved, or about to go before it. A start that came late is none."""
    is_other = planned is not None and planned != approval.planned_at
    is_early = approval.planned_at is not None and now < approval.planned_at and planned is None
    return [_("It was approved for another time: ask again.")] if is_other or is_early else []


def latest(campaign: Campaign) -> Approval | None:
    """The last request, whatever became of it."""
    found = campaign.approvals.select_related("asked_by", "decided_by", "campaign")
    return found.order_by("-pk").first()


def fingerprint(campaign: Campaign) -> str:
    """SHA-256 of all that is approved: every word, who is asked and when, the share held out, the offer, the event."""
    steps = [
        {name: getattr(step, name) for name in STEP}
        | {"variants": [_plain(one, "letter", "subject", "body", "blocks") for one in step.variants.all()]}
        for step in campaign.steps.prefetch_related("variants")
    ]
    offer, occasion = getattr(campaign, "offer", None), getattr(campaign, "occasion", None)
    told = {
        "campaign": {name: getattr(campaign, name) for name in TELLS},
        "segment": campaign.segment.rule,
        "steps": steps,
        "offer": _plain(offer, *OFFERED) if offer else None,
        "occasion": _plain(occasion, *INVITED) if occasion else None,
    }
    text = json.dumps(told, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(row, *names: str) -> dict:
    return model_to_dict(row, fields=names)


# --- verbs --------------------------------------------------------------------------------------------


@transaction.atomic
def ask(
    *,
    campaign: Campaign,
    recipients: int,
    by: User,
    now: dt.datetime,
    planned_at: dt.datetime | None = None,
    comment: str = "",
) -> Approval:
    """Asks for approval of the draft as it stands. A request still open is replaced by this one."""
    campaign = lock(campaign)
    if campaign.state != State.DRAFT:
        raise CampaignError(_("Only a draft can be put before somebody."))
    if planned_at is not None and planned_at <= now:
        raise CampaignError(_("The time to send lies in the past."))
    campaign.approvals.filter(verdict=Verdict.OPEN).update(verdict=Verdict.WITHDRAWN, decided_at=now, decided_by=by)
    Campaign.objects.filter(pk=campaign.pk).update(note="")
    approval = Approval.objects.create(
        campaign=campaign,
        asked_by=by,
        asked_at=now,
        comment=comment.strip()[:500],
        recipients=recipients,
        planned_at=planned_at,
        content_hash=fingerprint(campaign),
    )
    audit.record("approval.ask", by=by, on=campaign, approval=approval.pk, recipients=recipients)
    return approval


@transaction.atomic
def approve(*, approval: Approval, by: User, now: dt.datetime, reason: str = "", is_deputy: bool = False) -> Approval:
    """Approves what was asked for. `is_deputy`: in the place of somebody else, who is named in `reason`.

    Raises CampaignError where he may not (asked or wrote it himself), it was changed since, or is decided already.
    """
    approval = _open(approval, by)
    if is_deputy and not reason.strip():
        raise CampaignError(_("Say for whom you approve it."))
    if approval.content_hash != fingerprint(approval.campaign):
        raise CampaignError(_("It was changed since approval was asked for. Return it, so that it is asked for anew."))
    if approval.planned_at is not None and approval.planned_at <= now:
        raise CampaignError(str(LATE))
    return _decide(approval, Verdict.APPROVED, by=by, now=now, reason=reason, is_deputy=is_deputy)


@transaction.atomic
def send_back(*, approval: Approval, by: User, now: dt.datetime, reason: str) -> Approval:
    """Returns it with a reason, which stands on the campaign until it is changed or asked for again."""
    approval = _open(approval, by)
    if not reason.strip():
        raise CampaignError(_("Say why you return it: whoever asked needs to know what to change."))
    _note(approval, _("Returned: %(why)s") % {"why": reason.strip()})
    return _decide(approval, Verdict.RETURNED, by=by, now=now, reason=reason)


@transaction.atomic
def withdraw(*, approval: Approval, by: User, now: dt.datetime) -> Approval:
    """Takes the request back: whoever asked, or a leader."""
    approval = _locked(approval)
    if by.pk != approval.asked_by_id and not allows(by, "campaigns.approve"):
        raise CampaignError(_("Only the one who asked can take it back."))
    return _decide(approval, Verdict.WITHDRAWN, by=by, now=now)


def lapse(*, now: dt.datetime) -> int:
    """Requests nobody decided by the planned time go back: nothing was sent, and both are told. How many."""
    late = Approval.objects.filter(verdict=Verdict.OPEN, planned_at__lte=now).values_list("pk", flat=True)
    return sum(_lapse(pk, now) for pk in list(late))


@transaction.atomic
def _lapse(pk: int, now: dt.datetime) -> bool:
    found = Approval.objects.select_for_update(skip_locked=True, of=["self"]).select_related("campaign")
    approval = found.filter(pk=pk, verdict=Verdict.OPEN).first()
    if approval is None:
        return False
    _note(approval, str(LATE))
    _decide(approval, Verdict.RETURNED, by=None, now=now, reason=str(LATE))
    return True


def _locked(approval: Approval) -> Approval:
    """As it stands now, with its campaign locked first; raises where it is decided already."""
    campaign = lock(approval.campaign)
    approval = Approval.objects.select_for_update(of=["self"]).select_related("asked_by").get(pk=approval.pk)
    approval.campaign = campaign
    if approval.verdict != Verdict.OPEN:
        words = _("This request is decided already: %(verdict)s.")
        raise CampaignError(words % {"verdict": approval.get_verdict_display()})
    return approval


def _open(approval: Approval, by: User) -> Approval:
    approval = _locked(approval)
    if why := may_not(approval, by):
        raise CampaignError(why)
    return approval


def may_not(approval: Approval, by: User) -> str:
    """Why this person may not decide; empty where he may. Never who asked for it, and never who wrote it."""
    if not allows(by, "campaigns.approve"):
        return _("Only a manager or an admin can approve.")
    if by.pk == approval.asked_by_id:
        return _("You asked for it yourself: somebody else decides.")
    if by.pk in writers(approval.campaign):
        return _("You wrote it yourself: somebody else decides.")
    return ""


def writers(campaign: Campaign) -> set[int]:
    """Who made the campaign, and who has changed its words since."""
    changes = AuditEvent.objects.filter(
        object_type=campaign._meta.label, object_id=str(campaign.pk), action="campaign.change"
    )
    return {campaign.created_by_id} | {pk for pk in changes.values_list("actor", flat=True) if pk}


def _decide(
    approval: Approval, verdict: str, *, by: User | None, now: dt.datetime, reason: str = "", is_deputy: bool = False
) -> Approval:
    approval.verdict, approval.decided_by, approval.decided_at = verdict, by, now
    approval.reason, approval.is_deputy = reason.strip()[:500], is_deputy
    approval.save(update_fields=["verdict", "decided_by", "decided_at", "reason", "is_deputy"])
    audit.record("approval.decide", by=by, on=approval.campaign, approval=approval.pk, verdict=str(verdict))
    return approval


def _note(approval: Approval, text: str) -> None:
    Campaign.objects.filter(pk=approval.campaign_id).update(note=text[:300])


# --- who is told -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Home:
    """What stands on somebody's home page: to decide, what became of his own, what nobody decided in time."""

    waiting: list[Approval]
    own: list[Approval]
    lapsed: list[Approval]

    @property
    def has_any(self) -> bool:
        return bool(self.waiting or self.own or self.lapsed)


def home(user: User, now: dt.datetime) -> Home:
    """The few most urgent of each, of campaigns that are still to be sent. One statement."""
    newest = _newest(now)
    own = [one for one in newest if one.asked_by_id == user.pk]
    others = [one for one in newest if one.asked_by_id != user.pk] if allows(user, "campaigns.approve") else []
    mine = [one for one in others if one.verdict == Verdict.OPEN and one.campaign.created_by_id != user.pk]
    lapsed = [one for one in others if one.verdict == Verdict.RETURNED and one.decided_by_id is None]
    return Home(mine[:MOST], own[:MOST], lapsed[:MOST])


def _newest(now: dt.datetime) -> list[Approval]:
    """The last request of each campaign, open or decided of late; those planned soonest first."""
    found = Approval.objects.exclude(verdict=Verdict.WITHDRAWN).filter(
        Q(verdict=Verdict.OPEN) | Q(decided_at__gte=now - TOLD_FOR),
        campaign__state__in=[State.DRAFT, State.SCHEDULED],
    )
    by_campaign = {
        one.campaign_id: one for one in found.select_related("campaign", "asked_by", "decided_by").order_by("pk")
    }
    return sorted(
        by_campaign.values(), key=lambda one: (one.planned_at is None, one.planned_at or one.asked_at, one.pk)
    )
