"""Campaigns, who is in them, and the ledger of every message."""

from .campaign import Approval, Campaign, Link, Step, Variant, WaitUnit, Way
from .enrollment import Enrollment, Journey
from .ledger import Delivery, DomainPause, Exclusion, Report
from .offers import Coupon, Occasion, Offer, Rsvp

__all__ = [
    "Approval",
    "Campaign",
    "Coupon",
    "Delivery",
    "DomainPause",
    "Enrollment",
    "Exclusion",
    "Journey",
    "Link",
    "Occasion",
    "Offer",
    "Report",
    "Rsvp",
    "Step",
    "Variant",
    "WaitUnit",
    "Way",
]
