"""People who want no more messages, or want them again: said by the link of a message, effective at once."""

import datetime as dt

from django.db import transaction

from customers import consent
from customers.models import Channel, Event

from . import links
from .models import Delivery, Way

SOURCE = "unsubscribe"


@transaction.atomic
def unsubscribe(*, token: str, now: dt.datetime, wording: str = "") -> bool:
    """The person wants no more mail at this address: at once, for every campaign. False where the link is unknown.

    Safe to repeat; a second time changes nothing.
    """
    delivery = _locked(token)
    if delivery is None:
        return False
    is_news = consent.withdraw(
        customer=delivery.customer,
        channel=Way(delivery.channel).consented or Channel.MAIL,
        address=delivery.address,
        at=now,
        source=SOURCE,
        wording=wording,
    )
    if is_news:
        _tell(delivery, "unsubscribed", now)
    return True


@transaction.atomic
def resubscribe(*, token: str, now: dt.datetime, wording: str) -> bool:
    """The person takes it back, with the words he saw. False where the link is unknown."""
    delivery = _locked(token)
    if delivery is None:
        return False
    is_news = consent.resubscribe(
        customer=delivery.customer,
        channel=Way(delivery.channel).consented or Channel.MAIL,
        address=delivery.address,
        at=now,
        source=SOURCE,
        wording=wording,
    )
    if is_news:
        _tell(delivery, "resubscribed", now)
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
