"""The facts: who the customers are, what they did, what they agreed to, and how it came in."""

from .consent import Consent, ConsentState, ErasedAddress, Suppression
from .duplicates import Duplicate, Merge, MergeMove, QualityFigure
from .facts import Contract, Event, Interaction, Invoice, Login, Product, Purchase
from .imports import Import, ImportChange, ImportReject, OwnerName, Received, SavedMapping, Touched, UndoKept
from .people import Channel, Contact, Customer, CustomerCode, DimensionChange, Kind

__all__ = [
    "Channel",
    "Consent",
    "ConsentState",
    "Contact",
    "Contract",
    "Customer",
    "CustomerCode",
    "DimensionChange",
    "Duplicate",
    "ErasedAddress",
    "Event",
    "Import",
    "ImportChange",
    "ImportReject",
    "Interaction",
    "Invoice",
    "Kind",
    "Login",
    "Merge",
    "MergeMove",
    "OwnerName",
    "Product",
    "Purchase",
    "QualityFigure",
    "Received",
    "SavedMapping",
    "Suppression",
    "Touched",
    "UndoKept",
]
