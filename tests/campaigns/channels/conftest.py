"""Servers that speak the providers' protocols, and what is sent through them."""

import uuid
from typing import Any

import pytest

from accounts.models import Installation
from campaigns.channels.http import Limits
from campaigns.models import Campaign, Step
from segments.models import Segment
from tests.http_sink import HttpSink

KEY = "6f1d3a52-0c54-4c7e-9a53-9a1f0c3b7c11"
QUICK = Limits(connect=2, answer=0.3)


@pytest.fixture
def http_sink():
    sink = HttpSink().start()
    yield sink
    sink.stop()


def company(**changes: Any) -> Installation:
    """Not saved: what a channel reads of it."""
    return Installation(**{"company_name": "株式会社もどる", "sender_name": "もどる珈琲", **changes})


def step(body: str, subject: str = "", *, kind: str = Campaign.MessageClass.PROMOTION) -> Step:
    """Not saved."""
    campaign = Campaign(pk=7, name="秋のご案内", message_class=kind, segment=Segment(slug="x"))
    return Step(campaign=campaign, subject=subject, body=body, position=2)


def row(**changes: Any) -> dict[str, Any]:
    """One of recipients.sql."""
    given = {
        "id": 1,
        "address": "U4af4980629",
        "token": "t" * 43,
        "message_key": uuid.UUID(KEY),
        "customer_code": "C00001",
        "kind": "person",
        "customer_name": "山田 太郎",
        "employer": "",
        "contact_name": "",
        "department": "",
        "title": "",
        "owner_name": "佐藤 花子",
        "offer": "",
        "coupon": "",
        "expires_on": None,
        "last_product": "",
        "last_purchased_on": None,
    }
    return given | changes
