"""Who was lost, joined, came back or was there: the customers behind a figure, their file, and a list made of them."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_POST, require_safe

from accounts import audit
from accounts.models import Installation, User
from accounts.roles import allows, may
from campaigns.models import Delivery
from common import downloads
from customers import listing
from customers.models import Customer, Interaction
from customers.searching import search_form
from metrics import churn_people, computing, rollups
from metrics.churn_people import PER_PAGE, SORTS, WHO, Behind, Cursor
from metrics.definitions import METRICS, money_basis
from metrics.periods import MONTHS, named
from metrics.wording import CUTS, group_words, period_words
from segments import frozen

from .asked import EVERYBODY, LONGEST

Row = dict[str, Any]

HEADER = ["customer_id", "name", "owner", "since", "reason", "competitor", "topic", "last_activity_on", "ltv_historic"]
NARROWING = ("owner", "words", "reason", "competitor", "topic", "back")
MOST = Decimal(10) ** 18  # an LTV has 18 digits before the point
_WIDE: Row = {"owner": None, "words": "", "reason": None, "competitor": None, "topic": None, "back": None}
_FREE = ("owner", "words", "back")  # empty is any; an empty reason is "not said"


@dataclass(frozen=True)
class Asked:
    """A figure's people as the address names them, and the address again."""

    behind: Behind
    as_of: dt.date | None  # None: nothing was counted yet, so nobody is shown
    after: Cursor | None = None

    def address(self, name: str = "metrics:people", **changes: Any) -> str:
        """This list, with these values instead; from its first page on unless `after` is among them."""
        after = changes.pop("after", "")
        one = replace(self.behind, **changes)
        cut_names = (("by", "group"), ("and", "group2"))
        values = {
            key: value
            for names, pair in zip(cut_names, one.pairs, strict=False)
            for key, value in zip(names, pair, strict=True)
        }
        narrowing = {name: getattr(one, name) for name in NARROWING}
        values |= {key: value for key, value in narrowing.items() if value is not None and (value or key not in _FREE)}
        values |= {"sort": one.sort} if one.sort != SORTS[0] else {}
        values |= {"after": after} if after else {}
        where = reverse(name, args=[one.who, one.period.code])
        return f"{where}?{urlencode(values)}" if values else where


def _asked(request: HttpRequest, who: str, code: str, settings: Installation) -> Asked:
    """What the address asks for. Raises Http404 for what there is not, PermissionDenied for other owners' parts."""
    values, period, as_of = request.GET, named(code), rollups.filled_to()
    if period is None or who not in WHO:
        raise Http404
    behind = Behind(
        who=who,
        period=period,
        as_of=as_of or period.last,
        settings=settings,
        pairs=_pairs(request),
        owner=_number(values.get("owner", "")),
        words=search_form(values.get("words", "")[:LONGEST].replace("\0", "")),
        back=_number(values.get("back", "")) if who == "lost" else None,
        sort=values.get("sort", "") if values.get("sort") in SORTS else SORTS[0],
        **{name: _text(values.get(name)) for name in ("reason", "competitor", "topic")},
    )
    return Asked(behind, as_of, _cursor(values.get("after", ""), by_day=behind.sort == SORTS[0]))


def _pairs(request: HttpRequest) -> tuple[tuple[str, str], ...]:
    values, found = request.GET, []
    for cut, group in (("by", "group"), ("and", "group2")):
        name = values.get(cut, "")
        if name and (name not in computing.CHURN_BY or name in dict(found)):
            raise Http404
        if name:
            found.append((name, _text(values.get(group, "")) or ""))
    own = str(request.user.pk)
    others = any(cut == "owner" and group != own for cut, group in found)
    if others and not allows(request.user, "metrics.all_owners"):  # type: ignore[arg-type]  # signed in
        raise PermissionDenied
    return tuple(found)


def _text(value: str | None) -> str | None:
    return None if value is None else value[:LONGEST].replace("\0", "")


def _number(value: str) -> int | None:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else None


def _cursor(value: str, *, by_day: bool) -> Cursor | None:
    """The day or, in a list by LTV, the LTV that a page ended with, and the customer."""
    place, _comma, customer = value.partition(",")
    number = _number(customer)
    found = _day(place) or (None if by_day else _amount(place))
    return None if number is None or found is None else (found, number)


def _day(value: str) -> dt.date | None:
    try:
        return dt.datetime.strptime(value, "%Y-%m-%d").date()  # noqa: DTZ007  # a day of the business, not a moment
    except ValueError:
        return None


def _amount(value: str) -> Decimal | None:
    try:
        found = Decimal(value)
    except ArithmeticError:
        return None
    return found if found.is_finite() and abs(found) < MOST else None


@may("metrics.view")
@require_safe
def behind(request: HttpRequest, code: str, who: str = "lost") -> HttpResponse:
    """A page of them, the latest first."""
    settings = request.installation = Installation.get()  # type: ignore[attr-defined]  # read once a page
    asked = _asked(request, who, code, settings)
    count = churn_people.count(asked.behind) if asked.as_of else 0
    found = churn_people.page(asked.behind, after=asked.after) if count else []
    rows, has_more = found[:PER_PAGE], len(found) > PER_PAGE
    last = rows[-1] if rows else None
    context = _words(asked.behind, settings) | {
        "asked": asked,
        "who": who,
        "period": asked.behind.period,
        "as_of": asked.as_of,
        "basis": money_basis(settings),
        "rows": _shown(rows, asked.behind),
        "count": count,
        "next_url": asked.address(after="{},{}".format(*last["cursor"])) if last and has_more else "",
        "prev_url": asked.address() if asked.after else "",
        "sorts": {sort: {"url": asked.address(sort=sort), "is_here": sort == asked.behind.sort} for sort in SORTS},
        "owners": listing.owners().order_by("name") if allows(request.user, "metrics.all_owners") else [],  # type: ignore[arg-type]  # signed in
        "may_export": allows(request.user, "customers.export"),  # type: ignore[arg-type]  # signed in
        "may_freeze": allows(request.user, "segments.edit"),  # type: ignore[arg-type]  # signed in
        "back": _back(asked.behind),
        "export_url": asked.address("metrics:people-export"),
        "freeze_url": asked.address("metrics:people-freeze"),
        "here_url": reverse("metrics:people", args=[who, code]),
        "all_url": asked.address(**_WIDE),
        "hidden": _hidden(asked),
        "since_words": _("Not active since") if who == "lost" else _("Active since"),
        "ltv_words": _("Historic LTV"),
        "others": [(_who_words(one), asked.address(who=one), one == who) for one in WHO],
    }
    return render(request, "metrics/people.html", context)


def _words(behind: Behind, settings: Installation) -> Row:
    """The heading, the sentence below it, and the groups the list is of."""
    names = [computing.group_names(cut, {group}).get(group) for cut, group in behind.pairs]
    return {
        "heading": _("%(who)s: %(period)s")
        % {"who": _who_words(behind.who), "period": period_words(behind.period, settings)},
        "name": METRICS["churn"].name_under(settings.churn_policy),
        "words": period_words(behind.period, settings),
        "cuts": [(CUTS[cut], group_words(cut, name)) for (cut, _group), name in zip(behind.pairs, names, strict=True)],
        "narrowed": [one for one in (behind.reason, behind.competitor, _topic(behind.topic)) if one],
        "unsaid": "" in (behind.reason, behind.competitor, behind.topic),
    }


def _who_words(who: str) -> str:
    return {
        "lost": pgettext("customers", "Lost"),
        "won-back": pgettext("customers", "Won back"),
        "joined": pgettext("customers", "Joined"),
        "at-start": _("At the start"),
        "at-end": _("At the end"),
    }[who]


def _topic(code: str | None) -> str:
    return str(Interaction.Category(code).label) if code in Interaction.Category.values else ""


def _hidden(asked: Asked) -> list[tuple[str, str]]:
    """What stays in the address while words and owner are chosen anew."""
    query = asked.address(owner=None, words="").partition("?")[2]
    return parse_qsl(query, keep_blank_values=True)


def _back(behind: Behind) -> str:
    """The churn page this list was opened from."""
    kind = next(name for name, months in MONTHS.items() if months == behind.period.months)
    cuts = dict(zip(("by", "and"), (cut for cut, _group in behind.pairs), strict=False))
    values = {"period": kind, "by": EVERYBODY, **cuts, "at": behind.period.code}
    return f"{reverse('metrics:index')}?{urlencode(values)}"


def _shown(rows: list[Row], behind: Behind) -> list[Row]:
    """The rows with their customers, and what was last sent to each."""
    ids = [row["customer_id"] for row in rows]
    customers = Customer.objects.select_related("owner", "score").in_bulk(ids)
    sent = _last_sent(ids)
    return [
        row
        | {
            "customer": customers[row["customer_id"]],
            "topic_words": _topic(row["topic"]),
            "sent": sent.get(row["customer_id"]),
        }
        for row in rows
        if row["customer_id"] in customers
    ]


def _last_sent(ids: list[int]) -> dict[int, Delivery]:
    """The last message each of them was sent."""
    found = Delivery.objects.filter(customer__in=ids, state=Delivery.State.ACCEPTED).select_related("campaign")
    return {one.customer_id: one for one in found.order_by("customer", "-planned_at").distinct("customer")}


@may("customers.export")
@require_POST
def export(request: HttpRequest, code: str, who: str) -> HttpResponseBase:
    """All of them as a file; who took it along is recorded."""
    asked = _asked(request, who, code, Installation.get())
    cuts = [list(pair) for pair in asked.behind.pairs]
    detail = {"who": who, "period": code, "cuts": cuts, "count": churn_people.count(asked.behind)}
    audit.record("churn_people.export", by=request.user, **detail)  # type: ignore[arg-type]  # signed in
    return downloads.answer(
        request, name=f"{who}-{code}", header=HEADER, rows=lambda: _lines(asked.behind), back=asked.address()
    )


def _lines(behind: Behind) -> Iterator[list[Any]]:
    """The file's lines, a thousand customers at a time."""
    batch: list[Row] = []
    for row in churn_people.everybody(behind):
        batch.append(row)
        if len(batch) == 1000:
            yield from _written(batch)
            batch = []
    yield from _written(batch)


def _written(rows: list[Row]) -> Iterator[list[Any]]:
    fields = ("pk", "code", "name", "owner__name", "score__last_activity_on")
    ids = [row["customer_id"] for row in rows]
    known = {pk: rest for pk, *rest in Customer.objects.filter(pk__in=ids).values_list(*fields)}
    for row in rows:
        code, name, owner, last = known[row["customer_id"]]
        yield [
            code,
            name,
            owner or "",
            row["since"],
            row["reason"],
            row["competitor"],
            row["topic"],
            last,
            row["ltv"],
        ]


@may("segments.edit")
@require_POST
def freeze(request: HttpRequest, code: str, who: str) -> HttpResponse:
    """A frozen segment of these customers, so that something can be sent to them."""
    settings = Installation.get()
    asked = _asked(request, who, code, settings)
    user: User = request.user  # type: ignore[assignment]  # signed in
    name = _words(asked.behind, settings)["heading"]
    try:
        ids = _members(asked.behind)
        segment = frozen.of_customers(ids=ids, source=name, name=name, by=user, now=timezone.now())
    except frozen.ListError as error:
        messages.error(request, str(error))
        return redirect(asked.address())
    messages.success(request, _("A frozen segment was made of these customers. Now a campaign can go to them."))
    return redirect("segments:detail", segment.slug)


def _members(behind: Behind) -> list[int]:
    """Their ids; raises ListError where they are more than a list may have."""
    if churn_people.count(behind) > frozen.MOST_LINES:
        raise frozen.ListError(_("A list may have %(most)s lines at most.") % {"most": f"{frozen.MOST_LINES:,}"})
    return [row["customer_id"] for row in churn_people.everybody(behind)]
