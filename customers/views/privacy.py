"""What a person may ask for: his data handed out, or erased."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.roles import may

from .. import erasing, personal
from ..conflicts import typed
from ..models import Contact, Customer

get_or_post = require_http_methods(["GET", "HEAD", "POST"])
# table → its words; what is not here counts among the other records
WORDS: dict[str, str | Promise] = {
    "customer": _("Customer"),
    "contact": _("Contacts"),
    "customercode": _("Codes in other systems"),
    "consent": _("Consents and refusals"),
    "suppression": _("Suppressions"),
    "purchase": _("Purchases"),
    "login": _("Logins"),
    "contract": _("Contracts"),
    "invoice": pgettext_lazy("records", "Bills"),
    "interaction": _("Interactions"),
    "event": _("Events"),
    "delivery": _("Campaign mails"),
}


class ReasonForm(forms.Form):
    """Who asked, and why."""

    why = forms.CharField(
        label=_("Who asked for it, and why"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Kept in the audit log: without the person's name or addresses."),
    )


class EraseForm(ReasonForm):
    """The reason, and the customer's code typed in."""

    field_order = ("why", "files", "code")

    files = forms.BooleanField(
        label=_("Also delete the uploaded files these data came with"), required=False, initial=True
    )
    code = forms.CharField(label=_("Type the customer code to confirm"), max_length=100)

    def __init__(self, *args, customer: Customer, **kwargs):
        super().__init__(*args, **kwargs)
        self.customer = customer
        self.fields["code"].widget.attrs["autocomplete"] = "off"

    def clean_code(self) -> str:
        if self.cleaned_data["code"].strip() != self.customer.code:
            raise forms.ValidationError(_("This is not the code of this customer."))
        return self.customer.code


def _in_words(counts: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """Known tables by their words, all others together."""
    known = [(str(WORDS[name]), count) for name, count in counts if name in WORDS]
    others = sum(count for name, count in counts if name not in WORDS)
    return [*known, *([(str(_("Other records")), others)] if others else [])]


@may("customers.personal")
@get_or_post
def hand_out(request: HttpRequest, pk: int, contact_pk: int | None = None) -> HttpResponse:
    """All data of a person as JSON and CSV in one zip, with the reason; of a contact without his colleagues'."""
    customer = get_object_or_404(Customer.objects.current(), pk=pk)
    contact = get_object_or_404(Contact, pk=contact_pk, customer=customer) if contact_pk else None
    form = ReasonForm(typed(request))
    if request.method == "POST" and form.is_valid():
        try:
            pieces = personal.hand_out(person=contact or customer, by=request.user, why=form.cleaned_data["why"])
        except personal.PersonalError as error:
            form.add_error("why", str(error))
        else:
            response = StreamingHttpResponse(pieces, content_type="application/zip")
            response["Content-Disposition"] = f'attachment; filename="personal-data-{customer.pk}.zip"'
            return response
    counts = _in_words(personal.counts(contact or customer))
    context = {"customer": customer, "contact": contact, "form": form, "counts": counts}
    return render(request, "customers/personal.html", context, status=422 if form.errors else 200)


@may("customers.erase")
@get_or_post
def erase(request: HttpRequest, pk: int) -> HttpResponse:
    """Says exactly what erasing does, and does it once the code is typed in."""
    customer = get_object_or_404(Customer.objects.current(), pk=pk, erased_at=None)
    form = EraseForm(typed(request), customer=customer)
    if request.method == "POST" and form.is_valid():
        why, files = form.cleaned_data["why"], form.cleaned_data["files"]
        try:
            erasing.erase(customer=customer, by=request.user, now=timezone.now(), why=why, files=files)
        except erasing.ErasureError as error:
            form.add_error("why", str(error))
        else:
            messages.success(request, _("The personal data are erased."))
            return redirect("customers:detail", pk=pk)
    outlook = erasing.outlook(customer)
    context = {
        "customer": customer,
        "form": form,
        "outlook": outlook,
        "may_see_imports": True,
        "counts": _in_words(outlook.rows),
    }
    return render(request, "customers/erase.html", context, status=422 if form.errors else 200)


@may("customers.erase")
@get_or_post
def erase_contact(request: HttpRequest, pk: int, contact_pk: int) -> HttpResponse:
    """One person at a company; company and colleagues stay."""
    customer = get_object_or_404(Customer.objects.current(), pk=pk, erased_at=None)
    contact = get_object_or_404(Contact, pk=contact_pk, customer=customer)
    form = EraseForm(typed(request), customer=customer)
    del form.fields["files"]
    if request.method == "POST" and form.is_valid():
        try:
            erasing.erase_contact(contact=contact, by=request.user, now=timezone.now(), why=form.cleaned_data["why"])
        except erasing.ErasureError as error:
            form.add_error("why", str(error))
        else:
            messages.success(request, _("The personal data are erased."))
            return redirect("customers:detail", pk=pk)
    context = {"customer": customer, "contact": contact, "form": form}
    return render(request, "customers/erase_contact.html", context, status=422 if form.errors else 200)
