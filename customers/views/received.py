"""What SDKs sent and could not be taken in: with its reason, and the way to try again."""

import json

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.roles import may

from .. import receiving
from ..models import Received

SHOWN = 50


@may("imports.run")
@require_safe
def received(request: HttpRequest) -> HttpResponse:
    """The latest messages that were not taken, newest first."""
    refused = Received.objects.exclude(error="")
    before = request.GET.get("before", "")
    rows = refused.filter(pk__lt=int(before)) if before.isdecimal() and len(before) < 19 else refused
    found = list(rows.order_by("-pk")[: SHOWN + 1])
    context = {
        "rows": [(row, _shown(row)) for row in found[:SHOWN]],
        "count": refused.count(),
        "waiting": Received.objects.filter(taken_at=None).count(),
        "next": found[SHOWN - 1].pk if len(found) > SHOWN else None,
    }
    return render(request, "customers/received.html", context)


@may("imports.run")
@require_POST
def again(request: HttpRequest, pk: int) -> HttpResponse:
    if receiving.again(row=get_object_or_404(Received, pk=pk)):
        messages.success(request, _("It is tried again within seconds."))
    return redirect("customers:received")


def _shown(row: Received) -> str:
    return json.dumps(row.payload.get("message", {}), ensure_ascii=False, indent=1)[:4000]
