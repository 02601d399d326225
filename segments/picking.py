"""What the page of the builder shows of a draft: the inputs of each condition, what they offer, what stands in them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from . import drafting, fields, rules, suggesting
from .comparing import NUMBER
from .drafting import EVENT, FIELD
from .drafts import ROOT, Draft, Node
from .occurrences import OCCURRENCES, Narrowing, Occurrence

Choice = tuple[str, str, bool]  # value, words, whether it is chosen
DEEPEST = 4  # groups within groups a page still shows well
FEW = 12
JOINS: dict[str, str | Promise] = {
    "all": gettext_lazy("all of these hold"),
    "any": gettext_lazy("at least one of these holds"),
    "none": gettext_lazy("none of these holds"),
    "not_all": gettext_lazy("not all of these hold"),
}
PERIODS: dict[str, str | Promise] = {
    "": gettext_lazy("at any time"),
    "last": gettext_lazy("within the last … days"),
    "between": gettext_lazy("from one day to another"),
}
UNITS: dict[str, str | Promise] = {
    "money": "¥",
    "share": "%",
    "times": pgettext_lazy("unit", "times"),
    "days": pgettext_lazy("unit", "days"),
    "people": pgettext_lazy("unit", "people"),
}


@dataclass(frozen=True)
class Picks:
    """All fields and events, in groups; made once a page."""

    groups: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]

    @classmethod
    def make(cls, draft: Draft) -> "Picks":
        """With the further attributes in use, and those the draft names."""
        named = {node.one("what").removeprefix(FIELD) for node in draft.nodes.values()}
        names = {one.removeprefix(fields.ATTRIBUTE) for one in named if one.startswith(fields.ATTRIBUTE)}
        events = tuple((EVENT + key, str(one.label)) for key, one in OCCURRENCES.items())
        every = [*fields.FIELDS.values(), rules.SEGMENT]
        every += [found for name in sorted(names | set(suggesting.attributes())) if (found := _attribute(name))]
        groups = [(_("What they did, and how often"), events)]
        for key, words in fields.GROUPS.items():
            inside = tuple((FIELD + one.key, str(one.label)) for one in every if one.group == key)
            groups += [(str(words), inside)] if inside else []
        return cls(tuple(groups))


def _attribute(name: str) -> fields.Field | None:
    return fields.find(fields.ATTRIBUTE + name)


@dataclass(frozen=True)
class Entry:
    """The inputs of one value: how it is typed (`takes`), what is offered, what stands there."""

    name: str
    label: str
    takes: str
    text: str = ""
    second: str = ""
    unit: str = ""
    choices: tuple[Choice, ...] = ()
    suggests: str = ""


@dataclass(frozen=True)
class Shown:
    """A node as the templates write it."""

    draft: Draft
    node: Node
    picks: Picks

    @property
    def id(self) -> str:
        return self.node.id

    @property
    def is_root(self) -> bool:
        return self.id == ROOT

    @property
    def may_nest(self) -> bool:
        return self.draft.depth(self.id) < DEEPEST

    @property
    def parts(self) -> list["Shown"]:
        return [Shown(self.draft, child, self.picks) for child in self.draft.children(self.id)]

    @property
    def joins(self) -> list[Choice]:
        return [(key, str(words), key == self.node.join) for key, words in JOINS.items()]

    # --- a condition ---------------------------------------------------------------------------

    @property
    def what(self) -> str:
        return self.node.one("what")

    @property
    def is_chosen(self) -> bool:
        return self.field is not None or self.occurrence is not None

    @property
    def field(self) -> fields.Field | None:
        return rules.find(self.what.removeprefix(FIELD)) if self.what.startswith(FIELD) else None

    @property
    def occurrence(self) -> Occurrence | None:
        return OCCURRENCES.get(self.what.removeprefix(EVENT)) if self.what.startswith(EVENT) else None

    @property
    def is_not(self) -> bool:
        return bool(self.node.one("not"))

    @property
    def operators(self) -> list[Choice]:
        chosen = drafting.operator_of(self.node)[0]
        offered = NUMBER if self.occurrence else self.field.operators if self.field else {}
        return [(key, str(one.label), key == chosen) for key, one in offered.items()]

    @property
    def measures(self) -> list[Choice]:
        if self.occurrence is None:
            return []
        chosen = drafting.measure_of(self.node, self.occurrence)
        return [(key, str(one.label), key == chosen) for key, one in self.occurrence.measures.items()]

    @property
    def periods(self) -> list[Choice]:
        return [(key, str(words), key == self.node.one("period")) for key, words in PERIODS.items()]

    @property
    def period(self) -> dict[str, str]:
        return {name: self.node.one(name) for name in ("period", "days", "from", "to")}

    @property
    def value(self) -> Entry:
        """The inputs of its value."""
        _op, operator = drafting.operator_of(self.node)
        takes = operator.takes if operator else "nothing"
        field = self.field
        offered = _offered(self.node, "value", takes, field.offered() if field else {}, field.suggests if field else "")
        if self.occurrence:
            unit = self.occurrence.measures[drafting.measure_of(self.node, self.occurrence)].unit
        else:
            unit = "days" if takes == "days" else field.kind if field else ""
        one, two = self.node.one("value"), self.node.one("value2")
        suggests = "segment" if self.what == FIELD + "segment" else field.suggests if field else ""
        return Entry("value", _("Value"), takes, one, two, str(UNITS.get(unit, "")), offered, suggests)

    @property
    def narrowings(self) -> list[Entry]:
        """The inputs that say which of the events."""
        if self.occurrence is None:
            return []
        return [self._narrowing(key, one) for key, one in self.occurrence.narrowings.items()]

    def _narrowing(self, key: str, one: Narrowing) -> Entry:
        name = f"where-{key}"
        offered = _offered(self.node, name, one.takes, one.choices or {}, one.suggests)
        return Entry(name, str(one.label), one.takes, self.node.one(name), choices=offered, suggests=one.suggests)

    @property
    def has_narrowed(self) -> bool:
        return any(self.node.many(entry.name) for entry in self.narrowings)


def _offered(node: Node, name: str, takes: str, choices: dict[Any, Any], suggests: str) -> tuple[Choice, ...]:
    """Boxes to tick: everything that can be chosen, or what is typed already and a few values that are known."""
    typed = list(dict.fromkeys(text.strip() for text in node.many(name)))
    if takes == "choices":
        known = [(str(value), str(words), str(value) in typed) for value, words in choices.items()]
        return (*known, *_rest(typed, known))
    if takes != "texts":
        return ()
    few = suggesting.suggest(suggests, limit=FEW)
    words = dict(suggesting.suggest(suggests)) if suggests == "segment" else {}
    chosen = [(text, words.get(text, text), True) for text in typed]
    return (*chosen, *((value, label, False) for value, label in few if value not in typed))


def _rest(typed: list[str], known: Iterable[Choice]) -> list[Choice]:
    """What was chosen and is gone, so that it can be seen and taken out."""
    there = {value for value, _words, _is_chosen in known}
    return [(text, _("“%(value)s” (gone)") % {"value": text}, True) for text in typed if text not in there]
