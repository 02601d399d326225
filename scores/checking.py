"""The page "Model check" as data: which model speaks and why, and how well it foretold what came (M9).

Everything comes from stored fits; nothing is computed anew.
"""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.templatetags.crm import day, decimal, money, number, share
from scores import backtesting, btyd, gains, gamma_gamma, predicting, reasoning
from scores.contract_risk import reason_of
from scores.models import ModelFit

Row = dict[str, Any]
COLUMNS = ["section", "held_back_from", "days", "group", "customers", "expected", "actual"]

SEASON = 0.1  # a miss of a tenth and more is worth a word

WHY_NO_PURCHASES = {
    "too_few_repeat_customers": gettext_lazy(
        "Too little data: fewer than 10 customers have come back on another day, so no rhythm can be told from chance."
    ),
    "no_mean_value": gettext_lazy(
        "Amounts differ so widely that no mean value per purchase can be told; a few very large ones would decide it."
    ),
}
REASON_LABELS: dict[str, Promise] = {
    "tenure": gettext_lazy("Length of contract"),
    "usage": gettext_lazy("Logins and their trend"),
    "renewal": gettext_lazy("Renewal near"),
    "downgrade": gettext_lazy("Change to a smaller amount"),
    "notice": gettext_lazy("Notice for one of several contracts"),
    "payment": gettext_lazy("Late payment"),
    "contacts": gettext_lazy("Contacts with the customer"),
    "complaints": gettext_lazy("Complaints"),
    "seats": gettext_lazy("Seats"),
    "mrr": gettext_lazy("MRR"),
    "plan": gettext_lazy("Plan"),
}


@dataclass(frozen=True)
class Speaker:
    """A model: what it foretells, which one speaks (or why none does), its parameters in words, what weighs in it."""

    title: str
    name: str
    sentence: str
    facts: list[tuple[str, str]] = field(default_factory=list)
    weights: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Check:
    """What was foretold beside what came: a chart, and what it means in a sentence or two."""

    key: str
    title: str
    lead: str
    meaning: list[str]
    charts: list[Row]

    @property
    def named_charts(self) -> list[tuple[str, Row]]:
        """The charts with an id each, unique on the page."""
        return [(f"chart-{self.key}-{at}", chart) for at, chart in enumerate(self.charts)]

    @property
    def is_wide(self) -> bool:
        """Whether it takes the whole width: its charts stand beside each other."""
        return len(self.charts) > 1


# --- which model speaks -----------------------------------------------------------------------


def speakers(fit: ModelFit, *, by_contract: bool) -> list[Speaker]:
    """The models of purchases, of amounts, and of contracts, as far as the company has such data."""
    found = []
    if fit.customers:
        found += [_of_purchases(fit), _of_amounts(fit)]
    if by_contract and fit.risk.get("contract"):
        found.append(_of_contracts(fit))
    return found


def since(fit: ModelFit) -> dt.date:
    """The day from which the model that speaks of purchases now has spoken without a break."""
    earlier = ModelFit.objects.filter(as_of__lt=fit.as_of)
    other = earlier.exclude(uses=fit.uses).order_by("-as_of").first()
    same = earlier.filter(as_of__gt=other.as_of) if other else earlier
    first = same.order_by("as_of").first()
    return first.as_of if first else fit.as_of


def _of_purchases(fit: ModelFit) -> Speaker:
    title, model = _("Purchases to come"), predicting.restored(fit).transactions
    if model is None:
        return Speaker(title, _("No model"), str(WHY_NO_PURCHASES.get(fit.reason, fit.reason)))
    facts = [
        (_("Customers learnt from"), number(fit.customers)),
        (_("Speaks since"), day(since(fit))),
        (_("Repeat purchase days of a new customer in the first year"), decimal(btyd.expected_total(model, 365)[0], 2)),
    ]
    if isinstance(model, btyd.Nbd):
        return Speaker(title, "NBD", _nbd_words(fit), facts)
    facts.append((_("Leave for good after a purchase, on average"), share(model.a / (model.a + model.b))))
    words = _(
        "Each customer buys in a rhythm of his own and may leave after any purchase."
        " Silence beyond his rhythm speaks for having left."
    )
    return Speaker(title, "BG/NBD", words, facts)


def _nbd_words(fit: ModelFit) -> str:
    return _(
        "Each customer buys in a rhythm of his own. The data show no drop-out (a model with one is better by"
        " %(gain)s only, and it takes 1.92), so P(alive) is left empty."
    ) % {"gain": decimal(_gain(fit), 2)}


def _gain(fit: ModelFit) -> float:
    rejected = fit.params.get("rejected")
    return max(0.0, rejected["log_likelihood"] - fit.params["log_likelihood"]) if rejected else 0.0


def _of_amounts(fit: ModelFit) -> Speaker:
    title, spending = _("Value of a purchase"), predicting.restored(fit).spending
    if spending is None or not spending.has_mean:
        reason = fit.reason or "too_few_repeat_customers"
        return Speaker(title, _("No model"), str(WHY_NO_PURCHASES.get(reason, reason)))
    facts = [
        (_("Customers learnt from"), number(fit.repeaters)),
        (_("Mean value per purchase day"), money(_mean_value(spending))),
    ]
    words = _(
        "Each customer spends around a mean of his own."
        " The fewer purchases are known, the more the company's mean counts."
    )
    return Speaker(title, "Gamma-Gamma", words, facts)


def _mean_value(spending: gamma_gamma.GammaGamma) -> float:
    return spending.p * spending.gamma / (spending.q - 1)


def _of_contracts(fit: ModelFit) -> Speaker:
    title, learnt = _("Risk of contracts"), fit.risk["contract"]
    if not learnt["model"]:
        return Speaker(title, _("Share by length of contract"), reasoning.without_model(fit), _learnt_from(learnt))
    words = _("A logistic model of what was known at each month end and who had left 90 days later.")
    weights = [(str(REASON_LABELS[code]), share(part)) for code, part in weight_shares(learnt["model"])[:5]]
    return Speaker(title, _("Logistic model"), words, _learnt_from(learnt), weights)


def _learnt_from(learnt: Row) -> list[tuple[str, str]]:
    found = learnt["found"]
    return [
        (_("Month ends of the past"), number(found.get("months", 0))),
        (_("Lost customers learnt from"), number(found.get("lost", 0))),
        (_("Lost customers held back to judge it"), number(found.get("held_lost", 0))),
    ]


def weight_shares(model: Row) -> list[tuple[str, float]]:
    """Each reason's part of all weights (per standard deviation), the largest first."""
    parts: dict[str, float] = {}
    for column, weight in zip(model["columns"], model["weights"], strict=True):
        parts[reason_of(column)] = parts.get(reason_of(column), 0.0) + abs(weight)
    total = sum(parts.values()) or 1.0
    return sorted(((code, part / total) for code, part in parts.items()), key=lambda pair: (-pair[1], pair[0]))


# --- how well it foretold ---------------------------------------------------------------------


def checks(fit: ModelFit | None, tested: ModelFit | None, *, days: int) -> list[Check]:
    """What the page shows of a window of `days` held back, of the newest back-test and contract model."""
    window = window_of(tested, days)
    found = [_of_window(window), _of_alive(window), _of_buying(window)] if window and window["uses"] != "none" else []
    return [check for check in [*found, _of_risk(fit, tested), _of_gains(fit, tested, window)] if check is not None]


def window_of(tested: ModelFit | None, days: int) -> Row | None:
    """The back-test's window of so many days, else the first one."""
    windows = _windows(tested)
    return next((one for one in windows if one["days"] == days), windows[0] if windows else None)


def _windows(tested: ModelFit | None) -> list[Row]:
    return list(tested.backtest["windows"]) if tested and tested.backtest else []


def risk_of(fit: ModelFit | None, tested: ModelFit | None) -> Row | None:
    """judging.summary of the churn risk: of the contract model, of observed shares, or of the purchase model."""
    contract = (fit.risk.get("contract") or {}) if fit else {}
    if contract.get("held_back"):
        return dict(contract["held_back"])
    if tested is None or not tested.backtest:
        return None
    window = window_of(tested, backtesting.RISK_DAYS) or {}
    return tested.backtest.get("risk") or window.get("risk")


def _of_window(window: Row) -> Check:
    rows, total = window["frequency"], window["total"]
    names = [f"{row['group']}+" if row["group"] == backtesting.MOST_REPEATS else str(row["group"]) for row in rows]
    held = {"days": number(window["days"]), "day": day(dt.date.fromisoformat(window["from"]))}
    meaning = _(
        "In the %(days)s days after %(day)s the model, knowing nothing of them, expected %(expected)s purchase days;"
        " %(actual)s came (%(off)s)."
    ) % {**held, "expected": number(round(total["expected"])), "actual": number(total["actual"]), "off": off(total)}
    return Check(
        "frequency",
        _("Purchases by how often a customer had come back"),
        _("Mean purchase days per customer in the days held back; across: repeat purchase days before"),
        [meaning, *_error(total), *_season(total)],
        [_beside(names, rows, kind="bar", digits=2)],
    )


def _error(total: Row) -> list[str]:
    if "error" not in total:
        return []
    return [_("A single customer's figure was off by %(error)s on average.") % {"error": decimal(total["error"], 2)}]


def _season(total: Row) -> list[str]:
    if not total["actual"] or abs(total["expected"] / total["actual"] - 1) < SEASON:
        return []
    return [_("The model knows no seasons: before a busy time it expects too little, before a quiet one too much.")]


def off(total: Row) -> str:
    """By how much the expected total misses the actual one: +3.0% means that too many were expected."""
    if not total["actual"]:
        return "–"
    return f"{(total['expected'] / total['actual'] - 1) * 100:+.1f}%".replace("-", "−")


def _of_alive(window: Row) -> Check | None:
    rows = window["alive"]
    if not rows:
        return None
    meaning = _("Of the tenth with the highest P(alive) %(top)s bought again, of the lowest %(low)s.") % {
        "top": share(rows[-1]["bought"]),
        "low": share(rows[0]["bought"]),
    }
    bought = [{"expected": row["p_alive"], "actual": row["bought"]} for row in rows]
    chart = _beside(_tenths(rows), bought, percent=True, names=(_("P(alive)"), _("Bought in the days held back")))
    lead = _("Customers who had come back, in tenths by P(alive), lowest first")
    return Check(
        "alive",
        _("P(alive)"),
        lead,
        [
            meaning,
            _("Who is still a customer need not buy within these days, so the second line may stay below the first."),
        ],
        [chart],
    )


def _of_buying(window: Row) -> Check:
    found = window["buying"]
    chart = _beside(_tenths(found["tenths"]), found["tenths"], percent=True)
    lead = _("All customers in tenths by the chance that had been given, lowest first")
    return Check("buying", _("Chance to buy at all"), lead, _pairs(found, _("buyer"), _("non-buyer")), [chart])


def _of_risk(fit: ModelFit | None, tested: ModelFit | None) -> Check | None:
    found = risk_of(fit, tested)
    if not found:
        return None
    rows, mean = found["tenths"], found["actual"]
    meaning = _(
        "Of the tenth with the highest risk %(top)s left within 90 days, of the lowest %(low)s; of all %(mean)s."
    ) % {
        "top": share(rows[-1]["actual"], 1),
        "low": share(rows[0]["actual"], 1),
        "mean": share(mean, 1),
    }
    charts = [_beside(_tenths(rows), rows, percent=True)]
    if mean:
        lift = [round(row["actual"] / mean, 2) for row in reversed(rows)]
        name = _("Times as many left as on average")
        charts.append(
            {"kind": "bar", "x": _tenths(rows)[::-1], "unit": "", "digits": 1, "series": [{"name": name, "data": lift}]}
        )
    lead = _("Customers in tenths by the risk that had been given, 1 the lowest; equal risks stand together")
    return Check("risk", _("Churn risk"), lead, [meaning, *_pairs(found, _("leaver"), _("stayer"))], charts)


def measured(fit: ModelFit | None, tested: ModelFit | None, window: Row | None) -> dict[str, list[float]]:
    """gains.caught of each figure that puts customers in an order: alive, many, risk; those there are data of."""
    window = window or {}
    curves = {
        "alive": gains.caught(window.get("alive") or [], "bought"),
        "many": gains.caught(window.get("many") or []),
        "risk": gains.caught((risk_of(fit, tested) or {}).get("tenths", [])),
    }
    return {key: curve for key, curve in curves.items() if curve}


def _of_gains(fit: ModelFit | None, tested: ModelFit | None, window: Row | None) -> Check | None:
    curves = measured(fit, tested, window)
    if not curves:
        return None
    lead = _("Across: the share of customers looked at, the highest first. Up: the share of what came that they hold.")
    return Check("gains", _("What the highest tenth catches"), lead, gains.in_words(curves), [gains.chart(curves)])


def _pairs(found: Row, one: str, other: str) -> list[str]:
    if found["auc"] is None:
        return [_("All fared alike, so it cannot be told whether the order was right.")]
    words = {"share": share(found["auc"]), "one": one, "other": other, "brier": decimal(found["brier"], 3)}
    return [
        _(
            "In %(share)s of pairs the %(one)s had been given more than the %(other)s (AUC; 50%% would be chance)."
            " Brier %(brier)s."
        )
        % words
    ]


def _tenths(rows: list[Row]) -> list[str]:
    return [str(row.get("tenth", row.get("group"))) for row in rows]


def _beside(
    x: list[str],
    rows: list[Row],
    *,
    kind: str = "line",
    digits: int = 1,
    percent: bool = False,
    names: tuple[str, str] | None = None,
) -> Row:
    factor, (said, came) = 100 if percent else 1, names or (_("Foretold"), _("Came true"))
    return {
        "kind": kind,
        "x": x,
        "unit": "%" if percent else "",
        "digits": digits,
        "zero": True,
        "series": [
            {"name": came, "data": [round(factor * row["actual"], 4) for row in rows], "look": "main"},
            {"name": said, "data": [round(factor * row["expected"], 4) for row in rows], "look": "beside"},
        ],
    }


# --- as rows ------------------------------------------------------------------------------------


def rows(fit: ModelFit | None, tested: ModelFit | None) -> list[Row]:
    """All tables of the page as rows of COLUMNS: means per customer (shares of 1 for buying and risk).

    gain-…: group is the percentage of customers from the highest down, actual the share of what came that they hold,
    expected what as many taken at random would.
    """
    found: list[Row] = []
    for window in _windows(tested):
        held = {"held_back_from": window["from"], "days": window["days"]}
        for section in ("frequency", "alive", "many"):
            found += [_row(section, held, row) for row in window.get(section) or []]
        found += [_row("buying", held, row) for row in (window.get("buying") or {}).get("tenths", [])]
        found += _gain_rows(held, window["customers"], measured(None, None, window))
    risk = risk_of(fit, tested) or {}
    held = {"held_back_from": risk.get("from", ""), "days": backtesting.RISK_DAYS}
    curve = gains.caught(risk.get("tenths", []))
    found += _gain_rows(held, risk.get("customers", 0), {"risk": curve} if curve else {})
    return found + [_row("risk", held, row) for row in risk.get("tenths", [])]


def _gain_rows(held: Row, customers: int, curves: dict[str, list[float]]) -> list[Row]:
    return [
        {"section": f"gain-{key}", **held, "group": step}
        | {"customers": round(customers * step / 100), "expected": step / 100, "actual": value}
        for key, curve in curves.items()
        for step, value in zip(gains.STEPS, curve, strict=True)
    ]


def _row(section: str, held: Row, row: Row) -> Row:
    group = row.get("tenth", row.get("group"))
    figures = {"customers": row["customers"], "expected": row["expected"], "actual": row["actual"]}
    return {"section": section, **held, "group": group, **figures}
