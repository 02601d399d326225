"""An offer to new customers that loyal ones never got: the warning, and the draft that makes up for it."""

import datetime as dt

import pytest
from django.test import Client

from accounts.models import Role, User
from campaigns import fairness
from campaigns.models import Campaign, Delivery, Offer
from scores.models import Score
from segments.models import Membership
from tests import factories
from tests.campaigns.moments import NOW, TODAY

pytestmark = pytest.mark.django_db


def scored(code: str, **fields):
    who = factories.customer(code)
    Score.objects.create(customer=who, as_of=TODAY, **fields)
    return who


@pytest.fixture
def loyal(db):
    return [scored(f"L{number}", rfm_segment="loyal_customers", lifecycle="active") for number in range(4)]


@pytest.fixture
def offered(campaign):
    """20 % for new customers."""
    Offer.objects.update(kind="percent", value=20, is_for_new=True)
    return Campaign.objects.get()


def gave(campaign: Campaign, people, value: int, *, kind: str = "percent", days_ago: int = 10, state: str = "accepted"):
    """An earlier campaign that offered it to those."""
    earlier = Campaign.objects.create(name="earlier", segment=campaign.segment, created_by=campaign.created_by)
    Offer.objects.create(campaign=earlier, text="x", kind=kind, value=value)
    step = earlier.steps.create(subject="s", body="b")
    at = NOW - dt.timedelta(days=days_ago)
    for number, who in enumerate(people):
        Delivery.objects.create(
            campaign=earlier, step=step, customer=who, channel="mail", address=f"l{earlier.pk}-{number}@example.jp",
            state=state, token=f"{earlier.pk}-{number}", planned_at=at, due_at=at, settled_at=at,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("how_many", "given", "is_unfair"),
    [
        (0, {}, True),
        (1, {"value": 20}, True),
        (2, {"value": 20}, False),  # half of the four
        (4, {"value": 25}, False),
        (4, {"value": 10}, True),
        (4, {"value": 500, "kind": "amount"}, True),
        (4, {"value": 20, "days_ago": 91}, True),
        (4, {"value": 20, "state": "held_out"}, True),
    ],
)
def test_most_loyal_customers_must_have_been_offered_as_much_lately(offered, loyal, how_many, given, is_unfair):
    if how_many:
        gave(offered, loyal[:how_many], **given)
    assert (fairness.unfair(offered, now=NOW) is not None) is is_unfair


@pytest.mark.parametrize("changes", [{"is_for_new": False}, {"kind": "gift"}, {"value": None}])
def test_an_offer_not_for_new_ones_or_that_cannot_be_compared_is_no_matter(offered, loyal, changes):
    Offer.objects.update(**changes)
    assert fairness.unfair(Campaign.objects.get(), now=NOW) is None


def test_an_audience_of_new_customers_is_for_new_ones_whatever_the_offer_says(offered, loyal):
    Offer.objects.update(is_for_new=False)
    for number, stage in enumerate(["new", "prospect", "active"]):
        who = scored(f"N{number}", lifecycle=stage)
        Membership.objects.create(segment=offered.segment, customer=who, entered_on=TODAY)
    assert fairness.unfair(Campaign.objects.get(), now=NOW) is not None
    Score.objects.filter(customer__code="N1").update(lifecycle="active")
    assert fairness.unfair(Campaign.objects.get(), now=NOW) is None


def test_without_loyal_customers_nobody_is_treated_unfairly(offered):
    assert fairness.unfair(offered, now=NOW) is None


def test_it_says_how_many_of_how_many(offered, loyal):
    gave(offered, loyal[:1], 30)
    found = fairness.unfair(offered, now=NOW)
    assert (found.loyal, found.as_well) == (4, 1)
    assert "10%割引" in found.words


def test_one_click_makes_a_draft_with_the_same_words_and_worth_for_loyal_customers(offered, loyal):
    user = User.objects.create_user("m@example.jp", "x", name="m", role=Role.MANAGER)
    client = Client()
    client.force_login(user)
    assert client.post(f"/campaigns/{offered.pk}/match/").status_code == 302
    draft = Campaign.objects.exclude(pk=offered.pk).get()
    assert (draft.state, draft.created_by, draft.segment.rule) == ("draft", user, fairness.LOYAL_RULE)
    assert (draft.offer.kind, draft.offer.value, draft.offer.is_for_new) == ("percent", 20, False)
    assert draft.steps.get().body == offered.steps.get().body
    again = fairness.match(campaign=offered, by=user, now=NOW)
    assert again.segment == draft.segment


def test_where_nothing_is_unfair_no_draft_is_made(offered):
    client = Client()
    client.force_login(User.objects.create_user("m@example.jp", "x", name="m", role=Role.MANAGER))
    client.post(f"/campaigns/{offered.pk}/match/")
    assert Campaign.objects.count() == 1
