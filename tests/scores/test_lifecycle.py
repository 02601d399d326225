"""Every stage and the day it began, counted by hand; the day is 2026-06-30, N = 180 unless said."""

import pytest
from django.utils import translation

from scores import labels, scoring
from scores.models import Lifecycle, Score
from tests.factories import configure, contract, customer, day, login, moment, purchase

pytestmark = pytest.mark.django_db


def stage(who, as_of: str = "2026-06-30") -> tuple[str, str | None]:
    scoring.compute(as_of=day(as_of), now=moment("2026-07-01"))
    score = Score.objects.get(customer=who)
    return score.lifecycle, score.lifecycle_since and score.lifecycle_since.isoformat()


def buyer(*days: str):
    who = customer()
    for on in days:
        purchase(who, on)
    return who


def signer(*terms: dict, **term):
    who = customer()
    for one in terms or [term]:
        contract(who, **one)
    return who


def signed(**changes):
    """Under contract; the installation holds logins."""
    configure(churn_policy="contract")
    login(customer(), "2026-06-29")
    return signer(**{"starts_on": "2025-01-01", **changes})


def test_who_never_bought_is_a_prospect():
    who = buyer()
    purchase(who, "2026-06-01", -300)
    assert stage(who) == ("prospect", None)


@pytest.mark.parametrize(
    ("bought", "expected"),
    [
        (["2026-04-01"], ("new", "2026-04-01")),  # 90 days ago
        (["2026-03-31"], ("slipping", "2026-06-30")),  # no longer new, quiet 91 > 60
        (["2025-12-01", "2026-03-02"], ("slipping", "2026-05-02")),  # quiet 120, more than 60 since 05-02
        (["2025-12-01", "2026-03-01"], ("pre_dormant", "2026-06-30")),  # quiet 121 > 120
        (["2026-01-02"], ("pre_dormant", "2026-05-03")),  # quiet 179
        (["2026-01-01"], ("dormant", "2026-06-30")),  # quiet 180
        (["2025-01-06"], ("dormant", "2025-07-05")),  # quiet 540 = 3 N
        (["2025-01-05"], ("lapsed", "2026-06-30")),  # quiet 541
        (["2025-01-01", "2026-04-01"], ("won_back", "2026-04-01")),  # gone from 2025-06-30, back for 90 days
        (["2025-01-01", "2026-03-31", "2026-06-30"], ("active", "2026-06-30")),  # back for 91 days; silent for 90
        (["2025-12-01", "2026-03-10", "2026-05-01"], ("active", "2026-03-10")),  # 98 silent days ended, quiet 60
        (["2025-12-01", "2026-01-31", "2026-03-31", "2026-05-31"], ("active", "2026-03-02")),  # never silent > 60
    ],
)
def test_by_inactivity(bought, expected):
    assert stage(buyer(*bought)) == expected


def test_a_login_ends_the_quiet_where_logins_count():
    configure(activity="purchases+logins")
    who = buyer("2025-12-01", "2026-01-02")
    login(who, "2026-06-30")
    assert stage(who) == ("active", "2026-06-30")


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        ({"starts_on": "2026-04-01"}, ("new", "2026-04-01")),
        ({"is_trial": True}, ("prospect", None)),
        ({"mrr": 0}, ("prospect", None)),
        ({"ends_on": "2026-06-15"}, ("cancelled", "2026-06-14")),
        ({"ends_on": "2026-07-01"}, ("cancelled", "2026-06-30")),  # what ends with June is lost in June
        ({"cancelled_on": "2026-06-10", "ends_on": "2026-09-01"}, ("unused", "2025-04-02")),
    ],
)
def test_by_contract(term, expected):
    assert stage(signed(**term)) == expected


def test_a_term_after_a_gap_is_a_return():
    configure(churn_policy="contract")
    who = signer({"starts_on": "2025-01-01", "ends_on": "2025-06-01"}, {"starts_on": "2026-05-01"})
    assert stage(who) == ("won_back", "2026-05-01")


@pytest.mark.parametrize(
    ("logged_in", "term", "expected"),
    [
        ("2026-05-01", {}, ("unused", "2026-06-30")),  # 60 days without login
        ("2026-05-02", {}, ("active", "2026-05-02")),  # its first login ended more than 60 silent days
        ("2026-05-31", {"renews_on": "2026-08-29"}, ("slipping", "2026-06-30")),  # 60 days to go, 30 silent
        ("2026-05-31", {"renews_on": "2026-08-30"}, ("active", "2026-05-31")),
        ("2026-06-01", {"renews_on": "2026-08-29"}, ("active", "2026-06-01")),
        ("2026-06-01", {"cancelled_on": "2026-06-20", "ends_on": "2026-09-01"}, ("slipping", "2026-06-20")),
        ("2026-06-01", {"cancelled_on": "2026-07-01", "ends_on": "2026-09-01"}, ("active", "2026-06-01")),
    ],
)
def test_a_signed_customers_use(logged_in, term, expected):
    who = signed(**term)
    login(who, "2025-02-01")
    login(who, logged_in)
    assert stage(who) == expected


def test_conditions_on_logins_wait_until_the_installation_holds_any():
    configure(churn_policy="contract")
    who = signer(starts_on="2025-01-01", renews_on="2026-07-10")
    login(who, "2026-05-01")
    assert stage(who) == ("active", "2025-04-02")
    login(customer(), "2026-05-02")
    assert stage(who) == ("unused", "2026-06-30")


def test_a_purchase_is_use_too():
    who = signed()
    purchase(who, "2026-05-02")
    assert stage(who) == ("active", "2025-04-02")


def test_either_policy_names_what_ended_last():
    configure(churn_policy="either", month_end=False)
    left = signer(starts_on="2025-01-01", ends_on="2026-06-01")
    purchase(left, "2025-06-01")
    quiet = signer(starts_on="2025-01-01", ends_on="2025-07-01")
    purchase(quiet, "2025-12-01")
    bought_then_signed = signer(starts_on="2026-01-01")
    purchase(bought_then_signed, "2025-01-01")
    assert stage(left) == ("cancelled", "2026-06-01")
    assert stage(quiet) == ("dormant", "2026-05-30")
    # away from 2025-06-30 to 2026-01-01, settled 91 days after
    assert stage(bought_then_signed) == ("active", "2026-04-02")


def test_either_policy_falls_back_to_purchases_when_the_contract_ends():
    configure(churn_policy="either", month_end=False)
    who = signer(starts_on="2025-01-01", ends_on="2026-06-20")
    purchase(who, "2026-04-01")
    assert stage(who) == ("slipping", "2026-06-20")


def test_stages_are_the_same_computed_then_or_later():
    who = buyer("2026-01-02", "2026-05-20", "2026-06-29")
    then = stage(who, "2026-04-10")
    assert then == ("slipping", "2026-04-03")  # settled 91 days after the first purchase
    assert stage(who, "2026-06-30")[0] == "active"
    scoring.build(as_of=day("2026-04-10"), now=moment("2026-07-01"))


def test_every_stage_has_a_meaning_and_a_word():
    assert set(labels.LIFECYCLE_MEANINGS) == set(Lifecycle.values)
    assert all(labels.lifecycle_label(value, "inactivity") for value in Lifecycle.values)


@pytest.mark.parametrize(
    ("lifecycle", "policy", "word"),
    [
        ("active", "contract", "契約中"),
        ("active", "inactivity", "稼働顧客"),
        ("active", "either", "稼働顧客"),
        ("won_back", "contract", "再契約"),
        ("won_back", "inactivity", "復帰"),
        ("dormant", "inactivity", "休眠"),
    ],
)
def test_one_stage_may_have_two_words(lifecycle, policy, word):
    with translation.override("ja"):
        assert str(labels.lifecycle_label(lifecycle, policy)) == word
