"""What people type about an event: its details, somebody's answer told on the phone, a list of who came."""

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .models import Occasion, Rsvp
from .occasions import DETAILS

MOST_BYTES = 5_000_000


class MomentField(forms.SplitDateTimeField):
    """A day and a time, in the company's zone (the active one)."""

    def __init__(self, **kwargs):
        widget = forms.SplitDateTimeWidget(
            date_format="%Y-%m-%d", time_format="%H:%M", date_attrs={"type": "date"}, time_attrs={"type": "time"}
        )
        super().__init__(widget=widget, **kwargs)


class OccasionForm(forms.ModelForm):
    """When, where, for how many, and until when people answer."""

    starts_at = MomentField(label=_("begins"))
    ends_at = MomentField(label=_("ends"))
    url = forms.URLField(
        label=_("online address"),
        required=False,
        max_length=500,
        assume_scheme="https",
        help_text=_("Shown only to those who are coming."),
    )
    answer_until = MomentField(
        label=_("answer until"),
        required=False,
        help_text=_("Empty: until it begins. Later a seat can only be given back."),
    )

    class Meta:
        model = Occasion
        fields = ("capacity", *DETAILS)
        help_texts = {
            "capacity": _("Empty: no limit. More seats later move the waiting list up at once."),
            "most_each": _("How many seats one answer may take, companions included."),
        }

    def clean(self) -> dict:
        data = super().clean()
        begins, ends, until = data.get("starts_at"), data.get("ends_at"), data.get("answer_until")
        if begins and ends and ends <= begins:
            self.add_error("ends_at", _("It ends before it begins."))
        if begins and until and until > begins:
            self.add_error("answer_until", _("Answers can't be taken after it has begun."))
        if data.get("capacity") == 0:
            self.add_error("capacity", _("An event without seats invites nobody. Leave it empty for no limit."))
        if data.get("most_each") == 0:
            self.add_error("most_each", _("At least one seat."))
        return data


class ToldForm(forms.Form):
    """An answer somebody gave on the phone."""

    customer = forms.CharField(label=_("Customer code"), max_length=100)
    answer = forms.ChoiceField(
        label=pgettext_lazy("event", "Answer"),
        choices=[(one, one.label) for one in (Rsvp.Answer.COMING, Rsvp.Answer.DECLINED)],
    )
    seats = forms.IntegerField(label=pgettext_lazy("answer", "seats"), min_value=1, max_value=1000, initial=1)


class AttendanceForm(forms.Form):
    """A list of who came, as a file or pasted."""

    file = forms.FileField(label=_("CSV file"), required=False)
    text = forms.CharField(
        label=_("or paste the lines"), required=False, widget=forms.Textarea({"rows": 6}), max_length=MOST_BYTES
    )

    def clean(self) -> dict:
        data = super().clean()
        file = data.get("file")
        if file and file.size > MOST_BYTES:
            self.add_error("file", _("The file is larger than 5 MB."))
        elif file:
            data["text"] = self._decoded(file.read())
        if not self.errors and not data.get("text", "").strip():
            self.add_error("text", _("Choose a file, or paste lines."))
        return data

    def _decoded(self, content: bytes) -> str:
        for encoding in ("utf-8-sig", "cp932"):
            try:
                return content.decode(encoding)
            except UnicodeDecodeError:
                continue
        self.add_error("file", _("The file is neither UTF-8 nor CP932 (Shift_JIS)."))
        return ""
