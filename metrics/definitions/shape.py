"""What an entry of the registry says of a figure, and of the report that holds it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from accounts.models import ChurnPolicy

Words = str | Promise
Kind = Literal["count", "money", "rate", "day", "code", "flag", "number"]

TOPICS: dict[str, Words] = {
    "staying": _("Staying and leaving"),
    "worth": _("What customers are worth"),
    "returning": _("Coming back"),
    "revenue": _("Monthly revenue"),
    "rfm": _("Recency and frequency"),
    "model": _("Predictions"),
}


@dataclass(frozen=True)
class Column:
    """A column of a report: its name in files and answers, and what kind of value stands in it.

    money is a Decimal, rate a percentage, count an int, day a date, code a text, flag yes or no, number a float.
    """

    name: str
    kind: Kind


@dataclass(frozen=True)
class Report:
    """A table for programs: `/api/v1/reports/NAME/`, `manage.py report NAME`, and the files of pages.

    `compute` and `read` are dotted names of functions (whose modules may use the registry themselves). Both take by
    keyword what the report can be asked (`asks`), and give rows as dictionaries (`is_one`: one dictionary).
    `compute` takes also `as_of` and `now`, and counts from the raw rows; `read` takes `today`, gives the same from
    what pages show, or None where that does not hold it. Without `read` it is always computed.
    """

    name: str
    columns: tuple[Column, ...]
    compute: str
    read: str = ""
    cuts: tuple[str, ...] = ()
    second_cuts: tuple[str, ...] = ()  # what can be the other one of two cuts
    periods: tuple[str, ...] = ()
    is_ranged: bool = False  # from one day to another
    is_one: bool = False
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # further words to ask with; the usual first

    def asks(self) -> list[str]:
        """The keywords of its functions, without as_of, now and today."""
        named = [("by", self.cuts), ("second", self.second_cuts), ("period", self.periods)]
        return [*(["start", "end"] if self.is_ranged else []), *(name for name, has in named if has), *self.options]

    def column_names(self, *, second: str = "") -> list[str]:
        """As files have them; by two cuts the other group stands behind the first."""
        names = [column.name for column in self.columns]
        if second:
            names.insert(names.index("group") + 1, "second_group")
        return names

    def computed(self, **asked: Any) -> Any:
        return import_string(self.compute)(**asked)

    def kept(self, **asked: Any) -> Any:
        return import_string(self.read)(**asked) if self.read else None


@dataclass(frozen=True)
class Metric:
    """A figure: what it is called, what it means and how it is computed; everything that shows it asks here.

    `under_contract`: name and text where contracts decide who is active. `good`: the direction that is good.
    `sql`: the files that count it. `page`: name of the page that shows it. `current`: dotted name of a function of
    metrics.current.Latest that gives its present value in words.
    """

    name: Words
    unit: Words
    text: Words
    formula: Words
    under_contract: tuple[Words, Words] | None = None
    topic: str = "staying"
    good: Literal["up", "down", ""] = ""
    sql: tuple[str, ...] = ()
    report: Report | None = None
    page: str = ""
    page_query: str = ""
    current: str = ""
    formula_under: Callable[[Any], str] | None = None  # the formula by the settings, where they decide

    def name_under(self, policy: str) -> Words:
        return self.under_contract[0] if self.under_contract and policy == ChurnPolicy.CONTRACT else self.name

    def text_under(self, policy: str) -> Words:
        return self.under_contract[1] if self.under_contract and policy == ChurnPolicy.CONTRACT else self.text

    @property
    def page_url(self) -> str:
        return reverse(self.page) + (f"?{self.page_query}" if self.page_query else "")


def columns(**kinds: Kind) -> tuple[Column, ...]:
    """`columns(period="code", lost="count")`."""
    return tuple(Column(name, kind) for name, kind in kinds.items())
