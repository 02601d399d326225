"""How a message looks to someone, before anybody gets it: on the page, and as a test mail to oneself."""

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from liquid.exceptions import LiquidError

from accounts import audit
from accounts.models import Installation, User
from customers.models import Customer, Purchase
from scores.models import Score

from . import letter, reasons
from .channels import Channel, ChannelError, registry
from .models import Step, Way
from .rendering import UnsendableError
from .states import CampaignError

SAMPLE_TOKEN = "preview"  # noqa: S105  of a link that does nothing: the page behind it looks the same

# Recipients who show what goes wrong first.
PERSONAS = {
    "no_name": gettext_lazy("Without a name"),
    "long_company": gettext_lazy("With a very long company name"),
    "no_company": gettext_lazy("A person without a company"),
    "nothing": gettext_lazy("Every field empty"),
}
_LONG = "独立行政法人国際情報通信技術普及促進支援総合研究開発機構東日本統括本部地域連携推進センター株式会社"
_USUAL = {
    "owner_name": "佐藤 花子",
    "last_product": "ティーカップ",
    "last_purchased_on": dt.date(2026, 6, 1),
    "plan": "スタンダード",
    "renews_on": dt.date(2026, 12, 31),
    "notice_due_on": dt.date(2026, 11, 30),
}


@dataclass(frozen=True)
class Preview:
    """What the person would get, or in `problem` why he would get nothing."""

    to: str
    subject: str = ""
    text: str = ""
    html: str = ""
    problem: str = ""


def preview(
    step: Step, *, now: dt.datetime, customer: Customer | None = None, persona: str = "", variant: str = ""
) -> Preview:
    """The step, or a variant of it, as this customer, or as one of PERSONAS, would get it."""
    row = _row(step, customer, persona)
    try:
        written = letter.Letter(step, Installation.get(), variant, is_counted=False)
        words = written.words(written.values(row), letter.unsubscribe_url(SAMPLE_TOKEN))
    except LiquidError:
        return Preview(row["address"], problem=_("The merge fields in the text can't be read yet."))
    except UnsendableError as error:
        return Preview(row["address"], problem=_problem(error))
    return Preview(row["address"], words.subject, words.text, words.html)


def send_test(
    *,
    step: Step,
    by: User,
    now: dt.datetime,
    customer: Customer | None = None,
    persona: str = "",
    variant: str = "",
) -> None:
    """Mails the step or a variant, as this customer would get it, to the one who asks. Raises CampaignError."""
    installation = Installation.get()
    if not by.email:
        raise CampaignError(_("You have no e-mail address to send a test to."))
    if not (installation.sender_name and installation.sender_email):
        raise CampaignError(_("Enter the sender's name and e-mail in the settings first."))
    if installation.sending_stopped:
        raise CampaignError(_("Sending is stopped: %(why)s") % {"why": installation.sending_stopped})
    row = _row(step, customer, persona) | {"address": by.email, "token": SAMPLE_TOKEN}
    try:
        message = letter.Letter(step, installation, variant, is_counted=False).write(row, now=now)
        _send(registry.route(Way.MAIL, installation).make(), message)
    except UnsendableError as error:
        raise CampaignError(_problem(error)) from None
    except ChannelError as error:
        raise CampaignError(_("The mail server did not take it: %(why)s") % {"why": error.words}) from None
    audit.record("campaign.test", by=by, on=step.campaign, step=step.position, version=step.campaign.version)


def _send(channel: Channel, message) -> None:
    try:
        channel.offer(message)
        channel.deliver(message)
    finally:
        channel.close()


def _problem(error: UnsendableError) -> str:
    if error.reason == "missing_field":
        words = {"field": error.detail}
        return _('“%(field)s” is empty for this customer, and has no | default: "…" beside it.') % words
    return reasons.label(error.reason)


def _row(step: Step, customer: Customer | None, persona: str) -> dict[str, Any]:
    """What recipients.sql would give for this customer."""
    row = _nobody() | (_of(customer) if customer else _as(persona))
    offer = getattr(step.campaign, "offer", None)
    if offer:
        row |= {
            "offer": offer.text,
            "expires_on": offer.expires_on,
            "coupon": f"{offer.code_prefix}{'-'.join(['0000'] * 4)}",
        }
    return row


def _nobody() -> dict[str, Any]:
    texts = "customer_name employer contact_name department title owner_name owner_email offer coupon last_product"
    empty: dict[str, Any] = dict.fromkeys(texts.split(), "")
    return empty | {
        "kind": "company",
        "address": "",
        "token": SAMPLE_TOKEN,
        "message_key": uuid.uuid4(),
        "expires_on": None,
        "last_purchased_on": None,
        "plan": "",
        "renews_on": None,
        "notice_due_on": None,
    }


def _of(customer: Customer) -> dict[str, Any]:
    contact = customer.contacts.filter(left_on=None).order_by("-is_primary", "id").first()
    last = _last_purchase(customer)
    row: dict[str, Any] = {"kind": customer.kind, "customer_name": customer.name, "employer": customer.company}
    if contact:
        row |= {"contact_name": contact.name, "department": contact.department, "title": contact.title}
        row["address"] = contact.email
    if customer.owner:
        row |= {"owner_name": customer.owner.name, "owner_email": customer.owner.email or ""}
    if score := Score.objects.filter(customer=customer).first():
        row |= {"plan": score.plan, "renews_on": score.renews_on, "notice_due_on": score.notice_due_on}
    if last:
        row |= {"last_purchased_on": last.purchased_on, "last_product": last.product.name if last.product else ""}
    return row


def _last_purchase(customer: Customer) -> Purchase | None:
    lines = customer.purchases.filter(amount__gte=0).select_related("product")
    return lines.order_by("-purchased_on", "-purchased_at", "-id").first()


def _as(persona: str) -> dict[str, Any]:
    if persona == "long_company":
        return {
            "customer_name": _LONG,
            "department": "第二営業本部",
            "title": "本部長",
            "contact_name": "長谷川 悠之介",
            **_USUAL,
        }
    if persona == "no_company":
        return {"kind": "person", "customer_name": "山田 太郎", **_USUAL}
    return {"customer_name": "株式会社サンプル"} if persona == "no_name" else {"kind": "person"}
