"""What people type into a campaign: its words, its audience, when it goes, who is left out."""

import datetime as dt
import re

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from segments.models import Segment

from . import composing, rendering
from .models import Campaign, Exclusion
from .playbooks import Playbook

PREFIX = re.compile(r"[A-Z0-9-]*")
OFFER_FIELDS = {"offer", "coupon", "expires_on"}
VALID_FOR = dt.timedelta(days=30)
TAKES_FIELDS = {"data-takes-fields": True}  # compose.js puts merge fields in


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
    """A campaign, its one message and its offer. Errors of merge fields stand at the text they are in."""

    subject = forms.CharField(label=_("Subject"), max_length=200, widget=forms.TextInput(TAKES_FIELDS))
    body = forms.CharField(
        label=_("Text of the mail"),
        max_length=rendering.MAX_LENGTH,
        widget=forms.Textarea({"rows": 20, **TAKES_FIELDS}),
    )
    offer_text = forms.CharField(
        label=_("Offer"), max_length=200, required=False, help_text=_("Leave it empty if you offer nothing.")
    )
    expires_on = forms.DateField(
        label=_("Valid until"),
        required=False,
        widget=DateInput(),
        help_text=_("Mails that could not be sent by then are not sent any more."),
    )
    code_prefix = forms.CharField(
        label=_("Start of the code"),
        max_length=12,
        required=False,
        help_text=_("Capital letters, figures, hyphens. A code of its own for each customer follows, used once."),
    )
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
            self.initial |= words_of(self.instance) | {"version": self.instance.version}

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

    def clean_subject(self) -> str:
        return self._template("subject")

    def clean_body(self) -> str:
        return self._template("body")

    def _template(self, name: str) -> str:
        text = self.cleaned_data[name]
        if problems := rendering.template_problems(text):
            raise forms.ValidationError(problems)
        return text

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

    def clean(self) -> dict:
        data = super().clean()
        if "subject" in data and "body" in data:
            self._check_offer(data, rendering.uses(data["subject"]) | rendering.uses(data["body"]))
        return data

    def _check_offer(self, data: dict, used: set[str]) -> None:
        """The words and the offer must fit; each misfit stands where it can be mended."""
        if data.get("message_class") == Campaign.MessageClass.BUSINESS:
            if used & OFFER_FIELDS or data.get("offer_text"):
                self.add_error("message_class", _("A business notice may not carry an offer: take it out of the text."))
            return
        if used & OFFER_FIELDS and not data.get("offer_text"):
            self.add_error("offer_text", _("The text names an offer: say what it is."))
        if "expires_on" in used and not data.get("expires_on"):
            self.add_error("expires_on", _("The text names the day: choose one."))

    @property
    def words(self) -> composing.Words:
        data = self.cleaned_data
        return composing.Words(
            data["subject"], data["body"], data["offer_text"], data["expires_on"], data["code_prefix"]
        )


def words_of(campaign: Campaign) -> dict:
    """The form's own fields from what is stored."""
    step = campaign.steps.first()
    offer = getattr(campaign, "offer", None)
    found = {"subject": step.subject, "body": step.body} if step else {}
    if offer:
        found |= {"offer_text": offer.text, "expires_on": offer.expires_on, "code_prefix": offer.code_prefix}
    return found


def begin_with(playbook: Playbook, *, segment: Segment | None, language: str, today: dt.date) -> dict:
    """What the form of a new campaign shows first."""
    words = playbook.words(language)
    offer = {"offer_text": words.offer, "code_prefix": words.prefix, "expires_on": today + VALID_FOR}
    return {
        "name": f"{words.name} {today:%Y/%m}",
        "segment": segment or Segment.objects.filter(slug=playbook.segment).first(),
        "subject": words.subject,
        "body": words.body,
        **(offer if playbook.has_offer else {}),
    }


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
