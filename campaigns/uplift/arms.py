"""What is known of an arm: its customers and those who reached the goal. An estimate with its limits."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Interval:
    """An estimate with its 95 % limits."""

    value: float
    low: float
    high: float

    def times(self, factor: float) -> Interval:
        return Interval(self.value * factor, self.low * factor, self.high * factor)


@dataclass(frozen=True)
class Arm:
    """Customers randomised into an arm, and those of them with a goal event in their window."""

    customers: int
    reached: int

    def __post_init__(self) -> None:
        if not 0 <= self.reached <= self.customers:
            raise ValueError(f"{self.reached} of {self.customers} customers cannot have reached the goal")

    @property
    def rate(self) -> float:
        """Share that reached the goal; an empty arm raises ZeroDivisionError."""
        return self.reached / self.customers
