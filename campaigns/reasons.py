"""Why someone did not get a message: the codes the ledger keeps, and their words."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from . import journeys

MATCHED = "matched"
HELD_OUT = "held_out"
WILL_RECEIVE = "will_receive"

# In the order in which a customer is asked; every customer has one.
PLANNED = {
    "no_address": _("No address"),
    "no_consent": _("No consent"),
    "refused": _("Refused mail"),
    "bounced": _("Address does not exist"),
    "complained": _("Complained about a mail"),
    "excluded": _("Excluded"),
    "too_often": _("Contacted too often"),
    "duplicate_address": _("Same address as another customer"),
}
# Found only at the moment of sending.
LATER = {
    "archived": _("Archived meanwhile"),
    "missing_field": _("A merge field was empty"),
    "bad_address": _("The address can't be written to"),
    "unsafe_header": _("The subject held a line break"),
    "too_long": _("The text was longer than this channel takes"),
    "condition": _("Did not meet the step's condition"),
    "cancelled": _("The campaign was stopped"),
}
# Why a row waits, or how it ended.
SENDING = {
    "later": _("The server asked to try again later"),
    "connection": _("The connection was lost before the mail was handed over"),
    "policy": _("The server refuses our mail by policy"),
    "rejected": _("The server refused this address"),
    "absent": _("Nobody answered the call"),
    "not_needed": _("The call was not needed"),
    "quiet": _("Waits for an hour or a day on which promotions may reach this person"),
    "complaint": _("Waits until the customer's complaint is closed"),
    "error": _("A fault of this system: see its log"),
    "not_arrived": _("Said by a person: it did not arrive"),
    "no_answer": _("No answer after the mail was handed over"),
    "reported": _("Known from a report of the other side"),
}
LABELS = {
    MATCHED: pgettext_lazy("audience", "Matched"),
    **PLANNED,
    **LATER,
    **SENDING,
    **{str(event): words for event, words in journeys.REASONS.items() if event != journeys.Event.CANCELLED},
    HELD_OUT: _("Held out for comparison"),
    WILL_RECEIVE: _("Will receive it"),
}


def label(code: str) -> str:
    """The words of a code; an unknown one speaks for itself."""
    return str(LABELS.get(code, code))
