"""What the purchase models say: fitted on `activity`, spoken into the temp table `predictions`."""

import io
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from django.db import connection

from common import sql
from scores import btyd, gamma_gamma
from scores.likelihood import TooLittleData

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


def histories() -> pd.DataFrame:
    """The rows of temp `activity` that bought: customer_id, x, t_x, t_days, amount."""
    (statement,) = sql.statements("scores/sql/histories.sql")
    out = io.StringIO()
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY ({statement}) TO STDOUT WITH (FORMAT csv, HEADER)", out)
    out.seek(0)
    whole = dict.fromkeys(["customer_id", "x", "t_x", "t_days"], np.int64)
    return pd.read_csv(out, dtype={**whole, "amount": float})


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


def build(*, params: dict[str, Any]) -> Fit:
    """Fits, predicts, and leaves the temp table `predictions`; needs `activity` and `lifecycles`."""
    bought = histories()
    fitted = fit(bought)
    sql.run("scores/sql/predictions.sql")
    _copy(predict(fitted, bought, inactivity_days=params["inactivity_days"]))
    if params["by_login"] or params["by_contract"]:
        sql.run("scores/sql/observed_risk.sql", params)
        sql.run("scores/sql/set_observed_risk.sql", params)
    return fitted


def _copy(said: pd.DataFrame) -> None:
    rows = io.StringIO(said.to_csv(index=False, header=False))
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY predictions ({', '.join(COLUMNS)}) FROM STDIN WITH (FORMAT csv)", rows)
        cursor.execute("ANALYZE predictions")
