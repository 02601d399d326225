"""The list of customers: search, filters, order, and pages by keyset (never OFFSET).

Scores and memberships live in apps above; the list reads them through their relations to Customer.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.contrib.postgres.fields import ArrayField
from django.db.models import Exists, F, FloatField, Func, OuterRef, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast, Coalesce, StrIndex
from django.db.models.lookups import GreaterThan
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User

from .interactions import OPEN_COMPLAINT
from .models import Customer, Interaction
from .searching import search_form

ROWS = 50
COUNT_TO = 10_000
LOWEST = -1e18  # stands for "no figure", after every figure
FILTERS = ("segment", "lifecycle", "owner", "industry", "complaints")
RELATIONS = ("owner", "score", "prediction")


def _figure(path: str, *, of_day: bool = False) -> Coalesce:
    """A figure to order by, largest first; who has none comes last."""
    number = _DayNumber(path) if of_day else Cast(path, FloatField())
    return Coalesce(number, Value(LOWEST), output_field=FloatField())


class _Bigrams(Func):
    """The pairs of letters in a text: what the index `customers_by_bigrams` holds (0003_search_by_bigrams)."""

    function = "customers_bigrams"
    output_field = ArrayField(TextField())


class _DayNumber(Func):
    """A day as a number, so that it can be compared with LOWEST."""

    template = "extract(epoch FROM %(expressions)s)::double precision"
    output_field = FloatField()


ORDERS: dict[str, tuple[str | Promise, object | None]] = {
    "name": (_("Name"), None),
    "last": (_("Last purchase"), _figure("score__last_purchase_on", of_day=True)),
    "orders": (_("Orders"), _figure("score__frequency")),
    "ltv": (_("LTV so far"), _figure("score__ltv_historic")),
    "risk": (pgettext_lazy("column", "Churn risk"), _figure("prediction__churn_risk")),
}


@dataclass(frozen=True)
class Wanted:
    """What a person asked the list for; unknown values fall back to everything."""

    q: str = ""
    scope: str = "all"  # mine, all
    segment: str = ""
    lifecycle: str = ""
    owner: str = ""
    industry: str = ""
    complaints: str = ""  # "open": only those with an open complaint
    sort: str = "name"

    @classmethod
    def read(cls, params: Mapping[str, str], *, user: User, has_own: bool) -> "Wanted":
        """From the address. CS staff begin with their own customers, but a search looks at everybody's."""
        given = {name: params.get(name, "").strip()[:200].replace("\0", "") for name in cls.__dataclass_fields__}
        is_narrowed = any(given[name] for name in ("q", "segment", "owner"))
        default = "mine" if user.role == "cs" and has_own and not is_narrowed else "all"
        given["scope"] = given["scope"] if given["scope"] in {"mine", "all"} else default
        given["complaints"] = "open" if given["complaints"] else ""
        given["sort"] = given["sort"] if given["sort"] in ORDERS else "name"
        given["owner"] = given["owner"] if given["owner"].isascii() and given["owner"].isdigit() else ""
        return cls(**given)

    def address(self, **changes: str | int) -> str:
        """The list's address with something changed."""
        values = {**{name: getattr(self, name) for name in self.__dataclass_fields__}, **changes}
        return "?" + urlencode({name: value for name, value in values.items() if value})

    @property
    def is_filtered(self) -> bool:
        return bool(self.q) or self.filters > 0

    @property
    def filters(self) -> int:
        """How many filters beside the search narrow the list."""
        return sum(bool(getattr(self, name)) for name in FILTERS)


@dataclass
class Page:
    """One page of customers and the ways to those beside it."""

    rows: list[Customer]
    count: int
    is_capped: bool
    prev_url: str = ""
    next_url: str = ""
    sorts: dict[str, str] = field(default_factory=dict)


def matching(wanted: Wanted, *, user: User) -> QuerySet[Customer]:
    """Customers that fit, unordered."""
    found = Customer.objects.current()
    if wanted.scope == "mine":
        found = found.owned_by(user)
    for name, path in (("lifecycle", "score__lifecycle"), ("owner", "owner"), ("industry", "industry")):
        if getattr(wanted, name):
            found = found.filter(**{path: getattr(wanted, name)})
    if wanted.segment:
        stays = Customer._meta.get_field("memberships").related_model._default_manager
        found = found.filter(Exists(stays.filter(customer=OuterRef("pk"), left_on=None, segment__slug=wanted.segment)))
    if wanted.complaints:
        open_ones = Interaction.objects.filter(customer=OuterRef("pk"), **OPEN_COMPLAINT)
        found = found.filter(Exists(open_ones))
    return search(found, wanted.q)


def search(found: QuerySet[Customer], words: str) -> QuerySet[Customer]:
    """Those in whom every word stands: code, name, kana, company, contacts, e-mail, digits of a phone.

    The index knows the pairs of letters; that they stand in this order is seen in the text itself.
    """
    for term in filter(None, map(search_form, words.split())):
        if len(term) > 1:
            found = found.alias(pairs=_Bigrams("search_text")).filter(pairs__contains=_Bigrams(Value(term)))
        found = found.filter(GreaterThan(StrIndex("search_text", Value(term)), 0))
    return found


def page(wanted: Wanted, *, user: User, after: str = "", before: str = "") -> Page:
    """The page after the customer of that id, before it, or the first. A cursor is an id: no name in the address."""
    found = matching(wanted, user=user)
    keyed = found.annotate(key=_key(wanted.sort))
    cursor, is_back = (before, True) if before else (after, False)
    part = _beyond(keyed, cursor, wanted.sort, is_back) if cursor else keyed
    rows = list(_ordered(part, wanted.sort, is_back).select_related(*RELATIONS)[: ROWS + 1])
    if cursor and not rows:
        return page(wanted, user=user)  # nobody stands there any more: begin again
    has_more, rows = len(rows) > ROWS, rows[:ROWS]
    if is_back:
        rows.reverse()
    has_prev, has_next = (has_more, True) if is_back else (bool(cursor), has_more)
    count = found.order_by()[: COUNT_TO + 1].count()
    return Page(
        rows,
        min(count, COUNT_TO),
        count > COUNT_TO,
        prev_url=wanted.address(before=rows[0].pk) if has_prev and rows else "",
        next_url=wanted.address(after=rows[-1].pk) if has_next and rows else "",
        sorts={name: wanted.address(sort=name) for name in ORDERS},
    )


def _key(sort: str):
    return ORDERS[sort][1] or F("sort_key")


def _ordered(found: QuerySet[Customer], sort: str, is_back: bool) -> QuerySet[Customer]:
    """Names upwards, figures downwards, ties by id; turned round where the page before is wanted."""
    order = ["key", "id"] if sort == "name" else ["-key", "id"]
    if is_back:
        order = [name.removeprefix("-") if name.startswith("-") else f"-{name}" for name in order]
    return found.order_by(*order)


def _beyond(keyed: QuerySet[Customer], cursor: str, sort: str, is_back: bool) -> QuerySet[Customer]:
    """Those after (before) the customer with that id in the order; everybody where there is no such customer."""
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
        return keyed
    himself = Customer.objects.filter(pk=int(cursor)).annotate(key=_key(sort))
    last = himself.values_list("key", "pk").first()
    if last is None:
        return keyed
    key_on = "gt" if (sort == "name") is not is_back else "lt"
    id_on = "lt" if is_back else "gt"
    return keyed.filter(Q(**{f"key__{key_on}": last[0]}) | Q(key=last[0], **{f"id__{id_on}": last[1]}))


def industries() -> list[str]:
    """The industries there are, in order."""
    found = Customer.objects.current().exclude(industry="").order_by("industry")
    return list(found.values_list("industry", flat=True).distinct())


def owners() -> QuerySet[User]:
    """Staff who look after someone."""
    return User.objects.filter(Exists(Customer.objects.current().filter(owner=OuterRef("pk"))))


def lifecycle_choices() -> list[tuple[str, str]]:
    """The stages, from the app that knows them."""
    return list(Customer._meta.get_field("score").related_model._meta.get_field("lifecycle").flatchoices)


def segment_choices() -> list[tuple[str, str]]:
    """The segments there are: slug and name."""
    stays = Customer._meta.get_field("memberships").related_model
    return [(segment.slug, str(segment)) for segment in stays._meta.get_field("segment").related_model.objects.all()]
