"""Scores for programs: one row a customer, by code or page by page."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import ERRORS, ApiView, scope

from .models import Score
from .scoring import last_run

MOST = 1000
LARGEST = 2**63 - 1
OWN = [
    "r", "f", "m", "rfm_segment", "rfm_previous", "rfm_changed_on", "rfm_by_cutoffs", "is_vip",
    "lifecycle", "lifecycle_since", "is_active", "first_purchase_on", "last_purchase_on", "last_login_on",
    "frequency", "monetary", "plan", "mrr", "renews_on", "notice_due_on", "notice_given_on", "ltv_historic",
]  # fmt: skip
PREDICTED = [
    "p_alive", "expected_purchases_365d", "expected_value", "churn_risk", "next_purchase_days", "ltv_predicted",
]  # fmt: skip
# Field → where its value stands, from Score.
FIELDS: dict[str, str] = {
    "customer_id": "customer__code",
    "changed_on": "as_of",
    **{name: name for name in OWN},
    **{name: f"customer__prediction__{name}" for name in PREDICTED},
}


class Page(serializers.Serializer):
    """What may stand behind the question mark of a list."""

    limit = serializers.IntegerField(required=False, min_value=1, max_value=MOST, default=MOST)
    after = serializers.IntegerField(required=False, min_value=0, max_value=LARGEST, default=0)


class Asked(Page):
    customer_id = serializers.CharField(required=False, max_length=200, default="")
    changed_since = serializers.DateField(required=False, default=None)


def asked(name: str, schema: dict[str, Any], words: str = "") -> OpenApiParameter:
    """A parameter of the query, described."""
    return OpenApiParameter(name, schema, OpenApiParameter.QUERY, description=words)


PAGE = [
    asked("limit", {"type": "integer", "minimum": 1, "maximum": MOST, "default": MOST}),
    asked("after", {"type": "integer", "minimum": 0, "maximum": LARGEST, "default": 0}, "`next` of the page before"),
]


def page_of(fields: list[str], **more: Any) -> dict[str, Any]:
    """The form of a page of records."""
    records = {"type": "array", "items": {"type": "object", "required": fields}}
    following = {"type": ["integer", "null"], "description": "give it as `after` for the page that follows"}
    return {
        "type": "object",
        "required": ["records", "next", *more],
        "properties": {"records": records, "next": following, **more},
    }


DAY: dict[str, Any] = {"type": ["string", "null"], "format": "date"}


class Scores(ApiView):
    """GET only. Days are ISO dates, amounts and chances numbers; null is "no figure"."""

    @extend_schema(
        operation_id="listScores",
        tags=["scores"],
        summary="Scores of customers as last computed",
        parameters=[
            *PAGE,
            asked("customer_id", {"type": "string", "maxLength": 200}, "the scores of this customer alone"),
            asked(
                "changed_since", {"type": "string", "format": "date"}, "rows whose scores changed on this day or later"
            ),
        ],
        responses={200: OpenApiResponse(page_of(list(FIELDS), as_of=DAY), "A page of scores."), **ERRORS},
        extensions={"x-scope": "scores:read"},
    )
    def get(self, request: Request) -> Response:
        query = Asked(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        wanted = query.validated_data
        rows = Score.objects.filter(pk__gt=wanted["after"])
        if wanted["customer_id"]:
            rows = rows.filter(customer__code=wanted["customer_id"].replace("\0", ""))
        if wanted["changed_since"]:
            rows = rows.filter(as_of__gte=wanted["changed_since"])
        found = list(rows.order_by("pk").values_list("pk", *FIELDS.values())[: wanted["limit"] + 1])
        shown = found[: wanted["limit"]]
        records = [dict(zip(FIELDS, map(plain, row[1:]), strict=True)) for row in shown]
        return Response(
            {"as_of": last_run(), "records": records, "next": shown[-1][0] if len(found) > len(shown) else None}
        )


def plain(value: Any) -> Any:
    """A value as JSON writes it: amounts as numbers, whole ones without a point."""
    if hasattr(value, "to_integral_value"):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


scores = scope(Scores, get="scores:read")
