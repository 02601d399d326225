"""The pages of campaigns: writing one, sending it, what it did, and what a customer got."""

import datetime as dt

from django.shortcuts import get_object_or_404
from django.utils import timezone

from accounts.models import Installation
from campaigns.models import Campaign


def find(pk: int) -> Campaign:
    """The campaign with what every page of it shows."""
    return get_object_or_404(
        Campaign.objects.select_related("segment", "offer", "occasion", "created_by", "launched_by"), pk=pk
    )


def today() -> dt.date:
    """The company's business day."""
    return Installation.get().day_of(timezone.now())


def number(text: str | None) -> int | None:
    """A whole number from an address or a form; None for anything else."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None
