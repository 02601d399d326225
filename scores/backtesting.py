"""How well the models would have foretold what is known by now: fitted on an earlier day, held against what came (M9).

Done with the first fit of a calendar month and when another model begins to speak, on at most SAMPLE_CUSTOMERS: no more
than the price of a fit or two. A touched refresh never does it, because it fits nothing.
"""

import datetime as dt
import math
from typing import Any

import numpy as np
import pandas as pd

from common import sql
from scores import btyd, copying, judging, predicting, spells
from scores.likelihood import TooLittleData
from scores.models import ModelFit

RISK_DAYS = btyd.RISK_HORIZON_DAYS
WINDOWS = (RISK_DAYS, 365)  # days held back; a window needs as long a time before it
SAMPLE_CUSTOMERS = 30_000
MOST_REPEATS = 7  # 7 and more are one class, as in the published table
QUIET_PLACES = 10


def run_if_due(fitted: predicting.Fit, *, params: dict[str, Any]) -> None:
    """Stores a back-test with the fit of the day, where one is due; needs what `activity.build` left behind."""
    row = ModelFit.objects.get(as_of=params["as_of"])
    if _is_due(row):
        if not params["by_days"]:
            spells.build_purchases(as_of=params["as_of"])
        row.backtest = run(fitted, params=params)
        row.save(update_fields=["backtest"])


def _is_due(row: ModelFit) -> bool:
    done = ModelFit.objects.filter(backtest__isnull=False, as_of__lte=row.as_of).order_by("-as_of").first()
    return done is None or done.uses != row.uses or done.as_of.replace(day=1) != row.as_of.replace(day=1)


def run(fitted: predicting.Fit, *, params: dict[str, Any]) -> dict[str, Any]:
    """The back-test as JSON: `windows` (see `judged`), and `risk` of the last 90 days where it is not the model's."""
    one_in = max(1, math.ceil(fitted.customers / SAMPLE_CUSTOMERS))
    windows = [_window(days, fitted, params | {"one_in": one_in}) for days in WINDOWS]
    found: dict[str, Any] = {"one_in": one_in, "windows": [window for window in windows if window]}
    if params["by_login"]:
        found["risk"] = _risk_by_silence(params)
    return found


def _window(days: int, fitted: predicting.Fit, params: dict[str, Any]) -> dict[str, Any] | None:
    held_from = params["as_of"] - dt.timedelta(days)
    sql.run("scores/sql/held_back.sql", params | {"held_from": held_from})
    held = copying.frame("scores/sql/held_back_rows.sql", dtype=np.int64)
    if held.empty or held["t_days"].max() < days:
        return None
    by_purchases = params["by_activity"] and not params["by_login"]
    inactivity = params["inactivity_days"] if by_purchases and days == RISK_DAYS else None
    return {"from": held_from.isoformat(), "days": days} | judged(held, days, fitted.transactions, inactivity)


def judged(
    held: pd.DataFrame, days: int, start: btyd.Transactions | None = None, inactivity_days: int | None = None
) -> dict[str, Any]:
    """Fits on x, t_x, t_days (rows of held_back.sql) and holds what it says against `later` and `quiet`.

    uses, reason, customers; total: expected and actual purchase days, and by how many a customer's figure was off in
    the mean (`error`); many: both by tenths of the expected number; frequency: the mean of both by repeat days so
    far (0 … 7 and more); alive: the same by tenths of P(alive) of who came back; buying: judging.summary of the chance
    to buy at all; risk (given inactivity_days): of the chance of who was active to be so no more.
    """
    history = held["x"], held["t_x"], held["t_days"]
    model = btyd.fit_transactions(*history, start=start)
    if isinstance(model, TooLittleData):
        return {"uses": "none", "reason": model.reason, "customers": len(held)}
    expected = btyd.expected_purchases(model, days, *history)
    found: dict[str, Any] = {
        "uses": "nbd" if isinstance(model, btyd.Nbd) else "bgnbd",
        "reason": "",
        "customers": len(held),
        "total": {
            "expected": float(expected.sum()),
            "actual": int(held["later"].sum()),
            "error": float(np.abs(expected - held["later"]).mean()),
        },
        "many": judging.calibration(expected, held["later"]),
        "frequency": _by_class(np.minimum(held["x"], MOST_REPEATS), expected, held["later"]),
        "alive": _by_alive(model, held, expected),
        "buying": judging.summary(held["later"] > 0, btyd.chance_to_buy(model, days, *history)),
    }
    if inactivity_days is not None:
        found["risk"] = _risk_by_model(model, held, inactivity_days)
    return found


def _by_class(group: Any, expected: Any, actual: Any, **further: Any) -> list[Any]:
    rows = pd.DataFrame({"group": group, "expected": expected, "actual": actual, **further})
    means = rows.groupby("group").mean()
    means.insert(0, "customers", rows.groupby("group").size())
    return list(means.reset_index().to_dict("records"))


def _by_alive(model: btyd.Transactions, held: pd.DataFrame, expected: Any) -> list[dict[str, Any]]:
    came_back = (held["x"] > 0).to_numpy()
    if isinstance(model, btyd.Nbd):
        return []
    some = held[came_back]
    alive = btyd.p_alive(model, some["x"], some["t_x"], some["t_days"])
    later = some["later"].to_numpy()
    return _by_class(judging.tenths(alive) + 1, expected[came_back], later, p_alive=alive, bought=later > 0)


def _risk_by_model(model: btyd.Transactions, held: pd.DataFrame, inactivity_days: int) -> dict[str, Any] | None:
    active = held[held["t_days"] - held["t_x"] < inactivity_days]
    if active.empty:
        return None
    said = btyd.churn_risk(model, inactivity_days, active["x"], active["t_x"], active["t_days"])
    return judging.summary(active["quiet"] >= inactivity_days, said)


def _risk_by_silence(params: dict[str, Any]) -> dict[str, Any] | None:
    held_from = params["as_of"] - dt.timedelta(RISK_DAYS)
    rows = sql.rows("scores/sql/quiet_then.sql", {"held_from": held_from})
    quiet = pd.DataFrame(rows, columns=["before", "then", "after"], dtype=float)
    return judged_silence(quiet, params["inactivity_days"])


def judged_silence(quiet: pd.DataFrame, inactivity_days: int) -> dict[str, Any] | None:
    """Days quiet at three days, 90 days apart: the shares lost between the first two, held against the third.

    Only of customers active at the second day, who stood where somebody had stood before; None where there are none.
    """
    gone = quiet >= inactivity_days
    place = np.minimum(QUIET_PLACES, QUIET_PLACES * quiet // inactivity_days)
    shares = gone["then"].groupby(place["before"]).mean()
    said = place["then"].map(shares)
    judgable = ~gone["then"] & said.notna()
    if not judgable.any():
        return None
    return judging.summary(gone.loc[judgable, "after"], said[judgable])


def latest(as_of: dt.date | None = None) -> ModelFit | None:
    """The newest fit (of a day up to `as_of`) that a back-test was stored with."""
    fits = ModelFit.objects.filter(backtest__isnull=False)
    return (fits.filter(as_of__lte=as_of) if as_of else fits).order_by("-as_of").first()
