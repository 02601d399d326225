"""Letters: a list is made of what is due, printed or handed to the printer, and confirmed when it was posted.

Until then its letters are on their way (`sending`); a list that won't be posted is taken back. Each letter carries a
response code of its own, made from the message's key: nothing more has to be kept. What comes back undeliverable stops
letters to that customer.
"""

import datetime as dt
import re
import unicodedata
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from operator import or_

from django.db import transaction
from django.db.models import Count, Min, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import Installation, User
from customers import consent
from customers.models import Channel, Event, Suppression

from . import by_hand, fields
from .models import Campaign, Delivery, Way
from .states import CampaignError

State = Delivery.State
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # nothing that is read wrongly: no 0, O, 1, I, L
CODE_LENGTH = 10
UNUSED = 79  # bits of the key that stand behind those of the code
SOURCE = "returned by post"


@dataclass(frozen=True)
class PostalList:
    """Letters taken together: how many, what became of them, what they cost (None: cost unknown)."""

    token: uuid.UUID | None
    made_at: dt.datetime
    waiting: int
    posted: int
    returned: int
    cost: Decimal | None
    posted_on: str

    @property
    def count(self) -> int:
        return self.waiting + self.posted


@dataclass(frozen=True)
class Letter:
    """One letter as it is addressed."""

    delivery: int
    customer_code: str
    postal_code: str
    address: str
    lines: tuple[str, ...]  # company, department and title, name with 様
    response_code: str
    text: str
    coupon: str


def response_code(key: uuid.UUID) -> str:
    """XXXXX-XXXXX, 49 bits of the message's key: enough among the letters of a campaign, and short to type."""
    number, code = key.int >> UNUSED, ""
    for _place in range(CODE_LENGTH):
        number, digit = divmod(number, len(ALPHABET))
        code += ALPHABET[digit]
    return f"{code[:5]}-{code[5:]}"


def waiting(campaign: Campaign, *, now: dt.datetime) -> int:
    """Letters that are due and on no list yet."""
    due = Q(state__in=[State.PENDING, State.DEFERRED], due_at__lte=now)
    return campaign.deliveries.filter(due, channel=Way.POSTAL).count()


def lists(campaign: Campaign) -> list[PostalList]:
    """The campaign's lists, the newest first."""
    on_a_list = campaign.deliveries.filter(channel=Way.POSTAL, state__in=[State.SENDING, State.ACCEPTED])
    found = (
        on_a_list.exclude(claim_token=None)
        .values("claim_token")
        .annotate(
            made_at=Min("sending_at"),
            waiting=Count("pk", filter=Q(state=State.SENDING)),
            posted=Count("pk", filter=Q(state=State.ACCEPTED)),
            returned=Count("pk", filter=Q(bounced_at__isnull=False)),
            cost=Sum("step__unit_cost"),
            posted_on=Min("reply", filter=Q(state=State.ACCEPTED)),
        )
        .order_by("-made_at")
    )
    return [
        PostalList(
            row["claim_token"], row["made_at"], row["waiting"], row["posted"], row["returned"], row["cost"],
            row["posted_on"] or "",
        )
        for row in found
    ]  # fmt: skip


def make(*, campaign: Campaign, by: User, now: dt.datetime) -> uuid.UUID:
    """A list of all letters that are due. Raises CampaignError where there are none, or the campaign doesn't run."""
    if campaign.state != Campaign.State.RUNNING:
        raise CampaignError(_("“%(name)s” is not running: no list can be made.") % {"name": campaign.name})
    with transaction.atomic():
        token = by_hand.hand_out(way=Way.POSTAL, campaigns=[campaign.pk], now=now)
        if token is not None:
            audit.record("postal.list", by=by, on=campaign, letters=_of(campaign, token).count())
    if token is None:
        raise CampaignError(_("No letter is waiting to be put on a list."))
    return token


def letters(campaign: Campaign, token: uuid.UUID) -> Iterator[Letter]:
    """The letters of a list, by postal code as the post office likes them."""
    ids = (
        _of(campaign, token).order_by("customer__postal_code", "customer__sort_key", "pk").values_list("pk", flat=True)
    )
    for one in by_hand.written(list(ids)):
        row = one.row
        yield Letter(
            row["id"],
            row["customer_code"],
            postal_code(row["postal_code"]),
            row["postal_address"],
            tuple(_addressee(row)),
            response_code(row["message_key"]),
            one.words.text,
            row["coupon"],
        )


def _addressee(row: dict) -> list[str]:
    is_company = row["kind"] == "company"
    lines = fields.addressee(
        is_company=is_company,
        company=row["customer_name"] if is_company else row["employer"],
        department=row["department"],
        title=row["title"],
        name=row["contact_name"] or ("" if is_company else row["customer_name"]),
    )
    return lines.split("\n")


def postal_code(raw: str) -> str:
    """123-4567 where there are seven digits; as it stands otherwise."""
    digits = "".join(c for c in raw if c.isdecimal())
    return f"{int(digits[:3]):03}-{int(digits[3:]):04}" if len(digits) == 7 else raw


def _of(campaign: Campaign, token: uuid.UUID) -> QuerySet[Delivery]:
    return campaign.deliveries.filter(channel=Way.POSTAL, claim_token=token, state__in=[State.SENDING, State.ACCEPTED])


@transaction.atomic
def confirm(*, campaign: Campaign, token: uuid.UUID, posted_on: dt.date, by: User) -> int:
    """The list was posted that day. How many letters; a second time changes nothing."""
    at = dt.datetime.combine(posted_on, dt.time(12), Installation.get().zone)
    words = posted_on.isoformat()
    count = by_hand.hand_over(campaign=campaign, way=Way.POSTAL, token=token, at=at, words=words, by=by.pk)
    if count:
        audit.record("postal.posted", by=by, on=campaign, letters=count, on_day=words)
    return count


@transaction.atomic
def take_back(*, campaign: Campaign, token: uuid.UUID, by: User) -> int:
    """The list won't be posted: its letters wait again."""
    count = by_hand.take_back(campaign=campaign, way=Way.POSTAL, token=token)
    if count:
        audit.record("postal.taken_back", by=by, on=campaign, letters=count)
    return count


@dataclass(frozen=True)
class Marked:
    """What became of a batch of codes: letters marked now, before, and codes nobody knows."""

    marked: int
    before: int
    unknown: tuple[str, ...]


@transaction.atomic
def returned(*, campaign: Campaign, codes: Iterable[str], by: User, now: dt.datetime) -> Marked:
    """宛先不明: these letters (by customer code or response code) came back. Nothing more is posted to them."""
    found = _found(campaign, codes)
    fresh = [one for one in found.values() if one is not None and one.bounced_at is None]
    for delivery in {one.pk: one for one in fresh}.values():
        Delivery.objects.filter(pk=delivery.pk).update(bounced_at=now)
        consent.suppress(
            channel=Channel.POSTAL,
            address=delivery.address,
            reason=Suppression.Reason.BOUNCED,
            source=SOURCE,
            at=now,
        )
    return _told("postal.returned", campaign, found, fresh, by)


@transaction.atomic
def answered(*, campaign: Campaign, codes: Iterable[str], by: User, now: dt.datetime) -> Marked:
    """These customers have answered to their letter: counts as a person's click."""
    found = _found(campaign, codes)
    fresh = [one for one in found.values() if one is not None and one.clicked_at is None]
    for delivery in {one.pk: one for one in fresh}.values():
        Delivery.objects.filter(pk=delivery.pk).update(clicked_at=now)
        data = {"campaign": campaign.pk, "step": delivery.step_id, "delivery": delivery.pk, "channel": Way.POSTAL}
        Event.objects.create(
            customer_id=delivery.customer_id, contact_id=delivery.contact_id, kind="letter_answered", at=now, data=data
        )
    return _told("postal.answered", campaign, found, fresh, by)


def _told(
    action: str, campaign: Campaign, found: dict[str, Delivery | None], fresh: list[Delivery], by: User
) -> Marked:
    marked = len({one.pk for one in fresh})
    known = len({one.pk for one in found.values() if one is not None})
    if marked:
        audit.record(action, by=by, on=campaign, letters=marked)
    return Marked(marked, known - marked, tuple(code for code, one in found.items() if one is None))


def _found(campaign: Campaign, codes: Iterable[str]) -> dict[str, Delivery | None]:
    """The posted letter each code means; None where it means none of this campaign."""
    wanted = list(dict.fromkeys(code.strip() for code in codes if code.strip()))
    posted = campaign.deliveries.filter(channel=Way.POSTAL, state=State.ACCEPTED).select_for_update()
    by_customer = {one.address: one for one in posted.filter(address__in=wanted)}
    ranges = [between for code in wanted if code not in by_customer and (between := _keys(code))]
    meant = reduce(or_, (Q(message_key__range=between) for between in ranges), Q(pk__in=[]))
    by_code = {response_code(one.message_key): one for one in posted.filter(meant)}
    return {code: by_customer.get(code) or by_code.get(_written_out(code)) for code in wanted}


def _written_out(code: str) -> str:
    plain = re.sub(r"[^0-9A-Z]", "", unicodedata.normalize("NFKC", code).upper())
    return f"{plain[:5]}-{plain[5:]}"


def _keys(code: str) -> tuple[uuid.UUID, uuid.UUID] | None:
    """The first and the last message key that has this response code; None where it can be none."""
    digits = _written_out(code).replace("-", "")
    if len(digits) != CODE_LENGTH or not set(digits) <= set(ALPHABET):
        return None
    number = sum(ALPHABET.index(digit) * len(ALPHABET) ** place for place, digit in enumerate(digits))
    if number >> (128 - UNUSED):
        return None
    return uuid.UUID(int=number << UNUSED), uuid.UUID(int=(number << UNUSED) | ((1 << UNUSED) - 1))
