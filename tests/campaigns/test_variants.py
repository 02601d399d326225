"""Other words tested: who gets which, what the rest gets, and which one may be called better."""

import datetime as dt
from collections import Counter

import pytest

from accounts.models import AuditEvent
from campaigns import audience, results, uplift, variants
from campaigns.models import Campaign, Delivery, Enrollment, Variant
from campaigns.uplift import Arm
from tests import factories
from tests.campaigns.moments import NOW

HOURS = dt.timedelta(hours=24)


# --- pure ----------------------------------------------------------------------------------------


def test_variants_share_everybody_evenly_and_a_customer_keeps_his():
    got = Counter(variants.letter_of(7, customer, "ABC") for customer in range(3000))
    assert set(got) == {"A", "B", "C"}
    assert all(abs(count - 1000) < 90 for count in got.values())  # three standard deviations: 77
    assert variants.letter_of(7, 42, "ABC") == variants.letter_of(7, 42, "ABC")


def test_a_test_share_takes_its_part_and_leaves_the_rest():
    got = Counter(variants.letter_of(7, customer, "AB", 20) for customer in range(5000))
    assert abs(got[""] - 4000) < 90
    assert abs(got["A"] - 500) < 70


def test_holm_by_hand():
    """Three p: 0.01 × 3, 0.02 × 2, 0.04 × 1; none below the one before it."""
    assert uplift.holm([0.04, 0.01, 0.02]) == pytest.approx([0.04, 0.03, 0.04])
    assert uplift.holm([0.6, 0.5]) == [1.0, 1.0]


def test_the_best_beats_every_other_one():
    found = uplift.rank({"A": Arm(1000, 50), "B": Arm(1000, 120), "C": Arm(1000, 60)})
    assert (found.leading, found.best) == ("B", "B")
    assert [(pair.one, pair.other, pair.is_sure) for pair in found.pairs] == [
        ("A", "B", True),
        ("A", "C", False),
        ("B", "C", True),
    ]
    assert found.pairs[0].better == "B"


def test_where_no_one_beats_all_the_highest_leads_and_none_is_best():
    found = uplift.rank({"A": Arm(100, 5), "B": Arm(100, 7)})
    assert (found.leading, found.best) == ("B", "")
    assert uplift.rank({"B": Arm(10, 1), "A": Arm(10, 1)}).leading == "A"


def test_one_variant_alone_is_no_comparison():
    assert uplift.rank({"A": Arm(100, 5), "B": Arm(0, 0)}) is None


# --- planned and decided ---------------------------------------------------------------------------


@pytest.fixture
def tested(campaign, person, staff):
    """Twelve customers, two variants."""
    for number in range(12):
        person(number)
    Variant.objects.create(step=campaign.steps.get(), letter="B", subject="件名", body="{{ 宛名 }}\n\n{{ offer }}")

    def launch(**changes) -> Campaign:
        Campaign.objects.update(**changes)
        audience.launch(campaign=Campaign.objects.get(), by=staff, now=NOW)
        audience.plan_due(now=NOW)
        return Campaign.objects.get()

    return launch


def by_hash(campaign: Campaign, share: int = 100) -> dict[int, str]:
    people = Enrollment.objects.filter(arm="treated").values_list("customer", flat=True)
    return {customer: variants.letter_of(campaign.pk, customer, "AB", share) for customer in people}


@pytest.mark.django_db
def test_everybody_treated_has_the_variant_of_his_hash_in_the_draw_and_in_the_ledger(tested):
    campaign = tested(holdout_percent=20)
    expected = by_hash(campaign)
    assert dict(Enrollment.objects.filter(arm="treated").values_list("customer", "variant")) == expected
    assert dict(Delivery.objects.filter(state="pending").values_list("customer", "variant")) == expected
    assert set(Enrollment.objects.filter(arm="held_out").values_list("variant", flat=True)) == {""}
    assert not variants.of_the_rest(campaign)


@pytest.mark.django_db
def test_the_rest_waits_for_the_hours_of_the_test(tested):
    campaign = tested(test_percent=50)
    expected = {customer: letter or "?" for customer, letter in by_hash(campaign, 50).items()}
    assert dict(Delivery.objects.values_list("customer", "variant")) == expected
    waiting = Delivery.objects.filter(variant="?")
    assert 0 < waiting.count() < 12
    assert set(waiting.values_list("due_at", "expires_at")) == {(NOW + HOURS, NOW + HOURS + audience.TRY_FOR)}
    assert set(Delivery.objects.exclude(variant="?").values_list("due_at", flat=True)) == {NOW}
    assert variants.of_the_rest(campaign) == "?"


@pytest.mark.django_db
def test_planning_again_changes_no_variant(tested):
    campaign = tested(test_percent=50)
    before = list(Delivery.objects.order_by("pk").values_list("variant", "due_at"))
    assert variants.assign(campaign, due_at=NOW, expires_at=NOW)
    assert list(Delivery.objects.order_by("pk").values_list("variant", "due_at")) == before


@pytest.mark.django_db
def test_the_one_that_leads_by_the_goal_goes_to_the_rest_once(tested):
    campaign = tested(test_percent=50)
    for entry in Enrollment.objects.filter(variant="B"):
        factories.purchase(entry.customer, NOW.date())
    Delivery.objects.filter(variant="A").update(opened_at=NOW)  # opens decide nothing
    assert variants.decide_due(now=NOW + HOURS - dt.timedelta(seconds=1)) == 0
    rest = Delivery.objects.filter(variant="?").count()
    assert variants.decide_due(now=NOW + HOURS) == 1
    assert variants.decide_due(now=NOW + HOURS) == 0
    assert variants.of_the_rest(campaign) == "B"
    words = AuditEvent.objects.get(action="campaign.variant").detail
    assert (words["variant"], words["rows"]) == ("B", rest)


@pytest.mark.django_db
def test_where_nobody_reached_the_goal_the_rest_gets_the_first(tested):
    campaign = tested(test_percent=50)
    assert variants.decide_due(now=NOW + HOURS) == 1
    assert variants.of_the_rest(campaign) == "A"
    assert AuditEvent.objects.get(action="campaign.variant").detail["is_sure"] is False


@pytest.mark.django_db
def test_a_paused_campaign_decides_nothing(tested):
    tested(test_percent=50)
    Campaign.objects.update(state="paused")
    assert variants.decide_due(now=NOW + HOURS) == 0


@pytest.mark.django_db
def test_results_of_variants_are_of_those_in_the_test_and_all_together_stand_against_the_held_out(tested):
    campaign = tested(test_percent=50)
    variants.decide_due(now=NOW + HOURS)
    found = results.results(campaign, now=NOW + dt.timedelta(days=31))
    in_test = Counter(letter for letter in by_hash(campaign, 50).values() if letter)
    assert {letter: one.customers for letter, one in found.variants.items()} == dict(in_test)
    assert found.treated.customers == 12
    assert found.ranking.best == ""


@pytest.mark.django_db
def test_without_variants_nothing_is_assigned(campaign):
    assert not variants.assign(campaign, due_at=NOW, expires_at=NOW)
    assert results.ranking(campaign, now=NOW) is None
