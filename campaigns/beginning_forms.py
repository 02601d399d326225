"""The few things a playbook asks before its campaign is made."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from segments.models import Segment

from . import composing, rendering
from .forms import DateInput, SegmentField
from .models import Campaign
from .playbooks import Ask, Playbook

VALID_FOR = dt.timedelta(days=30)


class MomentInput(forms.DateTimeInput):
    """The browser's own calendar with a clock."""

    input_type = "datetime-local"

    def __init__(self):
        super().__init__(format="%Y-%m-%dT%H:%M")


def _field(ask: Ask) -> forms.Field:
    common: dict[str, Any] = {"label": ask.label, "required": ask.is_needed, "help_text": ask.hint}
    if ask.shape == "day":
        return forms.DateField(widget=DateInput(), **common)
    if ask.shape == "moment":
        return forms.DateTimeField(widget=MomentInput(), **common)
    if ask.shape == "count":
        return forms.IntegerField(min_value=1, max_value=1_000_000, **common)
    if ask.shape == "url":
        return forms.URLField(max_length=1000, assume_scheme="https", **common)
    return forms.CharField(max_length=200, **common)


class BeginForm(forms.Form):
    """Name, for whom, and what the playbook asks; everything else is filled in and can be changed afterwards."""

    name = forms.CharField(label=_("Name of the campaign"), max_length=120)
    segment = SegmentField(
        label=_("Segment"), queryset=Segment.objects.all(), empty_label=_("Choose a segment"), help_text=_("For whom.")
    )

    def __init__(self, *args, playbook: Playbook, language: str, today: dt.date, zone: dt.tzinfo, **kwargs):
        self.playbook, self.language, self.today, self.zone = playbook, language, today, zone
        kwargs["initial"] = self._first() | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)
        self.fields.update({ask.key: _field(ask) for ask in playbook.asks})
        self.order_fields([*(ask.key for ask in playbook.asks), "segment", "name"])

    def _first(self) -> dict[str, Any]:
        words = self.playbook.words(self.language)
        first = {ask.key: words.first.get(ask.key, "") for ask in self.playbook.asks}
        first = {key: text for key, text in first.items() if text != "https://"}
        return {**first, "name": f"{words.name} {self.today:%Y/%m}", "expires_on": self.today + VALID_FOR}

    @property
    def asked(self) -> list[forms.BoundField]:
        return [self[ask.key] for ask in self.playbook.asks]

    def clean(self) -> dict:
        data = super().clean()
        for ask in self.playbook.asks:
            if isinstance(data.get(ask.key), str) and (problems := rendering.template_problems(data[ask.key])):
                self.add_error(ask.key, problems)
        return data

    def clean_expires_on(self) -> dt.date:
        day = self.cleaned_data["expires_on"]
        if day < self.today:
            raise forms.ValidationError(_("This day has passed."))
        return day

    def clean_starts_at(self) -> dt.datetime:
        at = self.cleaned_data["starts_at"].replace(tzinfo=self.zone)
        if at.date() <= self.today:
            raise forms.ValidationError(_("Choose a day after today."))
        return at

    @property
    def campaign(self) -> Campaign:
        data = self.cleaned_data
        settings = {"playbook": self.playbook.key, **self.playbook.settings}
        return Campaign(name=data["name"], segment=data["segment"], **settings)

    @property
    def messages(self) -> list[composing.Message]:
        answers = {key: value for key, value in self.cleaned_data.items() if isinstance(value, str)}
        steps = self.playbook.steps(self.language, answers)
        return [
            composing.Message(step["subject"], blocks=step["blocks"], wait=self._wait(plan), condition=plan.condition)
            for step, plan in zip(steps, self.playbook.plans, strict=True)
        ]

    def _wait(self, plan: Any) -> int:
        """Days; after an event reckoned from today, as if the invitation went out now."""
        if not plan.is_after_event:
            return plan.wait
        return (self.cleaned_data["starts_at"].date() - self.today).days + plan.wait

    @property
    def offer(self) -> composing.Given | None:
        if not self.playbook.has_offer:
            return None
        prefix = self.playbook.words(self.language).prefix
        return composing.Given(self.cleaned_data["offer"], self.cleaned_data["expires_on"], prefix)

    @property
    def event(self) -> composing.Invited | None:
        data: Mapping[str, Any] = self.cleaned_data
        if not self.playbook.has_event:
            return None
        return composing.Invited(data["title"], data["starts_at"], data["place"], data["capacity"])
