"""An event for staff: its details, who answered what, answers told on the phone, and who came."""

from django.contrib import messages
from django.db import transaction
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import audit
from accounts.roles import may
from campaigns import attendance, event_words, guests, occasions, tasks
from campaigns.models import Campaign, Occasion, Rsvp
from campaigns.occasion_forms import AttendanceForm, OccasionForm, ToldForm
from common import downloads
from customers.models import Contact, Customer

from . import find, number

get_or_post = require_http_methods(["GET", "HEAD", "POST"])
MARKS = {"yes": True, "no": False, "": None}


def _find(pk: int) -> tuple[Campaign, Occasion]:
    campaign = find(pk)
    occasion = event_words.of_campaign(campaign)
    if occasion is None:
        raise Http404
    return campaign, occasion


@may("campaigns.view")
@require_safe
def event(request: HttpRequest, pk: int) -> HttpResponse:
    """Who comes, waits, declined or has not answered; search, filter, export, and the ways to change it."""
    campaign, occasion = _find(pk)
    return _page(request, campaign, occasion)


def _page(request: HttpRequest, campaign: Campaign, occasion: Occasion, **forms) -> HttpResponse:
    wanted = request.GET.get("answer", "")
    wanted = wanted if wanted in guests.FILTERS else ""
    counts = guests.counts(occasion)
    context = {
        "campaign": campaign,
        "occasion": occasion,
        "when": event_words.when(occasion),
        "until": event_words.moment(occasions.closes_at(occasion)),
        "has_begun": timezone.now() >= occasion.starts_at,
        "free": occasions.free_seats(occasion),
        "counts": counts,
        "filters": [(key, label, counts.of(key)) for key, label in guests.FILTERS.items()],
        "wanted": wanted,
        "query": request.GET.get("q", ""),
        "page": guests.page(occasion, request.GET.dict()),
        "told": guests.told(occasion),
        "told_form": ToldForm(),
        **forms,
    }
    template = (
        "campaigns/_event_rows.html" if request.htmx and request.htmx.target == "rows" else "campaigns/event.html"
    )
    return render(request, template, context, status=422 if any(form.errors for form in forms.values()) else 200)


@may("campaigns.edit")
@get_or_post
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """The event's details, at any time; the first time it makes the event."""
    campaign = find(pk)
    occasion = event_words.of_campaign(campaign) or Occasion(title=campaign.name)
    form = OccasionForm(request.POST or None, instance=occasion)
    if request.method == "POST" and form.is_valid() and _is_saved(request, campaign, form):
        return redirect("campaigns:event", pk)
    context = {"campaign": campaign, "occasion": occasion, "form": form}
    return render(request, "campaigns/event_form.html", context, status=422 if form.errors else 200)


def _is_saved(request: HttpRequest, campaign: Campaign, form: OccasionForm) -> bool:
    try:
        occasions.save(campaign=campaign, occasion=form.instance, by=request.user, now=timezone.now())
    except occasions.OccasionError as error:
        form.add_error("capacity", str(error))
        return False
    transaction.on_commit(tasks.wake)
    messages.success(request, _("The event is saved."))
    return True


@may("campaigns.edit")
@get_or_post
def call_off(request: HttpRequest, pk: int) -> HttpResponse:
    """Asks, then calls the event off: its page says so from then on."""
    campaign, occasion = _find(pk)
    if request.method != "POST":
        context = {"campaign": campaign, "occasion": occasion, "counts": guests.counts(occasion)}
        return render(request, "campaigns/event_off.html", context)
    occasions.call_off(occasion=occasion, by=request.user, now=timezone.now())
    messages.success(request, _("The event is called off. Its page says so; tell those who were coming."))
    return redirect("campaigns:event", pk)


@may("campaigns.edit")
@require_POST
def told(request: HttpRequest, pk: int) -> HttpResponse:
    """An answer told on the phone: of a line of the list, or of a customer named by code."""
    campaign, occasion = _find(pk)
    form = ToldForm(request.POST)
    if not form.is_valid():
        return _page(request, campaign, occasion, told_form=form)
    data = form.cleaned_data
    customer = Customer.objects.current().filter(code=data["customer"].strip()).first()
    if customer is None:
        form.add_error("customer", _("No customer has this code."))
        return _page(request, campaign, occasion, told_form=form)
    contact = _contact(customer, number(request.POST.get("contact")))
    try:
        done = occasions.answer(
            occasion=occasion,
            customer=customer,
            contact=contact,
            answer=data["answer"],
            seats=data["seats"],
            now=timezone.now(),
            by=request.user,
        )
    except occasions.OccasionError as error:
        form.add_error(None, str(error))
        return _page(request, campaign, occasion, told_form=form)
    transaction.on_commit(tasks.wake)
    words = {"name": customer.name, "answer": done.rsvp.get_answer_display()}
    messages.success(request, _("Written down: %(name)s – %(answer)s.") % words)
    return redirect("campaigns:event", pk)


def _contact(customer: Customer, pk: int | None) -> Contact | None:
    """The contact named, else the primary one."""
    found = customer.contacts.filter(left_on=None).order_by("-is_primary", "pk")
    return found.filter(Q(pk=pk)).first() if pk else found.first()


@may("customers.export")
@require_POST
def export(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The whole list as a file; who took it along is recorded."""
    campaign, occasion = _find(pk)
    audit.record("occasion.export", by=request.user, on=campaign)
    back = reverse("campaigns:event", args=[pk])
    rows = lambda: guests.lines(occasion)  # noqa: E731  read anew for each pass
    return downloads.answer(request, name=f"event-{occasion.pk}", header=guests.HEADER, rows=rows, back=back)


# --- who came ---------------------------------------------------------------------------------------------


@may("campaigns.view")
@require_safe
def door(request: HttpRequest, pk: int) -> HttpResponse:
    """The list at the door: large buttons, found by name, one tap each."""
    campaign, occasion = _find(pk)
    query = request.GET.get("q", "")
    rows = guests.answers(occasion, Rsvp.Answer.COMING)
    rows = rows.filter(guests.named(query)) if query.strip() else rows
    context = {
        "campaign": campaign,
        "occasion": occasion,
        "counts": guests.counts(occasion),
        "rows": list(rows.order_by(*guests.IN_ORDER)[:500]),
        "query": query,
        "form": AttendanceForm(),
    }
    is_part = request.htmx and request.htmx.target == "rows"
    template = "campaigns/_door_rows.html" if is_part else "campaigns/door.html"
    return render(request, template, context)


@may("campaigns.edit")
@require_POST
def tick(request: HttpRequest, pk: int, rsvp_pk: int) -> HttpResponse:
    """One tap: there, absent, or not known again."""
    campaign, occasion = _find(pk)
    rsvp = get_object_or_404(occasion.answers.select_related("occasion"), pk=rsvp_pk)
    has_attended = MARKS.get(request.POST.get("attended", ""))
    attendance.mark(rsvp=rsvp, has_attended=has_attended, by=request.user, now=timezone.now())
    if not request.htmx:
        return redirect("campaigns:door", pk)
    row = guests.answers(occasion).get(pk=rsvp_pk)
    return render(request, "campaigns/_door_row.html", {"campaign": campaign, "row": row})


@may("campaigns.edit")
@require_POST
def bring(request: HttpRequest, pk: int) -> HttpResponse:
    """A list of who came; what could not be matched is shown line by line."""
    campaign, occasion = _find(pk)
    form, brought = AttendanceForm(request.POST, request.FILES), None
    if form.is_valid():
        try:
            text = form.cleaned_data["text"]
            brought = attendance.bring(occasion=occasion, text=text, by=request.user, now=timezone.now())
        except occasions.OccasionError as error:
            form.add_error("text", str(error))
    context = {"campaign": campaign, "occasion": occasion, "form": form, "brought": brought}
    return render(request, "campaigns/attendance.html", context, status=422 if form.errors else 200)
