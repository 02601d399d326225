"""Who stands behind a cell of the cohorts, and how they become a list to write to."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Installation
from accounts.roles import allows, may
from common.templatetags.crm import number
from customers.models import Customer
from metrics import rollups
from metrics.cohort_people import People
from metrics.periods import named
from metrics.wording import period_words
from segments import frozen

from .cohorts import Asked, words

MOST = 100_000  # customers of one list
OLDEST = 1_200  # periods

Row = dict[str, Any]


def _asked(request: HttpRequest, code: str, age: int) -> tuple[People, Asked]:
    """404 where there is no such cohort or period."""
    asked, cohort, as_of = Asked.read(request), named(code), rollups.filled_to()
    if cohort is None or cohort.months not in (1, 3) or as_of is None or age > OLDEST:
        raise Http404
    mode = "in" if asked.is_money else asked.mode
    people = People(cohort, age, as_of, asked.kind, mode, is_there=request.GET.get("side") != "gone")
    if people.at.first > as_of:
        raise Http404
    return people, asked


@may("metrics.view")
@require_safe
def people(request: HttpRequest, code: str, age: int) -> HttpResponse:
    """Those who are there in that period (`?side=gone`: those who are not), in the order in which they began."""
    who, asked = _asked(request, code, age)
    counted = who.count()
    if counted is None:
        raise Http404
    settings = Installation.get()
    found, after = who.page(after=request.GET.get("after", "")[:40])
    known = Customer.objects.select_related("owner", "score").in_bulk([row["customer_id"] for row in found])
    context: Row = {
        "code": code,
        "age": age,
        "asked": asked,
        "as_of": who.as_of,
        "cohort_words": period_words(who.cohort, settings),
        "at_words": period_words(who.at, settings),
        "words": words(asked, settings),
        "count": counted[0],
        "size": counted[1],
        "rows": [row | {"customer": known[row["customer_id"]]} for row in found if row["customer_id"] in known],
        "sides": [
            (pgettext("cohort", "There"), "?" + _query(asked, "there"), who.is_there),
            (pgettext("cohort", "Not there"), "?" + _query(asked, "gone"), not who.is_there),
        ],
        "is_there": who.is_there,
        "query": _query(asked, "there" if who.is_there else "gone"),
        "back_url": Asked(asked.kind, _unit(who), asked.show, asked.mode).address(),
        "may_freeze": allows(request.user, "segments.edit") and counted[0] <= MOST,
    }
    context["next_url"] = f"?{context['query']}&after={after}" if after else ""
    context["prev_url"] = f"?{context['query']}" if request.GET.get("after") else ""
    return render(request, "metrics/cohort_people.html", context)


def _query(asked: Asked, side: str) -> str:
    values = {"kind": asked.kind, "show": asked.show, "mode": asked.mode, "side": side}
    return urlencode({key: value for key, value in values.items() if value})


def _unit(who: People) -> str:
    return "month" if who.cohort.months == 1 else "quarter"


@may("segments.edit")
@require_POST
def freeze(request: HttpRequest, code: str, age: int) -> HttpResponse:
    """These customers as a list of their own, to write to."""
    who, asked = _asked(request, code, age)
    settings = Installation.get()
    back = reverse("metrics:cohort-people", args=[code, age]) + "?" + _query(asked, "there" if who.is_there else "gone")
    found, more = who.page(most=MOST)
    if more:
        messages.error(request, _("A list may have %(most)s customers at most.") % {"most": number(MOST)})
        return redirect(back)
    side = pgettext("cohort", "There") if who.is_there else pgettext("cohort", "Not there")
    name = f"{period_words(who.cohort, settings)} +{age} {side}"
    try:
        made = frozen.of_customers(
            ids=[row["customer_id"] for row in found],
            name=name,
            source=str(_("Cohorts")),
            by=request.user,  # type: ignore[arg-type]  # signed in
            now=timezone.now(),
        )
    except frozen.ListError as error:
        messages.error(request, str(error))
        return redirect(back)
    said = _("“%(name)s” is saved with %(n)s customers.") % {"name": made, "n": number(len(found))}
    messages.success(request, said)
    return redirect("segments:detail", made.slug)
