"""Coupons for programs: a shop's till says that one was used."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiRequest, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import ERROR, ERRORS, ApiError, ApiView, body_of, check_is_json, object_in, once, scope
from customers.models import Customer

from .redeeming import CouponError, redeem

STATUS = {"unknown": 404, "other_customer": 409, "used": 409, "over": 409}
FIELDS = ("code", "order_id", "customer_id")
LONGEST = 100
TEXT: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": LONGEST}
BODY: dict[str, Any] = {
    "type": "object",
    "required": ["code", "order_id"],
    "additionalProperties": False,
    "properties": {
        "code": TEXT | {"description": "The code of the coupon."},
        "order_id": TEXT | {"description": "Of the order it is used for; the same one again is no second use."},
        "customer_id": TEXT | {"description": "The customer's code: refused where the coupon is another's."},
    },
}
ANSWER = {
    "type": "object",
    "required": ["code", "customer_id", "order_id", "redeemed_at", "is_new"],
    "properties": {
        "code": {"type": "string"},
        "customer_id": {"type": "string"},
        "order_id": {"type": "string"},
        "redeemed_at": {"type": "string", "format": "date-time"},
        "is_new": {"type": "boolean"},
    },
}


class Redeem(ApiView):
    """POST only."""

    @extend_schema(
        operation_id="redeemCoupon",
        tags=["coupons"],
        summary="Use a coupon for an order, once",
        request=OpenApiRequest(request=BODY),
        responses={
            200: OpenApiResponse(ANSWER, "It counts as used for this order."),
            **ERRORS,
            404: OpenApiResponse(ERROR, "No coupon or no customer with this code."),
            409: OpenApiResponse(ERROR, "Used for another order, another customer's, or out of date."),
        },
        extensions={"x-scope": "purchases:write"},
    )
    def post(self, request: Request) -> Response:
        """Of fifty tills at once one has it; the others hear 409."""
        check_is_json(request)
        body = body_of(request)
        return once(request, body, lambda: _answer(object_in(body)))


def _answer(said: dict[str, Any]) -> dict[str, Any]:
    if unknown := sorted(set(said) - set(FIELDS)):
        raise ApiError(400, "unknown_field", _("There is no field of this name."), unknown[0])
    code, order_id, customer_id = (_text(said, name) for name in FIELDS)
    customer = _customer(customer_id) if customer_id else None
    try:
        used = redeem(code=code, customer=customer, order_id=order_id, at=timezone.now(), via="api")
    except CouponError as error:
        raise ApiError(STATUS[error.code], f"coupon_{error.code}", str(error), "code") from None
    coupon = used.coupon
    return {
        "code": coupon.code,
        "customer_id": coupon.customer.code,
        "order_id": coupon.order_id,
        "redeemed_at": coupon.redeemed_at.isoformat() if coupon.redeemed_at else None,
        "is_new": used.is_new,
    }


def _text(said: dict[str, Any], name: str) -> str:
    if name not in said and name not in BODY["required"]:
        return ""
    text = said.get(name)
    if not isinstance(text, str) or not 1 <= len(text) <= LONGEST or "\0" in text:
        raise ApiError(400, "bad_field", _("A text of 1 to %(most)s characters is wanted.") % {"most": LONGEST}, name)
    return text


def _customer(code: str) -> Customer:
    found = Customer.objects.filter(code=code).select_related("merged_into").first()
    if found is None:
        raise ApiError(404, "unknown_customer", _("There is no customer with this code."), "customer_id")
    return found.merged_into or found


redeemed = scope(Redeem, post="purchases:write")
