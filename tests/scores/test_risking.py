"""Risk of customers under contract: what was known on a day, notice, and the shares observed; figures by hand."""

import datetime as dt
import uuid
from typing import Any

import pytest
from django.db import connection

from customers.models import Interaction, Invoice, Login
from scores import predicting, risking, scoring, spells
from scores.models import ModelFit, Prediction
from tests.factories import configure, contract, customer, day, login, moment, purchase

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _by_contract():
    configure(churn_policy="contract")


def compute(as_of: str = "2026-06-30") -> None:
    scoring.compute(as_of=day(as_of), now=moment("2026-07-01"))


def known(on: str, as_of: str = "2026-06-30") -> dict[int, dict[str, Any]]:
    """The facts of a day per customer, as computed on a later one."""
    spells.build(as_of=day(as_of))
    facts = risking._features([day(on)], scoring.parameters(as_of=day(as_of)))
    return {row["customer_id"]: row for row in facts.to_dict("records")}


def said(who) -> Prediction:
    return Prediction.objects.get(customer=who)


# --- facts of a day -------------------------------------------------------------------------


def test_facts_are_of_the_day_and_nothing_later_moves_them():
    who, old = customer(), customer()
    contract(old, "2025-01-01", 500)
    login(old, "2025-12-01")
    Interaction.objects.create(customer=old, occurred_at=moment("2025-12-01"), line_key=uuid.uuid4())
    Invoice.objects.create(customer=old, invoice_id="old", due_on=day("2025-09-01"), amount=1)
    contract(who, "2026-01-01", 3000, contract_id="K", plan="上位", seats=5, renews_on="2026-05-15")
    contract(who, "2026-02-10", 2000, contract_id="K", plan="標準", seats=4, renews_on="2026-05-15")
    contract(who, "2026-04-05", 9000, contract_id="K", plan="特別", seats=50)  # later than the day asked for
    for on in ("2026-01-30", "2026-01-31", "2026-03-01", "2026-03-02", "2026-03-31", "2026-04-01"):
        login(who, on)
    for on, category in (
        ("2025-12-31", "complaint"),
        ("2026-01-01", "complaint"),
        ("2026-03-31", ""),
        ("2026-04-01", ""),
    ):
        Interaction.objects.create(customer=who, occurred_at=moment(on), category=category, line_key=uuid.uuid4())
    bills = [
        ("2026-01-31", "2026-02-05"),
        ("2026-02-28", "2026-04-02"),
        ("2026-03-31", None),
        ("2026-01-10", "2026-01-09"),
    ]
    for due, paid in bills:
        paid_on = paid and day(paid)
        Invoice.objects.create(customer=who, invoice_id=due, due_on=day(due), paid_on=paid_on, amount=1)
    row = known("2026-03-31")[who.pk]
    assert (row["tenure_days"], row["plan"], row["mrr"], row["seats"]) == (89, "標準", 2000, 4)
    assert (row["renews_in"], row["is_downgraded"], row["has_notice"], row["kind"]) == (45, 1, 0, "M")
    assert (row["logins_30"], row["logins_before"]) == (2, 2)  # 03-02 and 03-31; 01-31 and 03-01
    assert (row["contacts_90"], row["complaints_90"]) == (2, 1)  # from 2026-01-01 on
    assert (row["overdue"], row["late_180"]) == (1, 2)  # due on the day itself is not late yet
    assert row["lost"] == 0
    before_anything_was_held = known("2025-06-30")[old.pk]
    assert [before_anything_was_held[name] for name in ("logins_30", "contacts_90", "overdue")] == pytest.approx(
        [float("nan")] * 3, nan_ok=True
    )


def test_an_end_is_known_only_from_the_notice_on():
    late, open_ended, beyond = customer(), customer(), customer()
    contract(late, "2025-01-01", cancelled_on="2026-02-10", ends_on="2026-04-01")
    contract(open_ended, "2025-01-01", ends_on="2026-04-01")  # an end without notice may be written in afterwards
    contract(beyond, "2025-01-01", cancelled_on="2026-02-10", ends_on="2026-12-01")
    before, after = known("2026-01-31"), known("2026-02-28")
    assert [before[who.pk]["kind"] for who in (late, open_ended, beyond)] == ["M", "M", "M"]
    assert [after[who.pk]["kind"] for who in (late, open_ended, beyond)] == ["N", "M", "L"]
    assert [before[who.pk]["lost"] for who in (late, open_ended, beyond)] == [1, 1, 0]


@pytest.mark.parametrize(("month_end", "kinds"), [(True, ["N", "L"]), (False, ["L", "L"])])
def test_the_day_after_counts_where_contracts_end_with_their_last_day(month_end, kinds):
    # as of 2026-03-31, 90 days later is 2026-06-29; the first day without service is the next one, or the one after
    configure(month_end=month_end)
    ends, stays = customer(), customer()
    contract(ends, "2025-01-01", cancelled_on="2026-03-01", ends_on="2026-06-30")
    contract(stays, "2025-01-01", cancelled_on="2026-03-01", ends_on="2026-07-01")
    rows = known("2026-03-31")
    assert [rows[who.pk]["kind"] for who in (ends, stays)] == kinds
    assert [rows[who.pk]["lost"] for who in (ends, stays)] == [float(kind == "N") for kind in kinds]


def test_a_second_contract_keeps_the_customer_whatever_the_notice_of_the_first():
    who = customer()
    contract(who, "2025-01-01", 5000, cancelled_on="2026-02-10", ends_on="2026-04-01")
    contract(who, "2025-06-01", 100)
    row = known("2026-02-28")[who.pk]
    assert (row["kind"], row["has_notice"], row["mrr"], row["lost"]) == ("M", 1, 5100, 0)


def test_a_sample_is_drawn_by_code_whatever_the_order():
    made = [customer(f"S{at:03}") for at in range(40)]
    for who in made:
        contract(who, "2025-01-01")
    spells.build(as_of=day("2026-06-30"))
    params = scoring.parameters(as_of=day("2026-06-30"))
    drawn = risking._features([day("2026-03-31")], params, one_in=2)["customer_id"]
    assert 8 < len(drawn) < 32
    assert set(drawn) <= {who.pk for who in made}


# --- what is said -----------------------------------------------------------------------------


def test_notice_given_is_judged_by_the_end_it_names():
    ends, later, steady = customer(), customer(), customer()
    contract(ends, "2025-12-01", cancelled_on="2026-06-20", ends_on="2026-09-01")
    contract(later, "2025-12-01", cancelled_on="2026-06-20", ends_on="2027-01-01")
    contract(steady, "2025-12-15")
    compute()
    assert (said(ends).churn_risk, said(ends).reasons["codes"]) == (1, ["+notice_ends"])
    assert said(ends).reasons["facts"]["known_end"] == "2026-09-01"
    assert (said(later).churn_risk, said(later).reasons["codes"]) == (0, ["-notice_later"])
    assert (said(steady).churn_risk, said(steady).reasons) == (None, None)  # nobody as long under contract then


def test_where_purchases_count_too_notice_alone_does_not_lose_a_buyer():
    configure(churn_policy="either")
    who, buyer = customer(), customer()
    contract(who, "2025-12-01", cancelled_on="2026-06-20", ends_on="2026-09-01")
    contract(buyer, "2025-12-01", cancelled_on="2026-06-20", ends_on="2026-09-01")
    for at in range(12):
        shopper = customer()
        for month in (1, 2 + at % 3, 5):
            purchase(shopper, f"2026-{month:02}-{1 + at:02}")
    purchase(buyer, "2026-06-28")
    compute()
    assert said(who).churn_risk == 1
    assert said(buyer).churn_risk == 0  # bought two days ago: his 180 days cannot be over in 90


def planted(number: int = 120) -> list:
    """A company two thirds of whose customers leave in the course of two years, three months after their last login."""
    made = [customer() for _ in range(number)]
    logins, noon = [], moment("2024-11-01")
    for at, who in enumerate(made):
        last = at % 30  # the month of his last logins, counted from 2024-11; from 20 on: he stays
        contract(
            who, f"2024-{1 + at % 9:02}-01", 1000 * (1 + at % 7), **({"ends_on": _month(last + 3)} if last < 20 else {})
        )
        for month in range(min(last, 19) + 1):
            on = _month(month).replace(day=1 + at % 27)
            logins.append(Login(customer=who, logged_in_at=noon + (on - noon.date()), logged_in_on=on))
    Login.objects.bulk_create(logins)
    return made


def _month(number: int) -> dt.date:
    return dt.date(2024 + (10 + number) // 12, 1 + (10 + number) % 12, 1)


def test_the_model_is_learnt_from_the_companys_own_past_and_tells_its_reasons():
    made = planted()
    quiet, busy = made[29], made[28]  # all had their last logins of a usual month by 2026-06-28
    for back in range(8):
        login(busy, day("2026-06-29") - dt.timedelta(days=back * 7))
    quiet.logins.filter(logged_in_on__gte="2026-05-01").delete()
    compute()
    fit = ModelFit.objects.get()
    learnt = fit.risk["contract"]
    assert learnt["reason"] == ""
    assert learnt["held_back"]["auc"] > 0.6
    assert said(quiet).churn_risk > 2 * said(busy).churn_risk
    assert said(quiet).reasons["codes"][0] == "+usage"
    assert said(quiet).reasons["facts"]["logins_30"] == 0
    assert (said(busy).reasons["facts"]["logins_30"], said(busy).reasons["facts"]["logins_before"]) == (6, 4)


def test_what_was_learnt_says_the_same_again_without_learning():
    planted()
    params = scoring.parameters(as_of=day("2026-06-30"))
    compute()
    before = dict(Prediction.objects.values_list("customer_id", "churn_risk"))
    stored = predicting.restored(ModelFit.objects.get())
    scoring.build(as_of=day("2026-06-30"), now=moment("2026-07-01"))
    found = predicting.build(params=params, fitted=stored)
    assert found == stored
    with connection.cursor() as cursor:
        cursor.execute("SELECT customer_id, churn_risk FROM predictions")
        assert dict(cursor.fetchall()) == before


def test_a_company_without_contracts_learns_nothing():
    configure(churn_policy="inactivity")
    purchase(customer(), "2026-06-01")
    compute()
    assert ModelFit.objects.get().risk == {}


def test_shares_observed_are_stored_with_the_fit():
    for ends in (None, None, None, "2026-06-01"):
        contract(customer(), "2025-12-01", **({"ends_on": ends} if ends else {}))
    compute()
    assert ModelFit.objects.get().risk["shares"] == [{"kind": "S", "bucket": 1, "customers": 4, "lost": 1}]
