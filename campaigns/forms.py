"""What people type into a campaign: its words, its audience, when it goes, who is left out."""

import datetime as dt
import re
from decimal import Decimal

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from segments.models import Segment

from . import compliance, composing
from .compliance import OFFER_FIELDS
from .models import Campaign, Exclusion, Offer

PREFIX = re.compile(r"[A-Z0-9-]*")


class DateInput(forms.DateInput):
    """The browser's own calendar."""

    input_type = "date"

    def __init__(self):
        super().__init__(format="%Y-%m-%d")


class SegmentField(forms.ModelChoiceField):
    """Segments with how many are in them."""

    def label_from_instance(self, segment: Segment) -> str:
        people = ngettext("%(count)s customer", "%(count)s customers", segment.member_count)
        return f"{segment} ({people % {'count': f'{segment.member_count:,}'}})"


class CampaignForm(forms.ModelForm):
    """How a campaign is set, and its offer. The words of its mails have a page of their own."""

    offer_text = forms.CharField(
        label=_("Offer"), max_length=200, required=False, help_text=_("Leave it empty if you offer nothing.")
    )
    expires_on = forms.DateField(
        label=_("Valid until"),
        required=False,
        widget=DateInput(),
        help_text=_("What could not be sent by then is not sent any more."),
    )
    code_prefix = forms.CharField(
        label=_("Start of the code"),
        max_length=12,
        required=False,
        help_text=_("Capital letters, figures, hyphens. A code of its own for each customer follows, used once."),
    )
    kind = forms.ChoiceField(label=_("Kind of offer"), choices=Offer.Kind.choices, required=False)
    value = forms.DecimalField(
        label=_("Worth"), min_value=0, max_digits=12, decimal_places=2, required=False, help_text=_("Percent, or yen.")
    )
    is_for_new = forms.BooleanField(label=_("For new customers"), required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Campaign
        fields = composing.FIELDS
        field_classes = {"segment": SegmentField}
        widgets = {"message_class": forms.RadioSelect}
        labels = {"name": _("Name of the campaign"), "segment": _("Segment"), "goal": _("Goal")}
        help_texts = {
            "message_class": _("A business notice goes out without consent, and may not carry an offer."),
            "goal": _("What counts as success within the days below."),
            "holdout_percent": _(
                "Percent of the audience that gets nothing this time, so that the effect can be seen."
            ),
            "window_days": _("From the day of sending. It can't be changed afterwards."),
            "expected_effect": _("How many percent points more of them will reach the goal."),
            "cost": _("Postage, fees, working time. Empty: no return is computed."),
        }

    def __init__(self, *args, today: dt.date, **kwargs):
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields["holdout_percent"].max_value = 50
        for name, low, high in [("holdout_percent", 0, 50), ("window_days", 1, 365)]:
            self.fields[name].widget.attrs.update({"min": low, "max": high})
        self.fields["cost"].widget.attrs.update({"min": 0, "step": 1})
        self.fields["segment"].empty_label = _("Choose a segment")
        if self.instance.pk and not self.is_bound:
            self.initial |= _offer_of(self.instance) | {"version": self.instance.version}

    def clean_holdout_percent(self) -> int:
        return self._between("holdout_percent", 0, 50)

    def clean_window_days(self) -> int:
        return self._between("window_days", 1, 365)

    def _between(self, name: str, low: int, high: int) -> int:
        value = self.cleaned_data[name]
        if not low <= value <= high:
            raise forms.ValidationError(_("Enter a number from %(low)s to %(high)s.") % {"low": low, "high": high})
        return value

    def clean_expected_effect(self):
        value = self.cleaned_data["expected_effect"]
        if not 0 < value <= 100:
            raise forms.ValidationError(_("Enter points above 0, at most 100."))
        return value

    def clean_code_prefix(self) -> str:
        text = self.cleaned_data["code_prefix"].upper()
        if not PREFIX.fullmatch(text):
            raise forms.ValidationError(_("Use capital letters A–Z, figures and hyphens only."))
        return text

    def clean_expires_on(self) -> dt.date | None:
        day = self.cleaned_data["expires_on"]
        if day and day < self.today:
            raise forms.ValidationError(_("This day has passed."))
        return day

    def clean_value(self) -> Decimal | None:
        value = self.cleaned_data["value"]
        if value is not None and value > 100 and self.data.get("kind") == Offer.Kind.PERCENT:
            raise forms.ValidationError(_("Not more than 100 percent."))
        return value

    def clean(self) -> dict:
        data = super().clean()
        steps = self.instance.steps.all() if self.instance.pk else []
        used = set().union(*(compliance.used(words) for step in steps for words in compliance.words_of(step)))
        self._check_offer(data, used)
        return data

    def _check_offer(self, data: dict, used: set[str]) -> None:
        """The words and the offer must fit; each misfit stands where it can be mended."""
        if data.get("message_class") == Campaign.MessageClass.BUSINESS:
            if used & OFFER_FIELDS or data.get("offer_text"):
                self.add_error("message_class", _("A business notice may not carry an offer: take it out of the text."))
            return
        if used & OFFER_FIELDS and not data.get("offer_text"):
            self.add_error("offer_text", _("The text names an offer: say what it is."))
        if "expires_on" in used and "expires_on" in data and not data["expires_on"]:
            self.add_error("expires_on", _("The text names the day: choose one."))

    @property
    def offer(self) -> composing.Given:
        data = self.cleaned_data
        return composing.Given(
            data["offer_text"],
            data["expires_on"],
            data["code_prefix"],
            data["kind"] or Offer.Kind.OTHER,
            data["value"],
            data["is_for_new"],
        )


def _offer_of(campaign: Campaign) -> dict:
    """The form's own fields from what is stored."""
    offer = getattr(campaign, "offer", None)
    if offer is None:
        return {}
    names = ("expires_on", "code_prefix", "kind", "value", "is_for_new")
    return {"offer_text": offer.text, **{name: getattr(offer, name) for name in names}}


class LaunchForm(forms.Form):
    """Now, or at a day and time of the company's zone."""

    NOW, LATER = "now", "later"

    when = forms.ChoiceField(
        label=_("When"),
        choices=[(NOW, _("Send now")), (LATER, _("Send at a set time"))],
        initial=NOW,
        widget=forms.RadioSelect,
    )
    day = forms.DateField(label=_("Day"), required=False, widget=DateInput())
    time = forms.TimeField(
        label=_("Time"), required=False, initial=dt.time(10), widget=forms.TimeInput({"type": "time"}, format="%H:%M")
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    def clean(self) -> dict:
        data = super().clean()
        if data.get("when") == self.LATER:
            for name in ("day", "time"):
                if not self.errors.get(name) and not data.get(name):
                    self.add_error(name, _("Needed for sending at a set time."))
        return data

    def at(self, zone: dt.tzinfo) -> dt.datetime | None:
        """The moment to send; None for now."""
        if self.cleaned_data["when"] == self.NOW:
            return None
        return dt.datetime.combine(self.cleaned_data["day"], self.cleaned_data["time"], zone)


class ExclusionForm(forms.ModelForm):
    """Why no campaign writes to a customer, and until when."""

    class Meta:
        model = Exclusion
        fields = ("reason", "note", "until_on")
        widgets = {"until_on": DateInput()}
        help_texts = {"until_on": _("Empty: until someone takes it back.")}
