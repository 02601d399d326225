"""The links and the picture of a mail. Both only add a report; where a link leads is looked up, never read from it."""

import base64

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import Installation
from accounts.roles import public
from campaigns import visits
from campaigns.machines import Look

POINT = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")


@public("recipients of a mail have no login; the 256-bit token of their link is what they show")
@never_cache
@require_safe
def click(request: HttpRequest, token: str, number: int) -> HttpResponse:
    """On to the page the link was written with; whatever is unknown gets the same plain page."""
    url = visits.click(token=token, number=number, look=_look(request), now=timezone.now())
    if url is None:
        installation = Installation.get()
        company = installation.company_name or installation.sender_name
        return render(request, "portal/gone.html", {"company": company}, status=404)
    answer = HttpResponseRedirect(url)
    answer["Referrer-Policy"] = "no-referrer"  # the token is nobody else's business
    return answer


@public("mail programs have no login; every token, known or not, gets the same picture")
@never_cache
@require_safe
def opened(request: HttpRequest, token: str) -> HttpResponse:
    """A picture of one transparent point."""
    visits.opened(token=token, look=_look(request), now=timezone.now())
    return HttpResponse(POINT, content_type="image/gif")


def _look(request: HttpRequest) -> Look:
    headers = request.headers
    purpose = headers.get("Sec-Purpose") or headers.get("Purpose") or headers.get("X-Moz") or ""
    return Look(request.method or "", headers.get("User-Agent", ""), purpose)
