"""What keeping customers is worth, tried out on the company's own figures."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from accounts.models import Installation
from accounts.roles import may
from metrics import assumptions, charts
from metrics import simulator as model
from metrics.definitions import money_basis
from metrics.forms import SimulatorForm, as_typed
from metrics.wording import large_money

POINTS = 2.0  # the example of "1:5" a page begins with
NAMES = {
    "churn": gettext_lazy("Lost a month"),
    "value": gettext_lazy("Revenue a customer"),
    "margin": gettext_lazy("Margin"),
    "joining": gettext_lazy("New customers each month"),
    "winning": gettext_lazy("Cost of winning one"),
    "keeping": gettext_lazy("Cost of looking after one"),
}


@may("metrics.view")
@require_safe
def simulator(request: HttpRequest) -> HttpResponse:
    """Everything stands in the address: a link to it shows the same to a colleague. Nothing is stored."""
    begin = assumptions.own()
    if begin is None:
        return render(request, "metrics/simulator.html", {"begin": None})
    typed = as_typed(begin.figures, points=POINTS, extra=begin.figures.keeping)
    asked = {name: request.GET[name] for name in typed if name in request.GET}
    form = SimulatorForm({**typed, **asked})
    context = {
        "begin": begin,
        "form": form,
        "is_own": not asked,
        "basis": money_basis(Installation.get()),
        **(_results(form) if form.is_valid() else {}),
    }
    is_part = request.htmx and request.htmx.target == "results"
    return render(request, "metrics/_simulated.html" if is_part else "metrics/simulator.html", context)


def _results(form: SimulatorForm) -> dict[str, Any]:
    figures, points = form.figures, form.cleaned_data["points"] / 100
    less = model.points_less(figures)
    bars = model.sensitivity(figures)
    return {
        "figures": figures,
        "profit": large_money(round(model.profit(figures))),
        "yearly": figures.yearly_churn * 100,
        "less": [(number, outcome, large_money(round(outcome.gain))) for number, outcome in less],
        "twentieth": model.a_twentieth_less(figures),
        "halved": model.halved(figures),
        "prices": model.prices(figures, extra=form.cleaned_data["extra"], points=points),
        "lifetime": figures.gain / figures.churn if figures.churn else None,
        "gains": _gains(less),
        "bars": _bars(bars),
    }


def _gains(less: list[tuple[int, model.Outcome]]) -> charts.Chart | None:
    names = [_("−%(points)s pt") % {"points": number} for number, _outcome in less]
    data: list[float | None] = [round(outcome.gain) for _number, outcome in less]
    return charts.bars(names, {_("More profit"): data}, unit="¥") | {"across": False} if less else None


def _bars(bars: list[model.Bar]) -> charts.Chart:
    lower: list[float | None] = [round(bar.lower) for bar in bars]
    higher: list[float | None] = [round(bar.higher) for bar in bars]
    series = {_("a fifth higher"): higher, _("a fifth lower"): lower}
    return charts.bars([str(NAMES[bar.name]) for bar in bars], series, unit="¥")
