"""How the scores of one customer came about: the panel on his page."""

from decimal import Decimal

import pytest
from django.test import Client
from django.utils import translation

from accounts.models import Role, User
from customers.models import Customer
from scores import explaining, scoring
from tests.factories import configure, contract, customer, day, login, moment, purchase

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def compute(as_of: str = "2026-06-30") -> None:
    scoring.compute(as_of=day(as_of), now=moment("2026-07-01"))


def evidence(who: Customer) -> dict[str, explaining.Evidence]:
    return {one.key: one for one in explaining.evidence(who)}


def crowd(number: int = 20, *, gone: bool = False) -> list[Customer]:
    """Customers who bought again and again, half of them until long ago where `gone`."""
    made = [customer() for _ in range(number)]
    for at, who in enumerate(made):
        last = 3 if gone and at % 2 else 17
        for month in range(last):
            purchase(
                who, f"{2025 + month // 12}-{1 + month % 12:02}-{1 + (at * 7 + month * 5) % 28:02}", 1000 + 100 * at
            )
    return made


def test_nothing_before_the_first_scoring():
    assert explaining.evidence(customer()) == []


def test_a_prospect_has_a_stage_only():
    who = customer()
    compute()
    assert [(one.key, one.value) for one in explaining.evidence(who)] == [("lifecycle", "Prospect")]


def test_rfm_is_told_by_value_and_by_how_many_are_worse():
    who, other, third = customer(), customer(), customer()
    purchase(who, "2026-05-20", 2500)
    purchase(other, "2026-06-20", 100)
    purchase(third, "2026-04-20", 50)
    compute()
    said = evidence(who)
    assert (said["r"].value, said["r"].sentence) == (
        "41 days",
        "50% of the other customers are worse: score 3 of 5.",
    )
    assert (said["f"].value, said["f"].sentence) == ("1", "0% of the other customers are worse: score 3 of 5.")
    assert (said["m"].value, said["m"].sentence) == (
        "¥2,500",
        "100% of the other customers are worse: score 5 of 5.",
    )
    assert said["rfm_segment"].value == "Need attention"
    assert said["rfm_segment"].sentence == "The cell of R 3 and F 3. VIP, because M is 5."
    assert said["lifecycle"].value == "New"
    assert "In this stage since 2026/05/20." in said["lifecycle"].sentence
    assert "Last activity on 2026/05/20, 41 days before the day of these figures." in said["lifecycle"].sentence
    assert said["p_alive"].sentence == "Too few customers have bought again for a model."
    assert (said["p_alive"].value, said["expected_purchases_365d"].value, said["churn_risk"].value) == ("–", "–", "–")
    assert (said["ltv_historic"].value, said["ltv_predicted"].value) == ("¥2,500", "–")
    assert said["ltv_historic"].sentence == "All purchases net of refunds. By revenue."


def test_a_change_of_segment_says_whose_doing_it_was():
    who, other = customer(), customer()
    purchase(who, "2026-05-02", 100)
    purchase(other, "2026-05-01", 100)
    compute("2026-05-31")
    purchase(other, "2026-06-10", 100)
    compute()
    assert evidence(who)["rfm_segment"].sentence.endswith(
        "Before 2026/06/30: Potential loyalists. The change came without a purchase of this customer: time passed, and"
        " others moved."
    )
    assert evidence(other)["rfm_segment"].sentence.endswith("Before 2026/06/30: At risk.")


def test_the_models_say_from_what_they_tell():
    made = crowd(gone=True)
    once = customer()
    purchase(once, "2026-06-01", 500)
    compute()
    loyal = evidence(made[0])
    assert loyal["p_alive"].value.endswith("%")
    assert loyal["p_alive"].sentence == "From 16 repeat purchase days between 2025/01/01 and 2026/05/25 (BG/NBD)."
    assert "with a chance of one half" in loyal["expected_purchases_365d"].sentence
    assert "(Gamma-Gamma)" in loyal["expected_purchases_365d"].sentence
    assert loyal["churn_risk"].sentence.startswith("The chance that 180 days without a purchase are full")
    assert loyal["ltv_predicted"].sentence.startswith("Historic LTV and what the next 12 months may add: ¥")
    first = evidence(once)["p_alive"]
    assert (first.value, first.sentence) == ("–", "There is no repeat purchase yet to tell it from.")


def test_data_without_drop_out_say_so():
    made = crowd()
    compute()
    said = evidence(made[0])["p_alive"]
    assert (said.value, said.sentence) == (
        "–",
        "The data show no drop-out, so a chance to still be a customer cannot be told.",
    )


def test_by_contract():
    configure(churn_policy="contract", margin=Decimal("0.4"))
    stays, left = customer(), customer()
    contract(stays, "2025-12-01", 1000, cancelled_on="2026-06-20", ends_on="2026-09-01")
    contract(left, "2025-11-01", 1000, ends_on="2026-02-01")
    login(stays, "2026-06-25")
    compute()
    said, gone = evidence(stays), evidence(left)
    assert said["lifecycle"].value == "Slipping"
    assert said["lifecycle"].sentence.endswith("Notice was given on 2026/06/20.")
    assert (said["churn_risk"].value, said["churn_risk"].sentence) == (
        "100%",
        "Notice was given: the last day under contract is 2026/08/31.",
    )
    assert said["ltv_historic"].sentence == (
        "The monthly amounts of all contract terms up to the day. Multiplied by the margin of 40%."
    )
    assert (gone["lifecycle"].value, gone["churn_risk"].value) == ("Cancelled", "100%")
    assert gone["churn_risk"].sentence.startswith("The share not under contract 90 days later")


def test_risk_by_tenure_and_by_silence():
    configure(churn_policy="either", activity="purchases+logins")
    signed, buyer = customer(), customer()
    contract(signed, "2023-01-01", 1000)
    for on in ("2026-03-30", "2026-06-29"):
        purchase(buyer, on, 10)
    compute()
    assert "as long under contract" in evidence(signed)["churn_risk"].sentence
    assert "quiet as long" in evidence(buyer)["churn_risk"].sentence
    assert "and all purchases net of refunds" in evidence(signed)["ltv_historic"].sentence


# --- the panel -----------------------------------------------------------------------------


@pytest.fixture
def staff(client: Client) -> Client:
    user = User.objects.create_user("cs-scores@example.jp", name="担当", role=Role.CS)
    client.force_login(user, backend="accounts.backends.StaffBackend")
    return client


def test_the_panel_is_a_page_of_its_own_and_a_part_for_htmx(staff, django_assert_max_num_queries):
    who = customer(name="青空商事")
    purchase(who, "2026-05-20", 2500)
    compute()
    whole = staff.get(f"/scores/customers/{who.pk}/").content.decode()
    assert "<html" in whole
    assert "スコアと根拠" in whole
    with django_assert_max_num_queries(12):
        part = staff.get(f"/scores/customers/{who.pk}/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert "41日" in part
    assert "最終購入からの日数" in part


def test_an_unscored_customer_gets_a_sentence(staff):
    page = staff.get(f"/scores/customers/{customer().pk}/")
    assert "スコアはまだありません" in page.content.decode()


def test_a_missing_customer_is_not_found(staff):
    assert staff.get("/scores/customers/987654321/").status_code == 404
