"""Rules to begin with: what retention work asks for most often, to be changed at will."""

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class StartingPoint:
    """A name, what it is good for, and the rule."""

    key: str
    name: str | Promise
    purpose: str | Promise
    rule: dict[str, Any]


def _is(field: str, op: str, value: Any) -> dict[str, Any]:
    return {"field": field, "op": op, "value": value}


def _none(event: str, days: int, **where: list[str]) -> dict[str, Any]:
    made = {"event": event, "measure": "count", "op": "eq", "value": 0, "period": {"last_days": days}}
    return {**made, "where": where} if where else made


STARTING_POINTS = {
    one.key: one
    for one in (
        StartingPoint(
            "good-and-quiet",
            _("Good customers who have not bought for 90 days"),
            _("Bought often or for much, and then stopped: the ones worth a call."),
            {
                "all": [
                    {"any": [_is("f", "gte", 4), _is("m", "gte", 4)]},
                    _none("purchase", 90),
                ]
            },
        ),
        StartingPoint(
            "no-second-purchase",
            _("First purchase 30 days ago or longer, no second one"),
            _("The moment to make the second purchase easy."),
            {"all": [_is("frequency", "eq", 1), _is("first_purchase_on", "longer_ago", 30)]},
        ),
        StartingPoint(
            "renewal-without-login",
            _("Renewal within 60 days and no login for 30"),
            _("Under contract and not using it: look after them before they give notice."),
            {
                "all": [
                    _is("renews_on", "within_next", 60),
                    _none("login", 30),
                    _is("notice_given_on", "is_unknown", True),
                ]
            },
        ),
        StartingPoint(
            "twice-in-90-days",
            _("Ordered twice or more in 90 days"),
            _("On the way to regular customers: thank them."),
            {
                "event": "purchase",
                "measure": "count",
                "op": "gte",
                "value": 2,
                "period": {"last_days": 90},
            },
        ),
        StartingPoint(
            "dormant-reachable",
            _("Dormant, may be mailed, no open complaint"),
            _("Whom a win-back mail may reach."),
            {
                "all": [
                    _is("lifecycle", "in", ["dormant", "lapsed"]),
                    _is("mailable", "is", True),
                    {"not": _is("open_complaint", "is", True)},
                ]
            },
        ),
        StartingPoint(
            "not-contacted",
            _("High risk of leaving, not contacted for 60 days"),
            _("A risk of one half or more, and nobody has spoken with them."),
            {"all": [_is("churn_risk", "gte", "0.5"), _none("interaction", 60)]},
        ),
    )
}
