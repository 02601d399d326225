"""How a file is read: the mapping JSON of a person or a program, and our guesses, as one value."""

from dataclasses import dataclass, field

from .kinds import PARTS

_OWN_ID = {"contracts": "contract_id", "interactions": "interaction_id", "events": "event_id"}
_OWN_ID |= {"invoices": "invoice_id", "usage": "usage_id"}


@dataclass(frozen=True)
class Question:
    """What only a person can say of a column: its place, and the fields it may be."""

    index: int
    header: str
    choices: tuple[str, ...]


@dataclass(frozen=True)
class Ask:
    """What only a person can say of the file: the key of the answer in the mapping JSON and what it may be.

    `about` is date_order (needed) or tax_included (else the company's setting counts); `header` the column meant.
    """

    about: str
    header: str
    choices: tuple[str, ...]
    is_needed: bool
    example: str = ""


@dataclass(frozen=True)
class Mapping:
    """How a file is read: place of a column (from 0) → field, and what goes with it.

    `consents` holds, for each consent column, which way its 1 and 0 point: positive, negative, unclear.
    `names_people`: the header speaks of people's names (氏名, 姓 + 名), not of companies'.
    `scales`: what amounts of a column count in (千円: 1000). `products`, `less`: a field that is the product of
    columns, less others. `skip`: a row with one of these texts there is none of this kind (postage). `values`: texts
    of a column → what they stand for ("*": any other). `once_per_order`: fields said on an order's first line only.
    `spreads`: what is below 0 in an order is a discount on its other lines.
    `totals_once`: an amount that is the order's total, repeated on each line, counts once. `utc`: moments in UTC.
    `lowered`: e-mail addresses that serve as codes.
    """

    kind: str
    fields: dict[int, str]
    attributes: dict[int, str] = field(default_factory=dict)
    consents: dict[int, str] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    names_people: bool = False
    key: tuple[int, ...] = ()
    date_order: str = ""
    questions: tuple[Question, ...] = ()
    asks: tuple[Ask, ...] = ()
    notices: tuple[str, ...] = ()
    scales: dict[int, int] = field(default_factory=dict)
    products: dict[str, tuple[int, ...]] = field(default_factory=dict)
    less: dict[str, tuple[int, ...]] = field(default_factory=dict)
    skip: dict[int, frozenset[str]] = field(default_factory=dict)
    values: dict[int, dict[str, str]] = field(default_factory=dict)
    once_per_order: frozenset[str] = frozenset()
    spreads: bool = False
    totals_once: bool = False
    utc: frozenset[int] = frozenset()
    lowered: frozenset[int] = frozenset()
    recognised_as: str = ""

    @property
    def filled(self) -> set[str]:
        """The fields this file gives a value to, after parts are joined."""
        given = {PARTS.get(name, name) for name in self.fields.values()} | set(self.constants) | set(self.products)
        return given | ({id_field(self.kind)} if self.key else set())


def id_field(kind: str) -> str:
    """The field that `key` columns stand in for where a file has no codes."""
    return _OWN_ID.get(kind, "customer_id")
