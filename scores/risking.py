"""Churn risk where purchases alone do not tell it: what is learnt of the company's past, and what it says today.

Needs the temp tables of scores.spells and `predictions`. What is learnt is JSON, stored with the day's fit, so that
a few customers can be judged again without looking at everybody.
"""

import datetime as dt
import math
from typing import Any

import numpy as np
import pandas as pd

from accounts.models import Installation
from common import sql
from scores import contract_risk, copying
from scores.contract_risk import HORIZON_DAYS, ContractRisk

_WHOLE = ["lost", "mrr", "seats", "renews_in", "is_downgraded", "has_notice", "logins_30", "logins_before"]
_WHOLE += ["contacts_90", "complaints_90", "overdue", "late_180"]


def is_asked(params: dict[str, Any]) -> bool:
    """Whether the policy has risk that the purchase model does not tell."""
    return bool(params["by_login"] or params["by_contract"])


def learn(*, params: dict[str, Any]) -> dict[str, Any]:
    """What the company's past up to the day says: `contract` (ContractRisk) and `shares` (kind, bucket, customers,
    lost). Leaves temp `contract_features` and `risk_places` of the day and of 90 days before."""
    if not is_asked(params):
        return {}
    contract = _learn_contract(params) if params["by_contract"] else None
    _stand([params["as_of"] - dt.timedelta(HORIZON_DAYS), params["as_of"]], params)
    shares = sql.rows("scores/sql/risk_shares.sql", params)
    if contract is not None and contract_risk.is_unlike_past(contract, _today(params)):
        contract = ContractRisk(None, "unlike_past", contract.found, contract.notice_share, contract.held_back)
    return {"contract": contract and contract.stored(), "shares": shares}


def speak(learnt: dict[str, Any], *, params: dict[str, Any], is_placed: bool = False) -> None:
    """Completes temp `predictions` with risk and reasons; `is_placed`: straight after `learn`, of everybody."""
    if not is_asked(params):
        return
    if not is_placed:
        _stand([params["as_of"]], params)
    shares = [row for row in learnt["shares"] if row["customers"]]
    by_column = {
        "share_kinds": [row["kind"] for row in shares],
        "share_buckets": [row["bucket"] for row in shares],
        "share_risks": [row["lost"] / row["customers"] for row in shares],
    }
    sql.run("scores/sql/set_observed_risk.sql", params | by_column)
    if learnt["contract"]:
        _say_of_contracts(contract_risk.restored(learnt["contract"]), params)


def _learn_contract(params: dict[str, Any]) -> ContractRisk:
    (count,) = sql.rows("scores/sql/contract_customers.sql")
    one_in = max(1, math.ceil(count["customers"] / contract_risk.SAMPLE_CUSTOMERS))
    return contract_risk.learn(_features(contract_risk.month_ends(params["as_of"]), params, one_in=one_in))


def _features(days: list[dt.date], params: dict[str, Any], *, one_in: int = 1) -> pd.DataFrame:
    given = {"on_days": days, "one_in": one_in, "zone": Installation.get().time_zone}
    sql.run("scores/sql/contract_features.sql", params | given)
    return _facts()


def _facts() -> pd.DataFrame:
    facts = copying.frame(
        "scores/sql/contract_facts.sql",
        dtype=dict.fromkeys(_WHOLE, float) | {"plan": str, "kind": str},
        keep_default_na=False,
        na_values={name: [""] for name in [*_WHOLE, "known_end"]},
    )
    return facts.assign(day=pd.to_datetime(facts["day"]).dt.date)


def _stand(days: list[dt.date], params: dict[str, Any]) -> None:
    given = {"on_days": days if params["by_contract"] else [], "one_in": 1, "zone": Installation.get().time_zone}
    sql.run("scores/sql/contract_features.sql", params | given)
    sql.run("scores/sql/risk_places.sql", params | {"on_days": days})


def _today(params: dict[str, Any]) -> pd.DataFrame:
    facts = _facts()
    return facts[facts["day"] == params["as_of"]]


def _say_of_contracts(learnt: ContractRisk, params: dict[str, Any]) -> None:
    today = _today(params)
    kind, risk = today["kind"].to_numpy(), np.zeros(len(today))
    risk[kind == "N"] = np.nan if learnt.notice_share is None else learnt.notice_share
    codes = np.where(kind == "N", "+notice_ends", "-notice_later").astype(object)
    is_told, open_ended = np.full(len(today), True), kind == "M"
    if learnt.model is None:
        is_told = ~open_ended
    else:
        risk[open_ended] = learnt.model.risk(today[open_ended])
        codes[open_ended] = contract_risk.reasons(learnt.model, today[open_ended])
    said = {"customer_id": today["customer_id"].to_numpy(), "churn_risk": risk, "codes": codes}
    sql.run("scores/sql/contract_said.sql")
    copying.fill("contract_said", {name: column[is_told] for name, column in said.items()})
    sql.run("scores/sql/set_contract_risk.sql", params)
