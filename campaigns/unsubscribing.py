"""People who want no more messages, or want them again: said by the link of a message, effective at once."""

import datetime as dt
from collections.abc import Callable

from django.db import transaction

from customers import consent
from customers.models import Channel, Event

from . import links
from .models import Delivery, Way

SOURCE = "unsubscribe"


def unsubscribe(*, token: str, now: dt.datetime, wording: str = "") -> bool:
    """The person wants no more mail at this address: at once, for every campaign. False where the link is unknown.

    Safe to repeat; a second time changes nothing.
    """
    return _enter(consent.withdraw, "unsubscribed", token=token, now=now, wording=wording)


def resubscribe(*, token: str, now: dt.datetime, wording: str) -> bool:
    """The person takes it back, with the words he saw. False where the link is unknown."""
    return _enter(consent.resubscribe, "resubscribed", token=token, now=now, wording=wording)


@transaction.atomic
def _enter(verb: Callable[..., bool], kind: str, *, token: str, now: dt.datetime, wording: str) -> bool:
    """Writes the person's word into the ledger; where it is news, his timeline hears of it."""
    delivery = _locked(token)
    if delivery is None:
        return False
    is_news = verb(
        customer=delivery.customer,
        channel=Way(delivery.channel).consented or Channel.MAIL,
        address=delivery.address,
        at=now,
        source=SOURCE,
        wording=wording,
    )
    if is_news:
        _tell(delivery, kind, now)
    return True


def _locked(token: str) -> Delivery | None:
    """The delivery of a link, held until the end, so that pressing twice is once; None where the link is unknown."""
    found = links.by_token(token)
    if found is not None:
        Delivery.objects.select_for_update(of=["self"]).get(pk=found.pk)
    return found


def _tell(delivery: Delivery, kind: str, now: dt.datetime) -> None:
    data = {"campaign": delivery.campaign_id, "step": delivery.step_id, "delivery": delivery.pk}
    Event.objects.create(customer=delivery.customer, contact=delivery.contact, kind=kind, at=now, data=data)
