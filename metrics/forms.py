"""What people type: the simulator's figures (rates are percents here, shares below), goals, remarks, reasons."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from accounts.roles import PERMISSIONS

from . import goals
from .definitions import METRICS
from .models import Schedule
from .periods import named
from .simulator import Figures

LARGEST = 1_000_000_000_000


def _field(label, *, low: float, high: float, step: float, slides_to: float | None = None):
    """A number with its limits; `slides_to`: the right end of its slider (None: none)."""
    limits = {"min": low, "max": high, "step": "any", "class": "form-control", "inputmode": "decimal"}
    slider = {"data-slide-to": slides_to, "data-slide-step": step} if slides_to else {}
    return forms.FloatField(
        label=label, min_value=low, max_value=high, widget=forms.NumberInput({**limits, **slider}), required=True
    )


class SimulatorForm(forms.Form):
    """The company's figures, changed at will; nothing is stored."""

    customers = _field(_("Customers now"), low=1, high=LARGEST, step=1)
    churn = _field(_("Lost a month (%)"), low=0, high=100, step=0.1, slides_to=20)
    value = _field(_("Revenue a customer and month"), low=0, high=LARGEST, step=1)
    margin = _field(_("Margin (%)"), low=0, high=100, step=1, slides_to=100)
    joining = _field(_("New customers a month"), low=0, high=LARGEST, step=1)
    winning = _field(_("Cost of winning one"), low=0, high=LARGEST, step=100)
    keeping = _field(_("Cost of looking after one, a month"), low=0, high=LARGEST, step=10)
    months = forms.IntegerField(
        label=_("Over how many months"),
        min_value=1,
        max_value=120,
        widget=forms.NumberInput(
            {"class": "form-control", "min": 1, "max": 120, "data-slide-to": 120, "data-slide-step": 1}
        ),
    )
    points = _field(_("Points of yearly churn it saves"), low=0, high=100, step=0.5, slides_to=20)
    extra = _field(_("Spent more on each customer a year"), low=0, high=LARGEST, step=100)

    @property
    def figures(self) -> Figures:
        data = self.cleaned_data
        names = ("customers", "value", "joining", "winning", "keeping", "months")
        shares = {name: data[name] / 100 for name in ("churn", "margin")}
        return Figures(**{name: data[name] for name in names}, **shares)


def as_typed(figures: Figures, *, points: float, extra: float) -> Mapping[str, Any]:
    """The form's values for these figures."""
    return {
        "customers": round(figures.customers),
        "churn": round(figures.churn * 100, 2),
        "value": round(figures.value),
        "margin": round(figures.margin * 100, 1),
        "joining": round(figures.joining, 1),
        "winning": round(figures.winning),
        "keeping": round(figures.keeping),
        "months": figures.months,
        "points": points,
        "extra": round(extra),
    }


def _day_field(label):
    return forms.DateField(label=label, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"))


class RemarkForm(forms.Form):
    """What happened on a day, on the charts of one figure or of all."""

    on = _day_field(_("Day"))
    text = forms.CharField(label=_("What happened"), max_length=100)
    metric = forms.ChoiceField(label=_("On which charts"), required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, policy: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = [(key, METRICS[key].name_under(policy)) for key in goals.offered()]
        self.fields["metric"].choices = [("", _("On all charts")), *named]  # type: ignore[attr-defined]


class GoalForm(forms.Form):
    """What a figure should be from a month on."""

    metric = forms.ChoiceField(label=_("Which figure"))
    since = forms.CharField(label=_("From month"), widget=forms.DateInput({"type": "month"}))
    value = forms.DecimalField(
        label=pgettext_lazy("figure", "goal"),
        required=False,
        max_digits=16,
        decimal_places=2,
        min_value=0,
        help_text=_("In the unit of the figure. Leave it empty for: no goal from that month on."),
    )

    def __init__(self, *args: Any, policy: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = [(key, f"{METRICS[key].name_under(policy)} ({unit})") for key, unit in goals.offered().items()]
        self.fields["metric"].choices = named  # type: ignore[attr-defined]

    def clean_since(self) -> dt.date:
        """The first day of the month, from 2026-10 as browsers give it, or 2026/10 as typed without one."""
        period = named(self.cleaned_data["since"].strip().replace("/", "-"))
        if period is None or period.months != 1:
            raise forms.ValidationError(_("Write the month like 2026-04."))
        return period.first

    def clean(self) -> dict[str, Any]:
        """A share cannot be meant as a fraction of 1: 0.05 for 5 % is asked about."""
        data = super().clean() or {}
        value, metric = data.get("value"), data.get("metric")
        is_share = metric in METRICS and METRICS[metric].unit == "%"
        if value is not None and is_share and value > goals.HIGHEST_SHARE:
            self.add_error("value", _("Write a percentage, like 4.5."))
        if value is not None and is_share and Decimal(0) < value < Decimal("0.1"):
            self.add_error("value", _("That would be less than 0.1%. Write 4.5 for 4.5%."))
        return data


class ReopenForm(forms.Form):
    """Why a closed month is opened again."""

    reason = forms.CharField(label=_("Why is it reopened?"), max_length=200)


class ScheduleForm(forms.Form):
    """When a report goes to whom, in which form."""

    name = forms.CharField(label=_("Name"), max_length=100)
    every = forms.ChoiceField(label=_("How often"), choices=Schedule.Every.choices)
    day = forms.IntegerField(
        label=_("Day"),
        min_value=1,
        max_value=31,
        help_text=_("Every month: 1 to 31 (the last day where a month is shorter). Every week: 1 (Monday) to 7."),
    )
    hour = forms.IntegerField(label=_("Hour"), min_value=0, max_value=23, help_text=_("0 to 23, in business time"))
    moves = forms.BooleanField(label=_("On a day off, send on the next working day"), required=False)
    recipients = forms.ModelMultipleChoiceField(
        label=pgettext_lazy("mail", "Recipients"), queryset=User.objects.none(), widget=forms.CheckboxSelectMultiple
    )
    formats = forms.MultipleChoiceField(
        label=_("Files"),
        choices=[("pdf", _("PDF")), ("xlsx", "Excel")],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("The main figures and a link stand in the mail itself."),
    )
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        may_see = list(PERMISSIONS["metrics.view"])
        people = User.objects.filter(is_active=True, role__in=may_see).order_by("name", "pk")
        field = self.fields["recipients"]
        assert isinstance(field, forms.ModelMultipleChoiceField)
        field.queryset = people

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("every") == Schedule.Every.WEEK and (data.get("day") or 1) > 7:
            self.add_error("day", _("A week has the days 1 (Monday) to 7 (Sunday)."))
        return data
