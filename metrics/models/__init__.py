"""Figures computed once, what people set beside them, and what is mailed of them."""

from .losses import LossRollup
from .mailing import ReportMail, Schedule
from .planning import AcquisitionCost, Annotation, Closing, Goal
from .rollups import (
    ChurnRollup,
    CohortRollup,
    Filed,
    Fill,
    FirstDay,
    KeptReport,
    MovementRollup,
    RevenueSpell,
    RfmFlow,
    Spell,
    Stale,
    Worth,
)

__all__ = [
    "AcquisitionCost",
    "Annotation",
    "ChurnRollup",
    "Closing",
    "CohortRollup",
    "Filed",
    "Fill",
    "FirstDay",
    "Goal",
    "KeptReport",
    "LossRollup",
    "MovementRollup",
    "ReportMail",
    "RevenueSpell",
    "RfmFlow",
    "Schedule",
    "Spell",
    "Stale",
    "Worth",
]
