"""What recipients reach without a login. Nothing here tells a known link from an unknown one."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.models import Installation
from accounts.roles import public
from campaigns import unsubscribing


@public("recipients of a mail have no login; the 256-bit token of their link is what they show")
@csrf_exempt  # the token is the authority; mail programs post without cookies (RFC 8058)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows one button; only POST changes anything: the button, or a mail program's List-Unsubscribe=One-Click."""
    company = _company()
    wording = _("Please send me news and offers from %(company)s by e-mail.") % {"company": company}
    step = "ask"
    if request.method == "POST":
        if request.POST.get("do") == "again":
            unsubscribing.resubscribe(token=token, now=timezone.now(), wording=wording)
            step = "again"
        else:
            unsubscribing.unsubscribe(token=token, now=timezone.now(), wording=_("Stop e-mails"))
            step = "done"
    return render(request, "portal/unsubscribe.html", {"step": step, "company": company, "wording": wording})


def _company() -> str:
    installation = Installation.get()
    return installation.company_name or installation.sender_name or _("us")
