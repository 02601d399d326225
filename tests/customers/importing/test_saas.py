"""A software company of five linked tables comes in through ordinary mappings; what must stand is worked out here."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from django.db.models import Max

from customers.models import Contract, Customer, Event, ImportChange, Interaction, Login
from scores import scoring
from tests import factories

from .by_command import bring, rejects

pytestmark = pytest.mark.django_db
MAPPINGS = Path(__file__).parent / "mappings"
KINDS = {
    "accounts": "customers",
    "subscriptions": "contracts",
    "feature_usage": "usage",
    "supports_ticket": "interactions",
    "churn_events": "events",
}
AS_OF = dt.date(2024, 12, 31)


def table(folder: Path, name: str) -> pd.DataFrame:
    """A file as texts, with the line each row stands in."""
    rows = pd.read_csv(folder / "saas" / f"{name}.csv", dtype=str, keep_default_na=False, encoding="utf-8-sig")
    return rows.assign(line=range(2, len(rows) + 2))


def days(texts: pd.Series) -> pd.Series:
    return pd.to_datetime(texts, format="%d-%m-%Y").dt.date


@pytest.fixture
def expected_usage(sample_data) -> pd.DataFrame:
    """The rows of usage with their account and why they stay out: 0 times is no use; a number belongs to the account
    of its first row that is one."""
    usage = table(sample_data, "feature_usage").merge(
        table(sample_data, "subscriptions")[["subscription_id", "account_id"]], on="subscription_id", how="left"
    )
    usage["why"] = ""
    usage.loc[usage["usage_count"].astype(int) <= 0, "why"] = "no_use"
    holders = usage[usage["why"] == ""].drop_duplicates("usage_id").set_index("usage_id")["account_id"]
    is_taken = (usage["why"] == "") & (usage["account_id"] != usage["usage_id"].map(holders))
    usage.loc[is_taken, "why"] = "taken_id"
    return usage.assign(day=days(usage["usage_date"]))


@pytest.fixture
def expected_reasons(sample_data) -> dict[str, str]:
    """Contract → the reason of the first churn event of its account on its last day, or the first day without it."""
    terms = table(sample_data, "subscriptions").query("end_date != ''")
    terms = terms.assign(ends_on=days(terms["end_date"]) + dt.timedelta(1))
    churned = table(sample_data, "churn_events")
    churned = churned.assign(day=days(churned["churn_date"])).query("reason_code != ''")
    pairs = terms.merge(churned, on="account_id").sort_values("line_y")
    agree = (pairs["day"] == pairs["ends_on"]) | (pairs["day"] == pairs["ends_on"] - dt.timedelta(1))
    return pairs[agree].drop_duplicates("subscription_id").set_index("subscription_id")["reason_code"].to_dict()


def test_the_whole_company_comes_in_and_the_second_time_nothing_changes(
    settings, tmp_path, sample_data, expected_usage, expected_reasons
):
    settings.MEDIA_ROOT = tmp_path
    done = {}
    for name, kind in KINDS.items():
        path, mapping = sample_data / "saas" / f"{name}.csv", MAPPINGS / f"saas_{name}.json"
        done[name] = bring(tmp_path, kind, path, mapping=mapping)
        if name == "feature_usage":
            found = {(line, code) for line, code, _column in rejects()}
    kept = expected_usage[expected_usage["why"] == ""]
    counted = {name: (counts["rows"], counts["created"], counts["rejected"]) for name, counts in done.items()}
    assert counted == {
        "accounts": (500, 500, 0),
        "subscriptions": (5000, 5000, 0),
        "feature_usage": (25_000, len(kept), 25_000 - len(kept)),
        "supports_ticket": (2000, 2000, 0),
        "churn_events": (600, 600, 0),
    }
    out = expected_usage[expected_usage["why"] != ""]
    assert found == set(zip(out["line"], out["why"], strict=True))
    assert set(out["why"]) == {"taken_id", "no_use"}

    usage_is_as_expected(kept)
    contracts_are_as_expected(sample_data, expected_reasons)
    tickets_are_as_expected(sample_data)
    events_are_as_expected(sample_data)
    scores_see_it(kept)

    for name, kind in KINDS.items():
        path, mapping = sample_data / "saas" / f"{name}.csv", MAPPINGS / f"saas_{name}.json"
        again = bring(tmp_path, kind, path, mapping=mapping, look=False)
        assert (again["created"], again["updated"]) == (0, 0), name
        assert again["rejected"] == done[name]["rejected"]


def usage_is_as_expected(kept: pd.DataFrame) -> None:
    stored = Login.objects.values_list("usage_id", "customer__code", "logged_in_on", "feature", "quantity")
    assert set(stored) == {
        (row.usage_id, row.account_id, row.day, row.feature_name, Decimal(row.usage_count)) for row in kept.itertuples()
    }
    assert Login.objects.count() == len(kept)


def contracts_are_as_expected(sample_data: Path, reasons: dict[str, str]) -> None:
    given = table(sample_data, "subscriptions")
    ends = [day + dt.timedelta(1) if text else None for text, day in _dated(given["end_date"])]
    stored = Contract.objects.values_list(
        "contract_id", "customer__code", "plan", "mrr", "starts_on", "ends_on", "is_trial", "seats", "billing_cycle"
    )
    assert set(stored) == {
        (
            row.subscription_id, row.account_id, row.plan_tier, Decimal(row.mrr_amount), start, end,
            row.is_trial == "TRUE", int(row.seats), {"monthly": "monthly", "annual": "yearly"}[row.billing_frequency],
        )
        for row, start, end in zip(given.itertuples(), days(given["start_date"]), ends, strict=True)
    }  # fmt: skip
    assert dict(Contract.objects.exclude(reason="").values_list("contract_id", "reason")) == reasons
    assert 0 < len(reasons) < 20  # in this company few agree
    changes = ImportChange.objects.all()
    assert {(change.model, change.before["reason"]) for change in changes} == {("contract", "")}
    assert len(changes) == len(reasons)


def _dated(texts: pd.Series) -> list[tuple[str, dt.date | None]]:
    return [(text, dt.datetime.strptime(text, "%d-%m-%Y").date() if text else None) for text in texts]  # noqa: DTZ007


def tickets_are_as_expected(sample_data: Path) -> None:
    given = table(sample_data, "supports_ticket")
    zone = "Asia/Tokyo"
    began = pd.to_datetime(given["submitted_at"], format="%d-%m-%Y").dt.tz_localize(zone)
    ended = pd.to_datetime(given["closed_at"], format="%d-%m-%Y %H:%M").dt.tz_localize(zone)
    stored = Interaction.objects.values_list(
        "interaction_id", "customer__code", "occurred_at", "resolved_at", "priority", "satisfaction"
    )
    assert set(stored) == {
        (
            row.ticket_id, row.account_id, start, end, {"medium": "normal"}.get(row.priority, row.priority),
            Decimal(row.satisfaction_score) if row.satisfaction_score else None,
        )
        for row, start, end in zip(given.itertuples(), began, ended, strict=True)
    }  # fmt: skip
    assert set(Interaction.objects.values_list("kind", "direction", "category", "status")) == {
        ("mail", "inbound", "question", "closed")
    }


def events_are_as_expected(sample_data: Path) -> None:
    given = table(sample_data, "churn_events").drop(columns="line")
    names = {"churn_event_id": "event_id", "reason_code": "reason"}
    data = given.drop(columns=["account_id", "churn_date"]).rename(columns=names).to_dict("records")
    wanted = [
        (account, {name: text for name, text in row.items() if text})
        for account, row in zip(given["account_id"], data, strict=True)
    ]
    assert list(Event.objects.order_by("id").values_list("customer__code", "data")) == wanted
    assert set(Event.objects.values_list("kind", flat=True)) == {"churned"}


def scores_see_it(kept: pd.DataFrame) -> None:
    """Several uses a day are one day of use; a trial alone leaves a prospect."""
    factories.configure(churn_policy="contract", month_end=False)
    scoring.compute(as_of=AS_OF, now=factories.moment("2026-11-22"))
    last = kept[kept["day"] <= AS_OF].groupby("account_id")["day"].max().to_dict()
    scored = Customer.objects.filter(score__last_login_on__isnull=False)
    assert dict(scored.values_list("code", "score__last_login_on")) == last
    paid = (
        Contract.objects.filter(is_trial=False, mrr__gt=0, starts_on__lte=AS_OF).values("customer").distinct().count()
    )
    assert Customer.objects.exclude(score__lifecycle="prospect").count() == paid
    assert Login.objects.aggregate(last=Max("logged_in_on"))["last"] <= AS_OF
