"""What people set on the flow page: who enters and when, who leaves, whom it goes to; and when a step comes."""

from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.models import Contact
from segments.models import Segment

from . import anniversaries, conditions, recurring
from .forms import SegmentField
from .models import Campaign, Step, WaitUnit, Way

Trigger = Campaign.Trigger
DAYS, MONTHS = "days", "months"
BEFORE, AFTER = "before", "after"
NEVER, AGAIN = "never", "again"
MOST_WAIT = 400


def _number(label: Any, most: int, **kwargs: Any) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=0, max_value=most, required=False, **kwargs)


def _time(label: Any, help_text: Any) -> forms.TimeField:
    widget = forms.TimeInput({"type": "time"}, format="%H:%M")
    return forms.TimeField(label=label, required=False, widget=widget, help_text=help_text)


class RulesForm(forms.Form):
    """Trigger, re-entry, exits, recipients and priority of a campaign. After the launch the trigger's kind is fixed."""

    trigger = forms.ChoiceField(label=_("When people enter"), choices=Trigger, widget=forms.RadioSelect)
    present = forms.BooleanField(label=_("Those in the segment at the launch enter as well"), required=False)
    date = forms.ChoiceField(
        label=_("Date"), required=False, choices=[(one.key, one.label) for one in anniversaries.DATES.values()]
    )
    distance = _number(_("Distance"), anniversaries.MOST_DAYS, help_text=_("0: on the day itself."))
    unit = forms.ChoiceField(
        label=_("Unit"),
        required=False,
        choices=[(DAYS, WaitUnit.DAYS.label), (MONTHS, pgettext_lazy("unit", "months"))],
    )
    side = forms.ChoiceField(
        label=_("Before or after"),
        required=False,
        choices=[(BEFORE, pgettext_lazy("date", "before")), (AFTER, pgettext_lazy("date", "after"))],
    )
    every = forms.ChoiceField(
        label=_("How often"), required=False, choices=[("week", _("every week")), ("month", _("every month"))]
    )
    weekdays = forms.TypedMultipleChoiceField(
        label=_("On these weekdays"),
        required=False,
        coerce=int,
        choices=list(WEEKDAYS.items()),
        widget=forms.CheckboxSelectMultiple,
    )
    month_day = forms.TypedChoiceField(
        label=_("On this day of the month"),
        required=False,
        coerce=int,
        choices=[*((day, day) for day in range(1, 32)), (recurring.LAST, _("the last day"))],
        help_text=_("Months without this day: on their last day."),
    )
    send_time = _time(_("At"), _("Time of day at which people enter by date or on a set day. Empty: 10:00."))
    again = forms.ChoiceField(
        label=_("Entering again"),
        choices=[(NEVER, _("Everybody enters once")), (AGAIN, _("May enter again after so many days"))],
        widget=forms.RadioSelect,
    )
    reentry_days = _number(_("Days since the last entry"), 3650)
    exits_on_goal = forms.BooleanField(label=_("Who reaches the goal leaves"), required=False)
    exits_on_leaving = forms.BooleanField(label=_("Who leaves the segment leaves the campaign"), required=False)
    recipients = forms.ChoiceField(
        label=pgettext_lazy("contacts", "Recipients"),
        choices=Campaign.Recipients,
        widget=forms.RadioSelect,
        required=False,
    )
    recipient_roles = forms.MultipleChoiceField(
        label=_("Roles"), required=False, choices=Contact.Role, widget=forms.CheckboxSelectMultiple
    )
    priority = forms.TypedChoiceField(
        label=_("Priority"),
        coerce=int,
        choices=Campaign.Priority,
        help_text=_("Who gets too much in a week gets the more important ones."),
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args, campaign: Campaign, **kwargs):
        super().__init__(*args, initial=stored(campaign), **kwargs)
        self.campaign = campaign
        if campaign.state != Campaign.State.DRAFT:
            for name in ("trigger", "recipients", "recipient_roles"):
                self.fields[name].disabled = True

    def clean(self) -> dict:
        data = super().clean()
        check = {Trigger.DATE: self._check_date, Trigger.RECURRING: self._check_recurring}
        if (trigger := data.get("trigger")) in check:
            check[trigger](data)
        if data.get("again") == AGAIN and data.get("reentry_days") is None and "reentry_days" not in self.errors:
            self.add_error("reentry_days", _("Enter how many days."))
        if data.get("recipients") == Campaign.Recipients.ROLE and not data.get("recipient_roles"):
            self.add_error("recipient_roles", _("Choose at least one role."))
        return data

    def _check_date(self, data: dict) -> None:
        if not data.get("date"):
            self.add_error("date", _("Choose the date."))
        if data.get("unit") == MONTHS and (data.get("distance") or 0) > anniversaries.MOST_MONTHS:
            self.add_error("distance", _("At most %(n)s months.") % {"n": anniversaries.MOST_MONTHS})

    def _check_recurring(self, data: dict) -> None:
        if data.get("every") == "month":
            if data.get("month_day") in (None, ""):
                self.add_error("month_day", _("Choose the day."))
        elif not data.get("weekdays"):
            self.add_error("weekdays", _("Choose at least one weekday."))

    @property
    def values(self) -> dict[str, Any]:
        """The campaign's columns."""
        data = self.cleaned_data
        plain = (
            "trigger",
            "send_time",
            "exits_on_goal",
            "exits_on_leaving",
            "recipients",
            "recipient_roles",
            "priority",
        )
        days = data["reentry_days"] if data["again"] == AGAIN else None
        return {name: data[name] for name in plain} | {"trigger_rule": self._rule(data), "reentry_days": days}

    def _rule(self, data: dict) -> dict[str, Any]:
        if data["trigger"] == Trigger.DATE:
            distance = (data["distance"] or 0) * (1 if data["side"] == AFTER else -1)
            return {"field": data["date"], **({data["unit"] or DAYS: distance} if distance else {})}
        if data["trigger"] == Trigger.RECURRING:
            return {"every": data["every"], "on": data["month_day"] if data["every"] == "month" else data["weekdays"]}
        if data["trigger"] == Trigger.ENTERING and data["present"]:
            return {"present": True}
        return {}


def stored(campaign: Campaign) -> dict[str, Any]:
    """The form's fields from what is stored. A campaign by date or on a set day lets people in each time, at first."""
    names = ("trigger", "send_time", "exits_on_goal", "exits_on_leaving", "recipients", "recipient_roles", "priority")
    rule = campaign.trigger_rule
    distance = rule.get(MONTHS) or rule.get(DAYS) or 0
    on = rule.get("on")
    return {name: getattr(campaign, name) for name in (*names, "version", "reentry_days")} | {
        "present": bool(rule.get("present")),
        "date": rule.get("field", ""),
        "distance": abs(distance),
        "unit": MONTHS if rule.get(MONTHS) else DAYS,
        "side": AFTER if distance > 0 else BEFORE,
        "every": rule.get("every", "week"),
        "weekdays": on if isinstance(on, list) else [],
        "month_day": on if isinstance(on, int) else 1,
        "again": NEVER if campaign.reentry_days is None else AGAIN,
    }


class StepForm(forms.Form):
    """When a step comes, for whom, and how it reaches them."""

    wait = forms.IntegerField(label=_("Wait"), min_value=0, max_value=MOST_WAIT)
    wait_unit = forms.ChoiceField(label=_("Unit"), choices=WaitUnit)
    send_time = _time(
        _("At"), _("Empty: as soon as the wait is over. Working days leave out weekends, holidays and days off.")
    )
    condition = forms.ChoiceField(
        label=_("For whom"), choices=[(kind.key, kind.label) for kind in conditions.KINDS.values()]
    )
    condition_step = forms.TypedChoiceField(
        label=_("Earlier step"),
        required=False,
        coerce=int,
        empty_value=None,
        help_text=_("For conditions about clicks."),
    )
    condition_segment = SegmentField(
        Segment.objects.all(),
        empty_label="–",
        label=_("Segment"),
        required=False,
        help_text=_("For conditions about a segment."),
    )
    channel = forms.ChoiceField(label=_("Channel"), choices=Way)
    unit_cost = forms.DecimalField(label=_("Cost apiece"), required=False, min_value=0, max_digits=10, decimal_places=2)
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args, step: Step, version: int, **kwargs):
        condition = conditions.read(step.condition)
        initial = {name: getattr(step, name) for name in ("wait", "wait_unit", "send_time", "channel", "unit_cost")}
        initial |= {"condition": condition["is"], "condition_step": condition["step"], "version": version}
        super().__init__(*args, initial={**initial, "condition_segment": condition["segment"] or None}, **kwargs)
        before = [(n, _("Step %(n)s") % {"n": n}) for n in range(1, step.position)]
        self.fields["condition_step"].choices = [("", "–"), *before]

    def clean(self) -> dict:
        data = super().clean()
        needs = conditions.KINDS[data["condition"]].needs if "condition" in data else ""
        if needs and not data.get(f"condition_{needs}") and f"condition_{needs}" not in self.errors:
            self.add_error(f"condition_{needs}", _("The condition needs this."))
        return data

    @property
    def values(self) -> dict[str, Any]:
        """The step's columns (editions.RULES)."""
        data = self.cleaned_data
        segment = data["condition_segment"].pk if data["condition_segment"] else None
        condition = conditions.stored(data["condition"], step=data["condition_step"], segment=segment)
        plain = ("wait", "wait_unit", "send_time", "channel", "unit_cost")
        return {name: data[name] for name in plain} | {"condition": condition}
