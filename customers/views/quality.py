"""How good the records are: figures by check, and behind each the list to mend."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from kombu.exceptions import OperationalError

from accounts.models import Installation, User
from accounts.roles import allows, may

from .. import quality, tasks
from ..models import Customer, QualityFigure

ROWS = 50


@may("quality.view")
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Every check with how many it finds; of everybody, of one owner, or of what one file brought."""
    chosen = _chosen(request)
    day, figures = quality.figures(**chosen)
    groups = [(label, [one for one in figures if one.check.group == code]) for code, label in quality.GROUPS.items()]
    context = {
        "day": day,
        "groups": groups,
        "owners": User.objects.filter(customers__isnull=False).distinct().order_by("name"),
        "sources": _sources(day),
        "by_hand": quality.BY_HAND,
        "is_old": day is None or day < Installation.get().day_of(timezone.now()),
        "chosen": chosen,
        "address": _address(chosen),
    }
    return render(request, "customers/quality.html", context)


@may("quality.view")
@require_safe
def check(request: HttpRequest, name: str) -> HttpResponse:
    """Whom a check finds now, by owner and source, ready to be mended here or in a spreadsheet."""
    found = _known(name)
    chosen = _chosen(request)
    rows, next_url = _page(_found(name, chosen), request, chosen)
    by_owner, by_source = quality.breakdown(name)
    context = {
        "check": found,
        "rows": rows,
        "next_url": next_url,
        "count": _found(name, chosen).count(),
        "by_owner": by_owner,
        "by_source": [(row.source.removeprefix(quality.BY_SOURCE), row) for row in by_source],
        "by_hand": quality.BY_HAND,
        "chosen": chosen,
        "owner": get_object_or_404(User, pk=chosen["owner"]) if chosen["owner"].isdigit() else None,
        "address": _address(chosen),
        "may_export": allows(request.user, "customers.export"),  # type: ignore[arg-type]  # signed in
    }
    return render(request, "customers/quality_check.html", context)


@may("quality.view")
@require_POST
def measure(request: HttpRequest) -> HttpResponse:
    """Count again now: in a worker, or here where no worker can be told."""
    try:
        tasks.measure_quality.apply_async(retry=False)
        messages.success(request, _("The records are being counted; reload the page in a moment."))
    except OperationalError:
        quality.measure(now=timezone.now())
    return redirect("customers:quality")


def _chosen(request: HttpRequest) -> dict[str, str]:
    owner = request.GET.get("owner", "")
    return {
        "owner": owner if owner == "none" or (owner.isascii() and owner.isdigit() and len(owner) < 19) else "",
        "source": request.GET.get("source", "").replace("\0", "")[:255],
    }


def _address(chosen: dict[str, str]) -> str:
    given = {name: value for name, value in chosen.items() if value}
    return f"?{urlencode(given)}" if given else ""


def _known(name: str) -> quality.Check:
    if name not in quality.BY_NAME:
        raise Http404
    return quality.BY_NAME[name]


def _found(name: str, chosen: dict[str, str]) -> QuerySet[Customer]:
    return quality.customers(name, today=Installation.get().day_of(timezone.now()), **chosen)


def _page(found: QuerySet[Customer], request: HttpRequest, chosen: dict[str, str]) -> tuple[list[Customer], str]:
    """Customers after the one whose id stands in the address, and the way on."""
    after = request.GET.get("after", "")
    if after.isascii() and after.isdigit() and len(after) < 19:
        found = found.filter(pk__gt=int(after))
    rows: list[Any] = list(found.select_related("owner").order_by("pk")[: ROWS + 1])
    if len(rows) <= ROWS:
        return rows, ""
    join = "&" if _address(chosen) else "?"
    return rows[:ROWS], f"{_address(chosen)}{join}after={rows[ROWS - 1].pk}"


def _sources(day) -> list[str]:
    found = QualityFigure.objects.filter(day=day, source__startswith=quality.BY_SOURCE).values_list("source", flat=True)
    return sorted({source.removeprefix(quality.BY_SOURCE) for source in found})
