"""What a table of kept figures has to say about itself, so that it can be kept up."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from metrics.periods import Period


def _forget_nothing(_periods: list[Period]) -> None:
    """For tables whose rows stay right when a period is no more."""


@dataclass(frozen=True)
class Rollup:
    """One table of figures by period.

    name      stands in Fill.metric
    kinds     of Stale (models.Stale.kind) after which a period is redone
    periods   (as_of, today) → every period it has, the current one included
    write     (periods, as_of, now): replaces the rows of these periods; runs in one transaction with their Fill rows
    forget    (periods): removes what is kept of others than these, which there are no more
    reach     how many months after a marked one are redone with it
    together  whether all periods that are due are written at once (what they are made from is built once)
    """

    name: str
    kinds: frozenset[str]
    periods: Callable[[dt.date, dt.date], list[Period]]
    write: Callable[[list[Period], dt.date, dt.datetime], None]
    forget: Callable[[list[Period]], None] = _forget_nothing
    reach: int = 0
    together: bool = False
