"""What is personal in each table: column → what stands there after an erasure.

Each model says so in `PERSONAL`; for the models of this app the table stands here. A model that says nothing loses
every text in it: a table of a later app is safe before it is told.
"""

from typing import Any

from django.db import models
from django.db.models import CharField, F, Value
from django.db.models.functions import Concat

from .models import (
    Consent,
    Contact,
    Contract,
    CustomerCode,
    DimensionChange,
    Duplicate,
    Event,
    Interaction,
    Invoice,
    Login,
    Merge,
    MergeMove,
    Purchase,
    Touched,
)


def numbered(word: str = "erased-") -> Concat:
    """A text that says nothing and still is unique."""
    return Concat(Value(word), F("pk"), output_field=CharField())


OF_CUSTOMER: dict[str, Any] = {
    **dict.fromkeys(("kana", "company", "postal_code", "address", "corporate_number"), ""),
    "birth_on": None,
    "tags": [],
    "attributes": {},
}
# Purchases, logins, contracts and bills keep days, amounts, products and reasons: figures rest on them.
PERSONAL: dict[type[models.Model], dict[str, Any]] = {
    Contact: dict.fromkeys(
        ("code", "name", "kana", "department", "title", "email", "phone", "line_id", "time_zone"), ""
    ),
    CustomerCode: {"code": numbered()},
    DimensionChange: {},
    Consent: {"address": "erased"},
    Duplicate: {},
    Merge: {"before": {}, "after": {}},
    MergeMove: {"before": {}},
    Purchase: {},
    Login: {},
    Contract: {},
    Invoice: {},
    Interaction: dict.fromkeys(("subject", "body", "next_action"), ""),
    Event: {},  # erase_events.sql
    Touched: {},
}
KEPT_OF_EVENTS = ["campaign_name", "until", "reason", "competitor", "plan"]


def personal(model: type[models.Model]) -> dict[str, Any]:
    """Column → what stands there afterwards."""
    if model in PERSONAL:
        return PERSONAL[model]
    said = getattr(model, "PERSONAL", None)
    return _every_text(model) if said is None else said


def _every_text(model: type[models.Model]) -> dict[str, Any]:
    """Of a model that does not say what is personal: all its free texts."""
    found: dict[str, Any] = {}
    for field in texts(model):
        found[field.name] = {} if isinstance(field, models.JSONField) else numbered() if field.unique else ""
    return found


def texts(model: type[models.Model]) -> list[models.Field]:
    free = (models.CharField, models.TextField, models.JSONField)
    return [one for one in model._meta.concrete_fields if isinstance(one, free) and not one.choices]
