"""A campaign's letters: lists to print and post, what was posted, what came back."""

import datetime as dt
import io
import uuid

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from accounts import audit
from accounts.roles import allows, may
from campaigns import labels, postal_lists
from campaigns.models import Campaign, Way
from campaigns.states import CampaignError
from common import downloads

from . import find, today

LARGEST = 1024 * 1024  # bytes of a file of codes
HEADER = (
    gettext_lazy("Customer code"),
    gettext_lazy("Postal code"),
    gettext_lazy("Address"),
    gettext_lazy("Company"),
    gettext_lazy("Department, title"),
    gettext_lazy("Name"),
    gettext_lazy("Response code"),
    gettext_lazy("Coupon"),
    gettext_lazy("Text"),
)


class CodesForm(forms.Form):
    """Codes typed or pasted, one a line, or the first column of a CSV file."""

    codes = forms.CharField(
        label=gettext_lazy("Customer codes or response codes, one a line"),
        required=False,
        max_length=100_000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    file = forms.FileField(label=gettext_lazy("or a CSV file with the codes in its first column"), required=False)

    def clean_file(self) -> list[str]:
        file = self.cleaned_data["file"]
        if file is None:
            return []
        if file.size > LARGEST:
            raise forms.ValidationError(_("The file is larger than 1 MB."))
        return [line.split(",")[0].strip().strip('"') for line in io.StringIO(_decoded(file.read()))]

    def given(self) -> list[str]:
        return [code for code in [*self.cleaned_data["codes"].splitlines(), *self.cleaned_data["file"]] if code.strip()]


def _decoded(data: bytes) -> str:
    """UTF-8 where it is, else Windows' Japanese."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp932", "replace")


def _found(pk: int) -> Campaign:
    """A campaign with letters in it."""
    campaign = find(pk)
    if not campaign.steps.filter(channel=Way.POSTAL).exists():
        raise Http404
    return campaign


def _page(request: HttpRequest, campaign: Campaign, form: CodesForm, status: int = 200) -> HttpResponse:
    context = {
        "campaign": campaign,
        "waiting": postal_lists.waiting(campaign, now=timezone.now()),
        "lists": postal_lists.lists(campaign),
        "sheets": labels.SHEETS,
        "form": form,
        "today": today(),
        "may_download": allows(request.user, "customers.export"),
    }
    return render(request, "campaigns/postal.html", context, status=status)


@may("campaigns.view")
@require_safe
def lists(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, _found(pk), CodesForm())


@may("campaigns.send")
@require_POST
def make(request: HttpRequest, pk: int) -> HttpResponse:
    campaign = _found(pk)
    try:
        postal_lists.make(campaign=campaign, by=request.user, now=timezone.now())
    except CampaignError as error:
        messages.error(request, str(error))
    return redirect("campaigns:postal", pk)


@may("customers.export")
@require_POST
def download(request: HttpRequest, pk: int, token: uuid.UUID) -> HttpResponseBase:
    """The list as CSV or workbook, or its labels. Written into the audit log: these are addresses of people."""
    campaign = _found(pk)
    form = request.POST.get("form", "csv")
    audit.record("postal.download", by=request.user, on=campaign, form=form[:10])
    if form in labels.SHEETS:
        made = labels.pdf(postal_lists.letters(campaign, token), labels.SHEETS[form])
        name = {"Content-Disposition": f'attachment; filename="labels-{campaign.pk}.pdf"'}
        return HttpResponse(made, content_type="application/pdf", headers=name)
    return downloads.answer(
        request,
        name=f"postal-{campaign.pk}",
        header=[str(word) for word in HEADER],
        rows=lambda: map(_row, postal_lists.letters(campaign, token)),
        back=reverse("campaigns:postal", args=[pk]),
    )


def _row(letter: postal_lists.Letter) -> list[str]:
    *places, person = letter.lines
    company, place = (*places, "", "")[:2]
    return [
        letter.customer_code,
        letter.postal_code,
        letter.address,
        company,
        place,
        person,
        letter.response_code,
        letter.coupon,
        letter.text,
    ]


@may("campaigns.send")
@require_POST
def posted(request: HttpRequest, pk: int, token: uuid.UUID) -> HttpResponse:
    """The list was posted on a day: then, and only then, its letters count as sent."""
    campaign = _found(pk)
    try:
        day = dt.date.fromisoformat(request.POST.get("day", ""))
    except ValueError:
        day = None
    if day is None or day > today() or (campaign.launched_at and day < campaign.launched_at.date()):
        messages.error(request, _("Give the day on which it was posted: since the launch, and not later than today."))
    elif count := postal_lists.confirm(campaign=campaign, token=token, posted_on=day, by=request.user):
        messages.success(request, _("%(n)s letters are written down as posted.") % {"n": f"{count:,}"})
    else:
        messages.warning(request, _("Nothing on this list is waiting any more."))
    return redirect("campaigns:postal", pk)


@may("campaigns.send")
@require_POST
def back(request: HttpRequest, pk: int, token: uuid.UUID) -> HttpResponse:
    """The list won't be posted."""
    count = postal_lists.take_back(campaign=_found(pk), token=token, by=request.user)
    messages.success(request, _("%(n)s letters wait for another list.") % {"n": f"{count:,}"})
    return redirect("campaigns:postal", pk)


@may("campaigns.send")
@require_POST
def codes(request: HttpRequest, pk: int) -> HttpResponse:
    """Letters that came back (宛先不明), or that were answered."""
    campaign = _found(pk)
    form = CodesForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, campaign, form, status=422)
    act = postal_lists.answered if request.POST.get("do") == "answered" else postal_lists.returned
    done = act(campaign=campaign, codes=form.given(), by=request.user, now=timezone.now())
    if done.unknown:
        form.add_error("codes", _("No posted letter of this campaign has: %(codes)s") % {"codes": _some(done.unknown)})
    words = {"n": f"{done.marked:,}", "before": f"{done.before:,}"}
    messages.success(request, _("%(n)s letters marked; %(before)s were marked before.") % words)
    return _page(request, campaign, form, status=422) if form.errors else redirect("campaigns:postal", pk)


def _some(codes: tuple[str, ...]) -> str:
    return ", ".join(code[:40] for code in codes[:10]) + (" …" if len(codes) > 10 else "")
