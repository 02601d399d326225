"""What people try out in the simulator. Rates are percents here, shares below."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

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
