"""The warning before an offer to new customers that loyal ones never got, and the draft that makes up for it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.roles import may
from campaigns import fairness
from campaigns.models import Campaign

from . import find


def of(campaign: Campaign) -> dict:
    """What the pages before a launch show of it."""
    return {"unfair": fairness.unfair(campaign, now=timezone.now())}


@may("campaigns.edit")
@require_POST
def match(request: HttpRequest, pk: int) -> HttpResponse:
    """Makes the matching draft for loyal customers."""
    campaign = find(pk)
    now = timezone.now()
    if fairness.unfair(campaign, now=now) is None:
        messages.warning(request, _("Loyal customers are offered as much already."))
        return redirect("campaigns:detail", pk)
    draft = fairness.match(campaign=campaign, by=request.user, now=now)
    messages.success(request, _("The draft for loyal customers is ready. Look at it, then send it."))
    return redirect("campaigns:detail", draft.pk)
