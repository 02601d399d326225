"""What to know of the ways before a campaign is sent: what is not set up, what is left of a quota, what it costs."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from accounts.models import Installation

from .channels import ChannelError, NotConfiguredError, line, registry, sms
from .channels.shapes import SHAPES
from .models import Campaign, Step, Way
from .rendering import UnsendableError

# Somebody with everything a text may use, as long as these usually are.
SOMEBODY = {
    "address": "09000000000",
    "token": "t" * 43,
    "kind": "company",
    "customer_name": "山田商事株式会社",
    "employer": "",
    "contact_name": "山田 太郎",
    "department": "営業部",
    "title": "部長",
    "owner_name": "佐藤 花子",
    "offer": "次回10%OFF",
    "coupon": "BACK-0123456789ABCDEF",
    "expires_on": dt.date(2026, 12, 31),
    "last_product": "ティーカップ",
    "last_purchased_on": dt.date(2026, 6, 1),
}


@dataclass(frozen=True)
class Fact:
    """One sentence; `is_warning` where something will not go as planned."""

    words: str
    is_warning: bool = False


def facts(campaign: Campaign, *, receivers: int) -> list[Fact]:
    """In the order of the steps. Asks LINE for its quota: may take some seconds."""
    installation = Installation.get()
    steps = list(campaign.steps.filter(edition=campaign.edition))
    found = [fact for way in dict.fromkeys(step.channel for step in steps) for fact in _of_way(way, installation)]
    return found + [fact for step in steps for fact in _of_step(step, installation, receivers)]


def _of_way(way: str, installation: Installation) -> Iterator[Fact]:
    if SHAPES[way].is_by_hand:
        return
    try:
        registry.route(way, installation)
    except NotConfiguredError as error:
        yield Fact(error.words, is_warning=True)


def _of_step(step: Step, installation: Installation, receivers: int) -> Iterator[Fact]:
    if step.channel == Way.LINE:
        yield from _quota(installation, receivers)
    elif step.channel == Way.SMS:
        yield from _segments(step, installation)
    if step.unit_cost and receivers:
        yield Fact(_cost(step, receivers * step.unit_cost))


def _quota(installation: Installation, receivers: int) -> Iterator[Fact]:
    try:
        quota = line.channel(installation, line.PATIENCE).quota()
    except NotConfiguredError:
        return  # said already
    except ChannelError:
        yield Fact(_("LINE does not answer: how many messages are left this month is not known."), is_warning=True)
        return
    if quota.left is None:
        yield Fact(_("LINE sets no limit to this month's messages; %(used)s are used.") % {"used": f"{quota.used:,}"})
        return
    words = {"left": f"{quota.left:,}", "limit": f"{quota.limit:,}", "n": f"{receivers:,}"}
    if quota.left < receivers:
        told = _("LINE has %(left)s of %(limit)s messages left this month, fewer than the %(n)s customers.")
        yield Fact(told % words, is_warning=True)
    else:
        yield Fact(_("LINE has %(left)s of %(limit)s messages left this month.") % words)


def _segments(step: Step, installation: Installation) -> Iterator[Fact]:
    try:
        text = sms.SmsWriter(installation, step).text(SOMEBODY)
    except UnsendableError:
        yield Fact(_("The SMS of step %(n)s is too long.") % {"n": step.position}, is_warning=True)
        return
    words = {"n": step.position, "count": sms.segments(text)}
    yield Fact(_("The SMS of step %(n)s is billed as %(count)s messages for an average customer.") % words)


def _cost(step: Step, amount: Decimal) -> str:
    words = {"n": step.position, "way": Way(step.channel).label, "amount": f"¥{amount:,.0f}"}
    return _("Step %(n)s (%(way)s) costs up to %(amount)s.") % words
