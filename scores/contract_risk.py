"""The chance to leave a contract within 90 days, learnt from the company's own past: a logistic model.

Pure numpy and pandas. `facts` are rows of contract_features.sql: what was known of a customer at the end of a day.
Trained on month ends of the past, judged on the latest of them, which it has not seen; where there is too little to
learn from, or the share by length of contract foretells as well, it says so and does not speak.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from scores import judging

Floats = NDArray[np.float64]

HORIZON_DAYS = 90
MONTHS = 24  # month ends of the past that are looked at
SAMPLE_CUSTOMERS = 10_000  # of so many in each: more would not move the weights
MIN_MONTHS = 6
MIN_OBSERVATIONS = 200
MIN_LOST = 30  # customers lost in the months learnt from …
MIN_LOST_HELD_BACK = 10  # … and in those held back
MIN_NOTICES = 20  # observed before the share of those who stay after all is believed
MIN_OF_A_PLAN = 30
MOST_PLANS = 12
# Weights are held back as if each were drawn from a normal of standard deviation 0.3 (1 / √10): months overlap, so
# a loss is seen up to three times and the data seem surer than they are.
PENALTY = 10.0
CLEAR_LEAD = 1.64  # standard errors: by chance alone it would be reached once in twenty times
UNLIKE = 3.0  # mean chance today over, or under, what was observed by more than this factor
TENURE_MONTHS = (3, 6, 12, 24, 36)
DAYS_PER_MONTH = 30.4375

# What each column of the design speaks of: the code of a reason.
REASON_OF = {
    "tenure": "tenure",
    "is_young": "tenure",
    "renewal": "renewal",
    "downgrade": "downgrade",
    "notice": "notice",
    "mrr": "mrr",
    "seats": "seats",
    "usage": "usage",
    "is_silent": "usage",
    "usage_trend": "usage",
    "contacts": "contacts",
    "complaints": "complaints",
    "overdue": "payment",
    "late": "payment",
}
PLAN = "plan="
MOST_REASONS = 3
LEAST_WORTH_TELLING = 0.1  # on the scale of log odds: a tenth more, or less, than usual


@dataclass(frozen=True)
class Logistic:
    """Weights per standard deviation from the company's mean; `intercept` is the log odds of the mean customer."""

    columns: list[str]
    means: list[float]
    scales: list[float]
    weights: list[float]
    intercept: float

    def contributions(self, facts: pd.DataFrame) -> pd.DataFrame:
        """What each reason (columns) adds to a customer's log odds against the mean; what is not known adds nothing."""
        deviations = _standard(design(facts, self.columns), np.array(self.means), np.array(self.scales))
        parts = pd.DataFrame(deviations * np.array(self.weights), index=facts.index, columns=self.columns)
        return parts.T.groupby([reason_of(column) for column in self.columns], sort=False).sum().T

    def risk(self, facts: pd.DataFrame) -> Floats:
        """The chance of each not to be active 90 days later."""
        deviations = _standard(design(facts, self.columns), np.array(self.means), np.array(self.scales))
        return np.asarray(expit(self.intercept + deviations @ np.array(self.weights)))


@dataclass(frozen=True)
class ContractRisk:
    """What was learnt as of a day. `model` is None where it does not speak, and `reason` is the code of why.

    notice_share: of those whose notice ran out within 90 days, the share gone then; None where too few are known.
    held_back: judging.summary of the months not learnt from, with the tenure share's log loss and AUC beside it, and by
    how many standard errors the model leads (`lead`).
    """

    model: Logistic | None
    reason: str = ""
    found: dict[str, int] = field(default_factory=dict)
    notice_share: float | None = None
    held_back: dict[str, Any] = field(default_factory=dict)

    def stored(self) -> dict[str, Any]:
        """As JSON; `restored` reads it."""
        return asdict(self)


def restored(stored: dict[str, Any]) -> ContractRisk:
    """A stored ContractRisk."""
    model = stored.get("model")
    return ContractRisk(**{**stored, "model": Logistic(**model) if model else None})


def reason_of(column: str) -> str:
    """The code of the reason a column of the design belongs to."""
    return "plan" if column.startswith(PLAN) else REASON_OF[column]


def month_ends(as_of: dt.date) -> list[dt.date]:
    """The last MONTHS month ends whose next 90 days are over, earliest first."""
    day = (as_of - dt.timedelta(HORIZON_DAYS - 1)).replace(day=1) - dt.timedelta(1)
    found = []
    for _ in range(MONTHS):
        found.append(day)
        day = day.replace(day=1) - dt.timedelta(1)
    return found[::-1]


# --- from facts to figures ------------------------------------------------------------------


def design(facts: pd.DataFrame, columns: list[str] | None = None) -> pd.DataFrame:
    """The columns the model weighs, NaN where a fact is not known; all that could be, unless `columns` are given."""
    logins, before = facts["logins_30"].astype(float), facts["logins_before"].astype(float)
    renews_in = facts["renews_in"].astype(float)
    made = {
        "tenure": np.log1p(facts["tenure_days"] / DAYS_PER_MONTH),
        "is_young": facts["tenure_days"] < HORIZON_DAYS,
        "renewal": renews_in <= HORIZON_DAYS,
        "downgrade": facts["is_downgraded"],
        "notice": facts["has_notice"],
        "mrr": np.log1p(facts["mrr"].astype(float)),
        "seats": np.log1p(facts["seats"].astype(float)),
        "usage": np.log1p(logins),
        "is_silent": (logins == 0).where(logins.notna()),
        "usage_trend": np.log1p(logins) - np.log1p(before),
        "contacts": np.log1p(facts["contacts_90"].astype(float)),
        "complaints": np.log1p(facts["complaints_90"].astype(float)),
        "overdue": (facts["overdue"].astype(float) > 0).where(facts["overdue"].notna()),
        "late": np.log1p(facts["late_180"].astype(float)),
    }
    plans = _plans(facts) if columns is None else [column for column in columns if column.startswith(PLAN)]
    made |= {column: facts["plan"] == column.removeprefix(PLAN) for column in plans}
    whole = pd.DataFrame({name: values.astype(float) for name, values in made.items()}, index=facts.index)
    return whole if columns is None else whole[columns]


def _plans(facts: pd.DataFrame) -> list[str]:
    counts = facts["plan"].value_counts()
    often = counts[counts >= MIN_OF_A_PLAN].sort_index().nlargest(MOST_PLANS)
    return [PLAN + plan for plan in sorted(often.index)]


def _standard(columns: pd.DataFrame, means: Floats, scales: Floats) -> Floats:
    return np.nan_to_num((columns.to_numpy() - means) / scales)


def tenure_bucket(days: Any) -> NDArray[np.int64]:
    """0 (under three months) … 5 (three years and more): customers as long under contract."""
    return np.searchsorted(TENURE_MONTHS, np.asarray(days, dtype=float) / DAYS_PER_MONTH, side="right")


# --- learning -------------------------------------------------------------------------------


def fit_logistic(columns: pd.DataFrame, lost: Floats, penalty: float = PENALTY) -> Logistic:
    """The weights of largest likelihood less penalty / 2 × Σ weight² (not on the intercept), by Newton's method.

    Columns that say nothing (all alike or never known) are left out.
    """
    means, scales = columns.mean(), columns.std(ddof=0)
    told = [str(name) for name in columns.columns[scales > 1e-9]]
    columns, middle, width = columns[told], means[told].to_numpy(), scales[told].to_numpy()
    rows = np.column_stack([np.ones(len(columns)), _standard(columns, middle, width)])
    weights = _newton(rows, lost, np.array([0.0, *[penalty] * len(told)]))
    return Logistic(told, middle.tolist(), width.tolist(), weights[1:].tolist(), float(weights[0]))


def _newton(rows: Floats, lost: Floats, penalties: Floats) -> Floats:
    def height(at: Floats) -> float:
        odds = rows @ at
        return float(lost @ odds - np.logaddexp(0, odds).sum() - penalties @ at**2 / 2)

    at = np.zeros(rows.shape[1])
    value = height(at)
    for _ in range(100):
        chance = expit(rows @ at)
        slope = rows.T @ (lost - chance) - penalties * at
        bend = (rows * (chance * (1 - chance))[:, None]).T @ rows + np.diag(penalties)
        step = np.linalg.lstsq(bend, slope, rcond=None)[0]
        while (higher := height(at + step)) < value and np.abs(step).max() > 1e-12:
            step = step / 2
        at, value = at + step, higher
        if np.abs(step).max() < 1e-10:
            break
    return at


def learn(facts: pd.DataFrame) -> ContractRisk:
    """Learns from month ends of the past whose outcome (`lost`) is known, and judges itself on the latest of them."""
    past = facts[facts["lost"].notna()]
    share, open_ended = _notice_share(past), past[past["kind"] == "M"]
    days = sorted(open_ended["day"].unique())
    held_from = days[-_held_back(len(days))] if len(days) >= MIN_MONTHS else None
    reach = None if held_from is None else held_from - dt.timedelta(HORIZON_DAYS)
    seen = open_ended[open_ended["day"] <= reach] if reach else open_ended
    unseen = open_ended[open_ended["day"] >= held_from] if held_from else open_ended.iloc[:0]
    found = {
        "months": len(days),
        "observations": len(seen),
        "lost": int(seen.loc[seen["lost"] == 1, "customer_id"].nunique()),
        "held_observations": len(unseen),
        "held_lost": int(unseen.loc[unseen["lost"] == 1, "customer_id"].nunique()),
    }
    reason = _too_little(found)
    if reason:
        return ContractRisk(None, reason, found, share)
    held_back = _judge(seen, unseen)
    if held_back["lead"] < CLEAR_LEAD:
        return ContractRisk(None, "no_better_than_tenure", found, share, held_back)
    model = fit_logistic(design(open_ended), open_ended["lost"].to_numpy(dtype=float))
    return ContractRisk(model, "", found, share, held_back)


def _held_back(months: int) -> int:
    return max(2, min(6, months // 4))


def _too_little(found: dict[str, int]) -> str:
    if found["months"] < MIN_MONTHS:
        return "too_few_months"
    if found["observations"] < MIN_OBSERVATIONS:
        return "too_few_observations"
    if found["lost"] < MIN_LOST or found["held_lost"] < MIN_LOST_HELD_BACK:
        return "too_few_lost"
    return ""


def _notice_share(past: pd.DataFrame) -> float | None:
    ended = past[past["kind"] == "N"]
    return float(ended["lost"].mean()) if ended["customer_id"].nunique() >= MIN_NOTICES else None


def _judge(seen: pd.DataFrame, unseen: pd.DataFrame) -> dict[str, Any]:
    lost = unseen["lost"].to_numpy(dtype=float)
    said = fit_logistic(design(seen), seen["lost"].to_numpy(dtype=float)).risk(unseen)
    by_tenure = tenure_shares(seen)[tenure_bucket(unseen["tenure_days"])]
    return judging.summary(lost, said) | {
        "lead": judging.lead(lost, said, by_tenure, unseen["customer_id"]),
        "tenure_log_loss": judging.log_loss(lost, by_tenure),
        "tenure_auc": judging.auc(lost, by_tenure),
        "from": unseen["day"].min().isoformat(),
        "to": unseen["day"].max().isoformat(),
    }


def tenure_shares(seen: pd.DataFrame) -> Floats:
    """The share lost per tenure bucket, drawn to the whole's by one customer, so that none is 0 or 1 by chance."""
    bucket, lost = tenure_bucket(seen["tenure_days"]), seen["lost"].to_numpy(dtype=float)
    size = len(TENURE_MONTHS) + 1
    return np.asarray((np.bincount(bucket, lost, size) + lost.mean()) / (np.bincount(bucket, minlength=size) + 1))


# --- speaking -------------------------------------------------------------------------------


def is_unlike_past(learnt: ContractRisk, today: pd.DataFrame) -> bool:
    """Whether today's customers look so unlike those learnt from that their mean chance is beyond belief.

    So it is where a fact of the past was written down with the outcome in view.
    """
    open_ended = today[today["kind"] == "M"]
    if learnt.model is None or open_ended.empty:
        return False
    ratio = float(learnt.model.risk(open_ended).mean()) / max(learnt.held_back["actual"], 1e-12)
    return abs(math.log(ratio)) > math.log(UNLIKE)


def reasons(model: Logistic, facts: pd.DataFrame) -> list[str]:
    """Per customer up to three codes, the weightiest first, + raises and - lowers: "+usage,-tenure"."""
    parts = model.contributions(facts)
    if parts.empty:
        return [""] * len(facts)
    values, names = parts.to_numpy(), np.array(parts.columns, dtype=object)
    order = np.argsort(-np.abs(values), axis=1, kind="stable")[:, :MOST_REASONS]
    top = np.take_along_axis(values, order, axis=1)
    codes = np.where(top > 0, "+", "-").astype(object) + names[order]
    told = np.where(np.abs(top) >= LEAST_WORTH_TELLING, codes, "")
    return [",".join(filter(None, row)) for row in told]
