"""Values people may mean: known industries, plans, products …, from the latest rows, so that it never takes long."""

from collections.abc import Callable

from django.db.models import F, Func, QuerySet, TextField

from customers.models import Contract, Customer, Event, Invoice, Login, Product
from scores.models import Score

from .models import Segment

LATEST = 20_000
OFFERED = 20
KNOWN = 100


class _Each(Func):
    """One row per element."""

    function = "unnest"
    output_field = TextField()
    set_returning = True


class _Keys(Func):
    """One row per name in an object."""

    function = "jsonb_object_keys"
    output_field = TextField()
    set_returning = True


def _latest(rows: QuerySet) -> QuerySet:
    return rows.filter(pk__in=rows.order_by("-pk").values("pk")[:LATEST]).order_by()


def _column(model: type, name: str) -> Callable[[str], QuerySet]:
    def find(q: str) -> QuerySet:
        rows = model._default_manager.all()  # type: ignore[attr-defined]
        rows = rows.filter(**{f"{name}__icontains": q}) if q else _latest(rows)
        return rows.exclude(**{name: ""}).order_by(name).values_list(name, flat=True).distinct()

    return find


def _tags(q: str) -> QuerySet:
    each = _latest(Customer.objects.exclude(tags=[])).annotate(tag=_Each(F("tags")))
    return each.order_by("tag").values_list("tag", flat=True).distinct()


_OF: dict[str, Callable[[str], QuerySet]] = {
    "industry": _column(Customer, "industry"),
    "region": _column(Customer, "region"),
    "acquired_via": _column(Customer, "acquired_via"),
    "tags": _tags,
    "score.plan": _column(Score, "plan"),
    "product": _column(Product, "name"),
    "feature": _column(Login, "feature"),
    "event": _column(Event, "kind"),
    "plan": _column(Contract, "plan"),
    "method": _column(Invoice, "method"),
}


def suggest(of: str, q: str = "", limit: int = OFFERED) -> list[tuple[str, str]]:
    """Values and their words that contain `q`, in order; nothing for what is not known."""
    if of == "segment":
        found = [(one.slug, str(one)) for one in Segment.objects.all()]
        return [pair for pair in found if q.lower() in pair[1].lower()]
    if of not in _OF:
        return []
    texts = [text for text in _OF[of](q)[:KNOWN] if q.lower() in text.lower()]
    return [(text, text) for text in texts[:limit]]


def attributes() -> list[str]:
    """The names of further attributes in use."""
    each = _latest(Customer.objects.exclude(attributes={})).annotate(key=_Keys(F("attributes")))
    return list(each.order_by("key").values_list("key", flat=True).distinct()[:KNOWN])
