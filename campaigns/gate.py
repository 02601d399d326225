"""May this message go to this address? The whole answer as one table, with the rule that says no. Pure.

The same is asked of many at once by sql/audience.sql (planning) and sql/mark.sql (in the commit before a message is
handed over); tests hold them against this table. The company's side (`of_campaign`) stops everybody, the person's
side (`of_person`) one. Whatever the ground for writing is, a refusal weighs more (特定電子メール法 3条3項). What that
law asks of mail, it asks of SMS too; for LINE and post, where it does not reach, we keep the same promise.
"""

from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .models import Way

ITEMS = ("sender_name", "sender_email", "sender_address", "complaint_contact", "refusal_notice")
OF_NOTICES = ("sender_name", "sender_email")  # a business notice says who writes
RULES: dict[str, str | Promise] = {
    "stopped": _("Sending is stopped for the whole company."),
    "display_items": _("The sender's details are incomplete; the law asks for them in every promotion (Art. 4)."),
    "offer_in_notice": _("A business notice may not carry an offer: with one it is a promotion."),
    "no_address": _("No address is known."),
    "bad_address": _("The address can't be written to."),
    "complained": _("The person reported a mail as spam: never again."),
    "refused": _(
        "The person refused; after that nothing may be sent, on whatever ground (e-mail and SMS by law: Art. 3 (3))."
    ),
    "bounced": _("Mail to this address comes back."),
    "no_consent": _(
        "Neither consent nor another ground for promotions is recorded (for e-mail and SMS by law: Art. 3 (1))."
    ),
    "excluded": _("The customer is excluded from campaigns."),
    "archived": _("The customer is archived."),
}
STRICTEST_FIRST = ("complained", "refused", "bounced")


@dataclass(frozen=True)
class Verdict:
    """`code` is empty where the message may go; else the rule that forbids it."""

    code: str = ""

    @property
    def may_go(self) -> bool:
        return not self.code

    @property
    def sentence(self) -> str:
        return str(RULES[self.code]) if self.code else ""


@dataclass(frozen=True)
class Person:
    """How one person stands on one channel."""

    address: str = "ok"  # none, bad
    entry: str = ""  # the ledger's last: granted, withdrawn; empty: none
    basis: str = ""  # of a granted one
    stops: frozenset[str] = field(default_factory=frozenset)  # open suppressions
    is_excluded: bool = False
    is_archived: bool = False


def of_campaign(
    *, is_promotion: bool, missing: frozenset[str] = frozenset(), has_offer: bool = False, is_stopped: bool = False
) -> Verdict:
    """What forbids it to everybody. `missing`: display items of the sender that are empty."""
    if is_stopped:
        return Verdict("stopped")
    if missing & set(ITEMS if is_promotion else OF_NOTICES):
        return Verdict("display_items")
    if has_offer and not is_promotion:
        return Verdict("offer_in_notice")
    return Verdict()


def of_person(person: Person, *, channel: str, is_promotion: bool) -> Verdict:
    """What forbids it to this person; the first rule that applies, strictest first."""
    if person.address != "ok":
        return Verdict("no_address" if person.address == "none" else "bad_address")
    for reason in STRICTEST_FIRST:
        if reason in person.stops:
            return Verdict(reason)
    if person.entry == "withdrawn":
        return Verdict("refused")
    if is_promotion and not person.entry and needs_ground(channel):
        return Verdict("no_consent")
    if person.is_excluded:
        return Verdict("excluded")
    return Verdict("archived" if person.is_archived else "")


def needs_ground(channel: str) -> bool:
    """A call on a colleague's list and a webhook reach no customer by themselves."""
    return channel not in (Way.TASK, Way.WEBHOOK)
