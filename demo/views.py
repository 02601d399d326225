"""The demo's mailbox: what its customers would have received."""

import nh3
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import Installation
from accounts.roles import may

from . import mailbox

PAGE = 50


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
    _only_in_the_demo()
    mail = mailbox.find(settings.MAIL_DIR, name)
    if mail is None:
        raise Http404
    shown = ["From", "To", "Reply-To", "Subject", "Date", "Message-ID", "List-Unsubscribe", "List-Unsubscribe-Post"]
    headers = [(key, str(mail.message[key])) for key in shown if mail.message[key]]
    return render(request, "demo/mail_detail.html", {"mail": mail, "headers": headers, "html": nh3.clean(mail.html)})
