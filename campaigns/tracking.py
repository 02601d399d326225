"""What people did with a mail: for now, that they want no more of them, or want them again."""

import datetime as dt

from django.db import transaction

from customers import consent
from customers.models import Event

from .models import Delivery

SOURCE = "unsubscribe"


def find(token: str) -> Delivery | None:
    """The delivery an unsubscribe link stands for, whatever became of it."""
    found = Delivery.objects.select_related("customer", "contact")
    return found.filter(token=token).exclude(address="").first() if token.isascii() and "\0" not in token else None


@transaction.atomic
def unsubscribe(*, token: str, now: dt.datetime, wording: str = "") -> bool:
    """The person wants no more mail at this address: at once, for every campaign. False where the link is unknown.

    Safe to repeat; a second time changes nothing.
    """
    delivery = find(token)
    if delivery is None:
        return False
    is_news = consent.withdraw(
        customer=delivery.customer,
        channel=delivery.channel,
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
    delivery = find(token)
    if delivery is None:
        return False
    is_news = consent.resubscribe(
        customer=delivery.customer,
        channel=delivery.channel,
        address=delivery.address,
        at=now,
        source=SOURCE,
        wording=wording,
    )
    if is_news:
        _tell(delivery, "resubscribed", now)
    return True


def _tell(delivery: Delivery, kind: str, now: dt.datetime) -> None:
    data = {"campaign": delivery.campaign_id, "step": delivery.step_id, "delivery": delivery.pk}
    Event.objects.create(customer=delivery.customer, contact=delivery.contact, kind=kind, at=now, data=data)
