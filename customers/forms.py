"""Forms of the customers app."""

import json
import unicodedata

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User

from .models import Customer, Import, Interaction
from .searching import KATAKANA

LARGEST_FILE = 1 << 30


class UploadForm(forms.Form):
    """A file and what it holds."""

    kind = forms.ChoiceField(label=_("What does the file hold?"), choices=Import.Kind)
    file = forms.FileField(
        label=_("File"), help_text=_("CSV or TSV. Encoding, delimiter and columns are found; you see them next.")
    )

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > LARGEST_FILE:
            raise forms.ValidationError(_("The file is larger than 1 GB."))
        return file


class CustomerForm(forms.ModelForm):
    """A customer with the primary contact's e-mail and phone."""

    OF_CONTACT = ("email", "phone")

    email = forms.EmailField(label=_("E-mail"), required=False)
    phone = forms.CharField(label=_("Phone"), required=False, max_length=30)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    seen = forms.CharField(widget=forms.HiddenInput, required=False)  # what stood in the fields when the page was made

    class Meta:
        model = Customer
        fields = (
            *("code", "kind", "name", "kana", "company", "postal_code", "address"),
            *("industry", "region", "owner", "joined_on", "acquired_via"),
        )
        widgets = {"joined_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}

    def __init__(self, *args, instance: Customer, **kwargs):
        contact = instance.contacts.filter(is_primary=True).first() if instance.pk else None
        initial = {"email": contact.email, "phone": contact.phone} if contact else {}
        super().__init__(*args, instance=instance, initial={**initial, "version": instance.version}, **kwargs)
        self.initial["seen"] = json.dumps(self.stands())
        self.fields["owner"].queryset = User.objects.filter(Q(is_active=True) | Q(pk=instance.owner_id))
        if instance.pk:
            self.fields["code"].disabled = True
        else:
            self.fields["code"].required = False
            self.fields["code"].help_text = _("Left empty, one is made.")

    def stands(self) -> dict[str, str]:
        """What stands in the database, as the fields show it."""
        return {name: str(self.initial.get(name) or "") for name in (*self.Meta.fields, *self.OF_CONTACT)}

    def clean_code(self) -> str:
        return _tidy(self.cleaned_data["code"])

    def clean_name(self) -> str:
        return _tidy(self.cleaned_data["name"])

    def clean_kana(self) -> str:
        """Katakana of full width, however it was typed."""
        return _tidy(self.cleaned_data["kana"]).translate(KATAKANA)

    def clean_email(self) -> str:
        return _tidy(self.cleaned_data["email"]).lower()

    def clean_phone(self) -> str:
        """Digits alone, with a leading + kept."""
        text = unicodedata.normalize("NFKC", self.cleaned_data["phone"])
        digits = "".join(letter for letter in text if letter.isdigit())
        if text.strip() and not 9 <= len(digits) <= 15:
            raise forms.ValidationError(_("A phone number has 9 to 15 digits."))
        return f"+{digits}" if text.strip().startswith("+") else digits

    def clean_postal_code(self) -> str:
        """Seven digits, however they were typed."""
        text = unicodedata.normalize("NFKC", self.cleaned_data["postal_code"])
        digits = "".join(letter for letter in text if letter.isdigit())
        if text.strip() and len(digits) != 7:
            raise forms.ValidationError(_("A postal code has seven digits."))
        return digits

    def against(self, current: Customer) -> "CustomerForm":
        """The same entries over what somebody else saved: what the person left alone follows him, and what both
        changed keeps the person's entry with the other's beside it."""
        theirs = CustomerForm(instance=current).stands()
        seen = _read_object(self.data.get("seen", ""))
        mine = {**theirs, **{name: self.data.get(name, "") for name in theirs if not self.fields[name].disabled}}
        entries = {name: theirs[name] if mine[name] == seen.get(name) else mine[name] for name in theirs}
        again = CustomerForm({**entries, "version": current.version, "seen": json.dumps(theirs)}, instance=current)
        for name in (name for name in theirs if entries[name] != theirs[name]):
            shown = current.owner if name == "owner" else theirs[name]
            again.fields[name].help_text = _("Now stands here: %(value)s") % {"value": shown or _("(empty)")}
        return again


def _tidy(text: str) -> str:
    """As the import reads it: NFKC, every run of spaces one space, none at the ends."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def _read_object(text: str) -> dict:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


class InteractionForm(forms.ModelForm):
    """A contact with a customer, written down."""

    is_refusal = forms.BooleanField(label=_("“Please send me nothing more”"), required=False)
    keeps = forms.BooleanField(label=_("The promise stays open"), required=False)

    class Meta:
        model = Interaction
        fields = ["kind", "direction", "occurred_at", "subject", "body", "next_action", "next_on"]
        widgets = {
            "occurred_at": forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
            "next_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "body": forms.Textarea(attrs={"rows": 3}),
        }

    def clean(self):
        data = super().clean()
        if not data.get("subject") and not data.get("body"):
            self.add_error("subject", _("Say in a word what it was about."))
        if data.get("next_action") and not data.get("next_on"):
            self.add_error("next_on", _("By when?"))
        return data
