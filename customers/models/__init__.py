"""The facts: who the customers are, what they did, what they agreed to, and how it came in."""

from .consent import Consent, ConsentState, Suppression
from .facts import Contract, Event, Interaction, Login, Product, Purchase
from .imports import Import, ImportChange, ImportReject, SavedMapping, Touched
from .people import Channel, Contact, Customer, DimensionChange, Kind

__all__ = [
    "Channel",
    "Consent",
    "ConsentState",
    "Contact",
    "Contract",
    "Customer",
    "DimensionChange",
    "Event",
    "Import",
    "ImportChange",
    "ImportReject",
    "Interaction",
    "Kind",
    "Login",
    "Product",
    "Purchase",
    "SavedMapping",
    "Suppression",
    "Touched",
]
