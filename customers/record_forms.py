"""Forms of what people type in by hand: a customer, a contact there, a contact with them written down."""

import re
import unicodedata
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Installation, User

from .conflicts import GuardedForm
from .models import Channel, Contact, Customer, Interaction
from .searching import KATAKANA

# Old mobile addresses break the standard with their dots: they are kept and marked, so the form takes them too.
EMAIL = re.compile(r"[^@\s\"<>(),;:\\\[\]]{1,64}@[^@\s.]+(\.[^@\s.]+)+")
DAY = {"attrs": {"type": "date"}, "format": "%Y-%m-%d"}


def tidy(text: str) -> str:
    """As the import reads it: NFKC, every run of spaces one space, none at the ends."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def _digits(text: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFKC", text) if letter.isascii() and letter.isdigit())


def say_nothing_is_chosen(form: forms.Form, *names: str) -> None:
    """Words for an empty choice instead of a line of hyphens."""
    for name in names:
        field: Any = form.fields[name]
        field.choices = [("", _("(none)")), *(choice for choice in field.choices if choice[0] != "")]


class _Typed(forms.Form):
    """How fields that several forms share are read, however they were typed."""

    def clean_name(self) -> str:
        return tidy(self.cleaned_data["name"])

    def clean_kana(self) -> str:
        """Katakana of full width."""
        return tidy(self.cleaned_data["kana"]).translate(KATAKANA)

    def clean_email(self) -> str:
        text = tidy(self.cleaned_data["email"]).lower()
        if text and not EMAIL.fullmatch(text):
            raise forms.ValidationError(_("This is no e-mail address: it needs a name, one @ and a domain."))
        return text

    def clean_phone(self) -> str:
        """Digits alone, with a leading + kept."""
        digits = _digits(self.cleaned_data["phone"])
        text = unicodedata.normalize("NFKC", self.cleaned_data["phone"]).strip()
        if text and not 9 <= len(digits) <= 15:
            raise forms.ValidationError(_("A phone number has 9 to 15 digits."))
        return f"+{digits}" if text.startswith("+") else digits


class CustomerForm(_Typed, GuardedForm):
    """A customer with the primary contact's e-mail and phone."""

    OF_CONTACT = ("email", "phone")
    ALSO_GUARDED = ("parent_code", "tag_words", *OF_CONTACT)

    email = forms.CharField(label=_("E-mail"), required=False, max_length=254)
    phone = forms.CharField(label=_("Phone"), required=False, max_length=30)
    parent_code = forms.CharField(
        label=_("Head office (its customer code)"), required=False, max_length=100, help_text=_("For a branch.")
    )
    corporate_number = forms.CharField(label=_("corporate number"), required=False, max_length=30)
    postal_code = forms.CharField(label=_("postal code"), required=False, max_length=30)
    tag_words = forms.CharField(
        label=_("tags"), required=False, max_length=1000, help_text=_("Divided by commas or spaces.")
    )
    contact_version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Customer
        fields = (
            *("code", "kind", "name", "kana", "company", "corporate_number", "postal_code", "address"),
            *("industry", "region", "owner", "sales_owner", "deputy", "joined_on", "birth_on", "acquired_via"),
        )
        widgets = {"joined_on": forms.DateInput(**DAY), "birth_on": forms.DateInput(**DAY)}

    def __init__(self, data=None, *, instance: Customer, **kwargs: Any):
        contact = instance.contacts.filter(is_primary=True).first() if instance.pk else None
        initial = (
            {"email": contact.email, "phone": contact.phone, "contact_version": contact.version} if contact else {}
        )
        initial |= {
            "parent_code": instance.parent.code if instance.parent else "",
            "tag_words": ", ".join(instance.tags),
        }
        super().__init__(data, instance=instance, initial=initial, **kwargs)
        for name in ("owner", "sales_owner", "deputy"):
            self.fields[name].empty_label = _("(none)")
            self.fields[name].queryset = User.objects.filter(Q(is_active=True) | Q(pk=getattr(instance, f"{name}_id")))
        self.fields["code"].disabled = bool(instance.pk)
        if not instance.pk:
            self.fields["code"].required = False
            self.fields["code"].help_text = _("Left empty, one is made.")

    def versions(self, current: Customer) -> dict[str, int]:
        contact = current.contacts.filter(is_primary=True).first()
        return {"version": current.version, **({"contact_version": contact.version} if contact else {})}

    def changes(self) -> dict[str, Any]:
        """The customer's columns as entered; the code stays what it is."""
        names = [name for name in self._meta.fields if name != "code"]
        found = {name: self.cleaned_data[name] for name in names}
        return found | {"parent": self.cleaned_data["parent_code"], "tags": self.cleaned_data["tag_words"]}

    def of_contact(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in self.OF_CONTACT}

    def clean_code(self) -> str:
        return tidy(self.cleaned_data["code"])

    def clean_postal_code(self) -> str:
        """Seven digits, however they were typed."""
        digits = _digits(self.cleaned_data["postal_code"])
        if self.cleaned_data["postal_code"].strip() and len(digits) != 7:
            raise forms.ValidationError(_("A postal code has seven digits."))
        return digits

    def clean_corporate_number(self) -> str:
        """Thirteen digits, the first of which checks the others (国税庁: 9 − Σ Pn × Qn mod 9)."""
        digits = _digits(self.cleaned_data["corporate_number"])
        if not self.cleaned_data["corporate_number"].strip():
            return ""
        weighed = sum(int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits[1:])))
        if len(digits) != 13 or int(digits[0]) != 9 - weighed % 9:
            raise forms.ValidationError(_("A corporate number has 13 digits, and these do not fit together."))
        return digits

    def clean_parent_code(self) -> Customer | None:
        """The head office; not the customer itself, nor one of its own branches."""
        code = tidy(self.cleaned_data["parent_code"])
        if not code:
            return None
        parent = Customer.objects.current().filter(code=code).first()
        if parent is None:
            raise forms.ValidationError(_("There is no customer with the code %(code)s."), params={"code": code})
        above: Customer | None = parent
        for _step in range(50):
            if above is None or above.pk == self.instance.pk is not None:
                break
            above = above.parent
        if above is not None:
            raise forms.ValidationError(_("A head office cannot stand below its own branch."))
        return parent

    def clean_tag_words(self) -> list[str]:
        words = re.split(r"[,、;\s]+", tidy(self.cleaned_data["tag_words"]))
        if any(len(word) > 50 for word in words):
            raise forms.ValidationError(_("A tag has at most 50 letters."))
        return list(dict.fromkeys(filter(None, words)))


class ContactForm(_Typed, GuardedForm):
    """A person to reach at a customer."""

    ALSO_GUARDED = ("email", "phone")

    email = forms.CharField(label=_("E-mail"), required=False, max_length=254)
    phone = forms.CharField(label=_("Phone"), required=False, max_length=30)
    field_order = ("name", "kana", "department", "title", "role", "email", "phone", "time_zone", "left_on")

    class Meta:
        model = Contact
        fields = ("name", "kana", "department", "title", "role", "time_zone", "left_on")
        widgets = {"left_on": forms.DateInput(**DAY)}

    def __init__(self, data=None, *, instance: Contact, **kwargs: Any):
        super().__init__(data, instance=instance, initial={"email": instance.email, "phone": instance.phone}, **kwargs)
        say_nothing_is_chosen(self, "role")
        self.fields["time_zone"].widget.attrs["placeholder"] = Installation.get().time_zone
        self.fields["time_zone"].help_text = _("Promotions rest at night there, for example Europe/Paris. Empty: ours.")
        self.fields["left_on"].help_text = _("Who has left gets no more mail. Empty while the person is there.")

    def clean(self):
        data = super().clean()
        if not self.errors and not any(data.get(name) for name in ("name", "email", "phone", "department")):
            self.add_error("name", _("Give at least a name, an e-mail address or a phone number."))
        return data

    def changes(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.guarded}

    def clean_time_zone(self) -> str:
        zone = self.cleaned_data["time_zone"]
        if zone and zone not in available_timezones():
            raise forms.ValidationError(_("This is no time zone: write it as Asia/Tokyo or America/New_York."))
        return zone


def _people(customer: Customer) -> QuerySet[Contact]:
    return customer.contacts.order_by(F("left_on").desc(nulls_first=True), "-is_primary", "id")


class InteractionForm(GuardedForm):
    """A contact with a customer, written down or changed later."""

    USUAL = ("kind", "direction", "occurred_at", "category", "status", "contact", "subject", "body", "next_action")
    UNUSUAL = ("priority", "satisfaction", "competitor")

    class Meta:
        model = Interaction
        fields = (
            *("kind", "direction", "occurred_at", "category", "status", "contact", "subject", "body"),
            *("next_action", "next_on", "priority", "satisfaction", "competitor"),
        )
        widgets = {
            "occurred_at": forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
            "next_on": forms.DateInput(**DAY),
            "body": forms.Textarea(attrs={"rows": 3}),
            "satisfaction": forms.NumberInput(attrs={"min": 0, "max": 100, "step": "0.1"}),
        }

    def __init__(self, data=None, *, instance: Interaction, **kwargs: Any):
        super().__init__(data, instance=instance, **kwargs)
        self.fields["contact"].queryset = _people(instance.customer)
        self.fields["contact"].label = _("With whom")
        self.fields["contact"].empty_label = _("(not named)")
        self.fields["status"].required = False
        say_nothing_is_chosen(self, "category", "priority")
        self.initial["seen"] = self.initial["seen"] if instance.pk else ""

    def clean_status(self) -> str:
        return self.cleaned_data["status"] or Interaction.Status.CLOSED

    def clean_satisfaction(self):
        value = self.cleaned_data["satisfaction"]
        if value is not None and not 0 <= value <= 100:
            raise forms.ValidationError(_("Give a figure from 0 to 100."))
        return value

    def clean(self):
        data = super().clean()
        if not data.get("subject") and not data.get("body"):
            self.add_error("subject", _("Say in a word what it was about."))
        if data.get("next_action") and not data.get("next_on") and "next_on" not in self.errors:
            self.add_error("next_on", _("By when?"))
        return data

    def changes(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.guarded}


class LogForm(InteractionForm):
    """A contact just had: with what the customer asked us to stop, in one tick."""

    is_refusal = forms.BooleanField(label=_("“Please send me nothing more” (e-mail)"), required=False)
    no_phone = forms.BooleanField(label=_("“Please do not call me again”"), required=False)
    no_post = forms.BooleanField(label=_("“Please send no more letters”"), required=False)
    keeps = forms.BooleanField(label=_("The promise stays open"), required=False)

    REFUSALS = {"is_refusal": Channel.MAIL, "no_phone": Channel.PHONE, "no_post": Channel.POSTAL}

    def refused(self) -> list[Channel]:
        """The channels the customer wants to be left alone on."""
        return [channel for name, channel in self.REFUSALS.items() if self.cleaned_data[name]]

    @classmethod
    def blank(cls, customer: Customer) -> "LogForm":
        """For a contact of this minute, with the primary contact."""
        now = timezone.localtime().replace(second=0, microsecond=0)
        return cls(instance=Interaction(customer=customer, occurred_at=now))
