"""What the purchase models say: fitted on `activity`, spoken into the temp table `predictions`."""

import math
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from common import sql
from scores import btyd, copying, gamma_gamma, risking
from scores.likelihood import TooLittleData
from scores.models import ModelFit

YEAR_DAYS = 365
COLUMNS = [
    "customer_id",
    "p_alive",
    "expected_purchases_365d",
    "expected_value",
    "churn_risk",
    "next_purchase_days",
]


@dataclass(frozen=True)
class Fit:
    """The fitted models of a day; None where the data do not carry one, and `reason` is the code of why."""

    customers: int
    transactions: btyd.Transactions | None
    spending: gamma_gamma.GammaGamma | None
    reason: str = ""
    risk: dict[str, Any] = field(default_factory=dict)  # what scores.risking learnt

    @property
    def uses(self) -> str:
        """Which model speaks of purchases: bgnbd, nbd or none."""
        if self.transactions is None:
            return "none"
        return "nbd" if isinstance(self.transactions, btyd.Nbd) else "bgnbd"

    @property
    def repeaters(self) -> int:
        """Customers Gamma-Gamma was fitted on."""
        return self.spending.n if self.spending else 0

    def params(self) -> dict[str, Any]:
        """Parameters of the models in use (weeks; the installation's currency), None where there is none.

        Where the data show no drop-out, r, alpha and log_likelihood are NBD's, a and b are None, and
        `rejected` holds the BG/NBD that was not better.
        """
        model, spending = self.transactions, self.spending
        found: dict[str, Any] = {
            name: getattr(model, name, None) for name in ("r", "alpha", "a", "b", "log_likelihood")
        }
        found |= {name: getattr(spending, name, None) for name in ("p", "q", "gamma")}
        rejected = getattr(model, "rejected", None)
        found["rejected"] = asdict(rejected) if rejected else None
        return found | {"nbd_log_likelihood": getattr(model, "nbd_log_likelihood", None)}


def restored(row: ModelFit) -> Fit:
    """The fit stored for a day."""
    params, spending = row.params, None
    model = _restored_transactions(row.uses, params)
    if params["p"] is not None:
        spending = gamma_gamma.GammaGamma(params["p"], params["q"], params["gamma"], math.nan, row.repeaters)
    return Fit(row.customers, model, spending, row.reason, row.risk)


def _restored_transactions(uses: str, params: dict[str, Any]) -> btyd.Transactions | None:
    rates = params["r"], params["alpha"]
    if uses == "bgnbd":
        likelihoods = params["log_likelihood"], 0, 0, params["nbd_log_likelihood"]
        return btyd.BgNbd(*rates, params["a"], params["b"], *likelihoods)
    return btyd.Nbd(*rates, params["log_likelihood"], 0, 0) if uses == "nbd" else None


def histories() -> pd.DataFrame:
    """The rows of temp `activity` that bought: customer_id, x, t_x, t_days, amount."""
    whole = dict.fromkeys(["customer_id", "x", "t_x", "t_days"], np.int64)
    return copying.frame("scores/sql/histories.sql", dtype={**whole, "amount": float})


def fit(bought: pd.DataFrame) -> Fit:
    """Fits both models; the same histories give the same parameters to the last digit, whatever their order."""
    transactions = btyd.fit_transactions(bought["x"], bought["t_x"], bought["t_days"])
    if isinstance(transactions, TooLittleData):
        return Fit(len(bought), None, None, transactions.reason)
    spending = gamma_gamma.fit_spending(bought["x"], bought["amount"])
    if isinstance(spending, TooLittleData):
        return Fit(len(bought), transactions, None, spending.reason)
    return Fit(len(bought), transactions, spending, "" if spending.has_mean else "no_mean_value")


def predict(fitted: Fit, bought: pd.DataFrame, *, inactivity_days: int) -> pd.DataFrame:
    """What the models say of each customer (COLUMNS); NaN where there is no figure."""
    said = pd.DataFrame(np.nan, index=bought.index, columns=COLUMNS[1:])
    said.insert(0, "customer_id", bought["customer_id"])
    model, history = fitted.transactions, (bought["x"], bought["t_x"], bought["t_days"])
    if model is not None:
        said["p_alive"] = btyd.p_alive(model, *history)
        said["expected_purchases_365d"] = btyd.expected_purchases(model, YEAR_DAYS, *history)
        said["churn_risk"] = btyd.churn_risk(model, inactivity_days, *history)
        said["next_purchase_days"] = btyd.days_to_next(model, *history)
    if fitted.spending is not None:
        said["expected_value"] = gamma_gamma.expected_value(fitted.spending, bought["x"], bought["amount"])
    return said


def build(*, params: dict[str, Any], fitted: Fit | None = None) -> Fit:
    """Fits, predicts, and leaves the temp table `predictions`; needs `activity` and the tables of spells.

    With `fitted` (`restored` from the day's stored fit) nothing is learnt anew: what `activity` holds may then be some
    customers only.
    """
    bought = histories()
    found = fitted or fit(bought)
    said = predict(found, bought, inactivity_days=params["inactivity_days"])
    sql.run("scores/sql/predictions.sql")
    copying.fill("predictions", {name: said[name] for name in COLUMNS})
    if fitted is None:
        found = replace(found, risk=risking.learn(params=params))
    risking.speak(found.risk, params=params, is_placed=fitted is None)
    return found
