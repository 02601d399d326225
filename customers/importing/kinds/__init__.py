"""The canonical columns of each kind and the words people write above them: a module a kind."""

from . import consents, contacts, contracts, customers, events, interactions, invoices, logins, purchases, usage
from .column import JOINERS, PARTS, Column

KINDS: dict[str, tuple[Column, ...]] = {
    "customers": customers.CUSTOMERS,
    "purchases": purchases.PURCHASES,
    "logins": logins.LOGINS,
    "contracts": contracts.CONTRACTS,
    "contacts": contacts.CONTACTS,
    "consents": consents.CONSENTS,
    "interactions": interactions.INTERACTIONS,
    "invoices": invoices.INVOICES,
    "usage": usage.USAGE,
    "events": events.EVENTS,
}

# Headers that mean one of several things: asked, never guessed.
QUESTIONS: dict[str, dict[str, tuple[str, ...]]] = {
    "customers": customers.QUESTIONS,
    "purchases": purchases.QUESTIONS,
    "contracts": contracts.QUESTIONS,
    "interactions": interactions.QUESTIONS,
}

__all__ = ["JOINERS", "KINDS", "PARTS", "QUESTIONS", "Column"]
