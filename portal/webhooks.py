"""Where providers tell us what became of our messages. Signed, stored, committed, and only then answered with 200.

What is stored is applied at once where that works, and by the clock a few seconds later where it doesn't: a provider
need not wait for us, and a call that comes 46 times is one report.
"""

import logging

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.roles import public
from campaigns import reporting

from . import line_news, provider_news, sms_news

log = logging.getLogger(__name__)


@public("a mail provider has no login; its signature, or the secret it was given, is what it shows")
@csrf_exempt
@require_http_methods(["POST", "HEAD"])
def mail(request: HttpRequest, provider: str) -> HttpResponse:
    """Delivered, bounced, complained, opened, clicked … as django-anymail reads them."""
    if request.method == "HEAD":  # some providers look first whether anybody is at home
        return HttpResponse(status=200 if provider_news.is_known(provider) else 404)
    now = timezone.now()
    try:
        news = provider_news.read(provider, request, now=now)
    except provider_news.UnknownProviderError:
        return HttpResponse(status=404)
    except provider_news.RefusedError:
        return HttpResponse(status=400)
    return _taken(news)


@public("an SMS provider has no login; its signature is what it shows")
@csrf_exempt
@require_http_methods(["POST"])
def sms(request: HttpRequest) -> HttpResponse:
    """What became of an SMS, and who answered STOP."""
    now, headers = timezone.now(), request.headers
    message_id = headers.get("webhook-id", "")
    moment, signatures = headers.get("webhook-timestamp", ""), headers.get("webhook-signature", "")
    if not sms_news.is_signed(message_id, moment, signatures, request.body, now=now):
        return HttpResponse(status=401)
    try:
        news = sms_news.read(request.body, message_id, now=now)
    except (ValueError, TypeError, RecursionError):
        return HttpResponse(status=400)
    return _taken(news)


@public("LINE has no login; its signature is what it shows")
@csrf_exempt
@require_http_methods(["POST"])
def line(request: HttpRequest) -> HttpResponse:
    """Who added our account as a friend, and who blocked it."""
    if not line_news.is_signed(request.body, request.headers.get("X-Line-Signature", "")):
        return HttpResponse(status=401)
    try:
        line_news.take_in(line_news.events_in(request.body), now=timezone.now())
    except (ValueError, TypeError, OverflowError, RecursionError):
        return HttpResponse(status=400)
    return HttpResponse()


def _taken(news: list[reporting.News]) -> HttpResponse:
    now = timezone.now()
    reporting.store(news, received_at=now)
    try:
        reporting.apply_waiting(now=now)
    except DatabaseError:
        log.exception("reports are stored and wait for the clock")
    return HttpResponse()
