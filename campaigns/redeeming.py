"""Coupons used: each once, by the customer it was made for, whoever says so and however often.

One statement takes a coupon; fifty tills at once, and one of them has it. The same order said again is no second use.
"""

import datetime as dt
import unicodedata
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.models import Installation, User
from common import sql
from customers.models import Customer, Event, Touched

from .models import Coupon

VIA = ("api", "staff", "import")
PRESENTED = "coupon_presented"  # a line of an order that came in named a coupon
WORDS = {
    "unknown": _("There is no coupon with this code."),
    "other_customer": _("This coupon was made for another customer."),
    "used": _("This coupon has been used."),
    "over": _("The offer of this coupon has ended."),
}


class CouponError(Exception):
    """The coupon can't be used; `code` says which rule, the message says it for people."""

    def __init__(self, code: str):
        self.code = code
        super().__init__(WORDS[code])


@dataclass(frozen=True)
class Used:
    """A coupon that counts as used for this order; `is_new` where it was taken just now."""

    coupon: Coupon
    is_new: bool


def normalise(code: str) -> str:
    """As a code stands in the table: half width, capitals, without spaces."""
    return "".join(unicodedata.normalize("NFKC", code).upper().split())


@transaction.atomic
def redeem(
    *,
    code: str,
    at: dt.datetime,
    via: str,
    customer: Customer | None = None,
    order_id: str = "",
    by: User | None = None,
) -> Used:
    """Takes the coupon for an order. `customer`: who uses it, as far as known; `at`: when the order was placed.

    Raises CouponError: unknown, other_customer, over, used.
    """
    assert via in VIA, via
    coupon = Coupon.objects.select_related("offer__campaign", "customer").filter(code=normalise(code)).first()
    if coupon is None:
        raise CouponError("unknown")
    if customer is not None and customer.pk != coupon.customer_id:
        raise CouponError("other_customer")
    _check_in_time(coupon, at)
    wanted = {"coupon": coupon.pk, "at": at, "via": via, "order_id": order_id[:100]}
    is_new = bool(sql.rows("campaigns/sql/redeem.sql", wanted))
    coupon.refresh_from_db(fields=["redeemed_at", "redeemed_via", "order_id"])
    if not is_new and not (order_id and coupon.order_id == order_id[:100]):
        raise CouponError("used")
    if is_new and by is not None:
        audit.record("coupon.redeem", by=by, on=coupon.customer, coupon=coupon.pk, via=via)
    return Used(coupon, is_new)


def _check_in_time(coupon: Coupon, at: dt.datetime) -> None:
    """Until the end of the offer's last business day; a coupon used in time stays used when it is said again later."""
    last = coupon.offer.expires_on
    if coupon.redeemed_at is None and last and Installation.get().day_of(at) > last:
        raise CouponError("over")


def redeem_presented() -> dict[str, int]:
    """Takes the coupons that orders of changed customers name; how many, by what became of them.

    What became of each stands with its event (`result`): redeemed, or the rule that said no.
    """
    if not Coupon.objects.exists():
        return {}
    marked = Touched.objects.values("customer_id")
    shown = Event.objects.filter(kind=PRESENTED, customer__in=marked).exclude(data__has_key="result")
    counts: dict[str, int] = {}
    for event in shown.select_related("customer").order_by("at", "id"):
        result = _presented(event)
        counts[result] = counts.get(result, 0) + 1
    return counts


@transaction.atomic
def _presented(event: Event) -> str:
    try:
        redeem(
            code=str(event.data.get("code", "")),
            at=event.at,
            via="import",
            customer=event.customer,
            order_id=str(event.data.get("order_id") or event.line_key),
        )
        result = "redeemed"
    except CouponError as error:
        result = error.code
    event.data = event.data | {"result": result, "reason": "" if result == "redeemed" else str(WORDS[result])}
    event.save(update_fields=["data"])
    return result
