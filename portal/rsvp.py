"""Answering an invitation without a login: the token of the mail is what a recipient shows. Only POST answers."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Installation
from accounts.roles import public
from campaigns import calendar_file, event_words, occasions
from campaigns.models import Delivery, Occasion, Rsvp

WHY = "invited people have no login; the 256-bit token of their mail is what they show"
MOST_CHOICES = 20


@public(WHY)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """What the event is and how one's answer stands; POST takes the answer, the same one twice is one."""
    found = occasions.invitation(token)
    if found is None:
        return _nowhere(request)
    delivery, occasion = found
    if request.method != "POST":
        return _page(request, delivery, occasion)
    try:
        occasions.answer(
            occasion=occasion,
            customer=delivery.customer,
            contact=delivery.contact,
            answer=_wanted(request),
            seats=_seats(request),
            now=timezone.now(),
        )
    except occasions.OccasionError as error:
        occasion.refresh_from_db()
        return _page(request, delivery, occasion, error=str(error))
    return redirect("portal:rsvp", token)


def _wanted(request: HttpRequest) -> str:
    return Rsvp.Answer.COMING if request.POST.get("answer") == Rsvp.Answer.COMING else Rsvp.Answer.DECLINED


def _seats(request: HttpRequest) -> int:
    text = request.POST.get("seats", "1")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0


def _page(request: HttpRequest, delivery: Delivery, occasion: Occasion, *, error: str = "") -> HttpResponse:
    mine = occasions.answer_of(occasion, delivery.customer, delivery.contact)
    now = timezone.now()
    context = {
        "company": _company(),
        "occasion": occasion,
        "when": event_words.when(occasion),
        "until": event_words.moment(occasions.closes_at(occasion)),
        "rsvp": mine,
        "place": occasions.place_of(mine) if mine else 0,
        "free": occasions.free_seats(occasion),
        "choices": range(1, min(occasion.most_each, MOST_CHOICES) + 1),
        "is_open": not occasion.cancelled_at and now < occasions.closes_at(occasion),
        "has_begun": now >= occasion.starts_at,
        "token": delivery.token,
        "error": error,
    }
    return render(request, "portal/rsvp.html", context, status=409 if error else 200)


@public(WHY)
@never_cache
@require_safe
def calendar(request: HttpRequest, token: str) -> HttpResponse:
    """The event as a file for the calendar of a phone or a computer."""
    found = occasions.invitation(token)
    if found is None:
        return _nowhere(request)
    delivery, occasion = found
    mine = occasions.answer_of(occasion, delivery.customer, delivery.contact)
    is_coming = bool(mine and mine.answer == Rsvp.Answer.COMING)
    url = event_words.url(delivery.token)
    content = calendar_file.calendar_file(occasion, url=url, now=timezone.now(), is_coming=is_coming)
    headers = {"Content-Disposition": 'attachment; filename="event.ics"'}
    return HttpResponse(content, content_type="text/calendar; charset=utf-8; method=PUBLISH", headers=headers)


def _nowhere(request: HttpRequest) -> HttpResponse:
    """Unknown, erased and mistyped links look alike."""
    return render(request, "portal/gone.html", {"company": _company()}, status=404)


def _company() -> str:
    installation = Installation.get()
    return installation.company_name or installation.sender_name or _("us")
