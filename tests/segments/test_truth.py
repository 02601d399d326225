"""What the database finds, what Python finds of the values shown, and the opposite of a rule: all agree."""

import random

import pytest

from customers.models import Customer
from segments import explaining, rules
from segments.models import Segment
from tests.segments import some_people
from tests.segments.some_people import AS_OF

pytestmark = pytest.mark.django_db


def _found(rule):
    return sorted(Customer.objects.current().filter(rule.q(AS_OF)).order_by("pk").values_list("pk", flat=True))


def _agree(rule, everybody):
    parsed = rules.parse(rule)
    found = _found(parsed)
    assert found == [pk for pk in everybody if parsed.holds(pk, AS_OF)], rule
    assert sorted(set(everybody) - set(found)) == _found(rules.Negation(parsed)), rule


def _world(seed, count):
    dice = random.Random(seed)
    return dice, [one.pk for one in some_people.people(dice, count)]


def test_every_condition_and_its_opposite_part_the_customers_in_two_and_the_values_shown_say_why():
    dice, everybody = _world(1, 4)
    for leaf in dice.sample(some_people.leaves(dice), 180):
        _agree(leaf, everybody)


@pytest.mark.parametrize("seed", [2])
def test_re_evaluating_the_explanation_gives_the_membership(seed):
    _reasons_agree(seed, people=5, trees=12)


@pytest.mark.prove
@pytest.mark.parametrize("seed", range(10, 20))
def test_re_evaluating_the_explanation_gives_the_membership_at_length(seed):
    dice, everybody = _world(seed, 30)
    for leaf in some_people.leaves(dice):
        _agree(leaf, everybody)
    _reasons_agree(seed + 1000, people=0, trees=60, everybody=everybody)


def _reasons_agree(seed, *, people, trees, everybody=None):
    """By `explaining.why`: the tree's verdicts follow from those of its conditions, and are what SQL finds."""
    dice, made = _world(seed, people) if everybody is None else (random.Random(seed), everybody)
    parts = some_people.leaves(dice)
    customers = list(Customer.objects.filter(pk__in=made))
    for _tree in range(trees):
        rule = some_people.rule(dice, parts)
        found = set(_found(rules.parse(rule)))
        for customer in customers:
            answer = explaining.why(customer=customer, segment=Segment(slug="x", name="x", rule=rule), as_of=AS_OF)
            assert answer.is_in is (customer.pk in found), rule
            assert _holds(answer.tree, rule) is answer.is_in, rule


def _holds(reason, rule):
    """The verdict of the tree from those of its conditions alone."""
    if "not" in rule:
        return not _holds(reason.parts[0], rule["not"])
    for word, combine in (("all", all), ("any", any)):
        if word in rule:
            return combine(_holds(part, sub) for part, sub in zip(reason.parts, rule[word], strict=True))
    return reason.is_met
