"""Where an invitation to LINE leads: what joining means, and the way into LINE. It changes nothing."""

import re

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import Installation
from accounts.roles import public
from campaigns import line_accounts

LINK_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,200}")


@public("invited customers have no login; the 128-bit code of their invitation is what they show")
@never_cache
@require_safe
def join(request: HttpRequest, code: str) -> HttpResponse:
    """Known, used, expired or invented: only an open invitation shows the way."""
    installation = Installation.get()
    is_open = line_accounts.is_set_up() and line_accounts.find(code, now=timezone.now()) is not None
    context = {
        "company": installation.company_name or installation.sender_name,
        "is_open": is_open,
        "wording": line_accounts.wording(installation),
        "url": _way(request, code) if is_open else "",
    }
    return render(request, "portal/line.html", context, status=200 if is_open else 404)


def _way(request: HttpRequest, code: str) -> str:
    token = request.GET.get("linkToken", "")
    return line_accounts.dialogue_url(code, token) if LINK_TOKEN.fullmatch(token) else line_accounts.chat_url(code)
