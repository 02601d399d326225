"""The demo's mailbox: what its customers would have received."""

import re

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from accounts.models import Installation
from accounts.roles import may

from . import mailbox

PAGE = 50
# A mail in its frame: its own styles, no script, no form, nothing from elsewhere; its links open beside.
FRAME = "allow-popups allow-popups-to-escape-sandbox"
FRAME_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; frame-ancestors 'self'; "
    f"sandbox {FRAME}"
)
HEAD = re.compile(r"<head\b[^>]*>", re.IGNORECASE)


def _only_in_the_demo() -> None:
    if not Installation.get().is_demo:
        raise Http404


def _page_number(request: HttpRequest) -> int:
    value = request.GET.get("page", "1")
    return int(value) if value.isascii() and value.isdigit() and 0 < int(value) < 10**6 else 1


@may("demo.mailbox")
@require_safe
def mail_list(request: HttpRequest) -> HttpResponse:
    _only_in_the_demo()
    page = _page_number(request)
    mails, total = mailbox.newest(settings.MAIL_DIR, skip=(page - 1) * PAGE, count=PAGE)
    context = {"mails": mails, "total": total, "page": page, "has_more": page * PAGE < total}
    return render(request, "demo/mail_list.html", context)


@may("demo.mailbox")
@require_safe
def mail_detail(request: HttpRequest, name: str) -> HttpResponse:
    mail = _find(name)
    shown = ["From", "To", "Reply-To", "Subject", "Date", "Message-ID", "List-Unsubscribe", "List-Unsubscribe-Post"]
    headers = [(key, str(mail.message[key])) for key in shown if mail.message[key]]
    return render(request, "demo/mail_detail.html", {"mail": mail, "headers": headers, "frame": FRAME})


@may("demo.mailbox")
@require_safe
@xframe_options_sameorigin
def mail_framed(request: HttpRequest, name: str) -> HttpResponse:
    """The mail alone, as a mail program shows it."""
    answer = HttpResponse(opening_beside(_find(name).html))
    answer["Content-Security-Policy"] = FRAME_POLICY
    answer["Referrer-Policy"] = "no-referrer"
    return answer


def opening_beside(html: str) -> str:
    """The document with its links opening in a tab of their own: the frame itself goes nowhere."""
    head = HEAD.search(html)
    at = head.end() if head else 0
    return f'{html[:at]}<base target="_blank">{html[at:]}'


def _find(name: str) -> mailbox.Mail:
    _only_in_the_demo()
    mail = mailbox.find(settings.MAIL_DIR, name)
    if mail is None:
        raise Http404
    return mail
