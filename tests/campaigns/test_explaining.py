"""Results and prospects in words. Figures are made up; how they come about is tested in test_uplift.py."""

import datetime as dt

import pytest
from django.utils import translation

from campaigns import explaining, results, uplift
from campaigns.models import Campaign, Delivery
from campaigns.uplift import Fault, Interval, Judgement, Prospect, Verdict


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def a_campaign(**changes) -> Campaign:
    return Campaign(**({"name": "Autumn", "holdout_percent": 10, "expected_effect": 2} | changes))


@pytest.mark.parametrize(
    ("share", "written"),
    [(0.012, "+1.2pt"), (-0.001, "−0.1pt"), (0.0001, "±0.0pt"), (0, "±0.0pt"), (None, "–")],
)
def test_a_difference_of_shares_carries_its_sign(share, written):
    assert explaining.points(share) == written


@pytest.mark.parametrize(("value", "written"), [(1234567.4, "+¥1,234,567"), (-80.6, "−¥81"), (None, "–")])
def test_a_difference_in_money_carries_its_sign(value, written):
    assert explaining.signed_money(value) == written


SEEN = Interval(0.012, -0.001, 0.025)


@pytest.mark.parametrize(
    ("judgement", "sentence"),
    [
        (Judgement(Verdict.RUNNING), ""),
        (Judgement(Verdict.FAULTY), "The two groups can't be compared."),
        (Judgement(Verdict.NO_COMPARISON), "Nobody was held out, so the effect can't be measured."),
        (Judgement(Verdict.POSITIVE, Interval(0.023, 0.004, 0.041)), "Difference +2.3pt (+0.4 to +4.1). It helped."),
        (
            Judgement(Verdict.NEGATIVE, Interval(-0.02, -0.03, -0.01)),
            "Difference −2.0pt (−3.0 to −1.0). Those who received it did worse.",
        ),
        (Judgement(Verdict.CANNOT_SAY, SEEN), "Difference +1.2pt (−0.1 to +2.5). It can't be said yet."),
    ],
)
def test_a_verdict_is_one_sentence_with_its_limits(judgement, sentence):
    assert explaining.verdict(judgement) == sentence


def test_the_verdict_in_japanese_is_the_one_of_the_trade():
    with translation.override("ja"):
        assert explaining.verdict(Judgement(Verdict.CANNOT_SAY, SEEN)) == (
            "差 +1.2pt(−0.1〜+2.5)。まだ断言できません。"
        )


def test_cannot_say_names_how_many_people_the_hoped_for_effect_would_need():
    judgement = Judgement(Verdict.CANNOT_SAY, SEEN, people_needed=13_050)
    assert explaining.what_now(judgement, a_campaign()) == (
        "To see the +2.0pt you hoped for, a campaign to about 13,050 people is needed."
    )


@pytest.mark.parametrize(
    ("judgement", "sentence"),
    [
        (Judgement(Verdict.RUNNING), ""),
        (Judgement(Verdict.CANNOT_SAY, SEEN), ""),
        (Judgement(Verdict.POSITIVE, SEEN, people_needed=5), "Send it to those held out as well, and use it again."),
        (
            Judgement(Verdict.NEGATIVE, SEEN),
            "Don't repeat it as it is: change the words, the offer or the time first.",
        ),
        (Judgement(Verdict.NO_COMPARISON), "Next time hold out 10%, and you will see what it brings."),
        (
            Judgement(Verdict.CANNOT_SAY, SEEN, people_needed=900, days_needed=12),
            "At this rate of entries it can be said in about 12 days.",
        ),
        (
            Judgement(Verdict.CANNOT_SAY, Interval(0.012, 0.001, 0.025), people_needed=900, days_needed=0),
            "There are enough people, but a series is looked at again and again: it has to be surer than 95%.",
        ),
        (
            Judgement(Verdict.CANNOT_SAY, Interval(0.001, -0.01, 0.012), people_needed=900, days_needed=0),
            "An effect of the +2.0pt you hoped for can be ruled out: change something before you repeat it.",
        ),
    ],
)
def test_it_says_what_to_do_now(judgement, sentence):
    assert explaining.what_now(judgement, a_campaign()) == sentence


def test_faulty_figures_are_not_to_be_used():
    assert "Don't draw conclusions" in explaining.what_now(Judgement(Verdict.FAULTY), a_campaign())


def found(judgement: Judgement, *, sent=(900, 45), held_out=(100, 4), money: Interval | None = None) -> results.Results:
    arms = {
        "treated": results.ArmResult(customers=sent[0], reached=sent[1]),
        "held_out": results.ArmResult(customers=held_out[0], reached=held_out[1]),
    }
    day = dt.date(2026, 11, 20)
    return results.Results(
        arms=arms, variants={}, judgement=judgement, money=money, money_uncapped=None, cost=None, roi=None,
        is_over=True, is_series=False, first_on=day, last_on=day, faults=[], states={}, unknown=Delivery.objects.none(),
    )  # fmt: skip


def test_what_happened_names_the_share_of_each_group():
    words = "5.0% of those it was sent to reached the goal, and 4.0% of those held out."
    assert explaining.happened(found(Judgement(Verdict.CANNOT_SAY, SEEN))) == words
    assert explaining.happened(found(Judgement(Verdict.NO_COMPARISON), held_out=(0, 0))) == ""


def test_what_it_was_worth_in_yen_with_its_limits_and_tax_or_why_that_cannot_be_said():
    said = Judgement(Verdict.POSITIVE, SEEN)
    money = explaining.worth(found(said, money=Interval(120_000, -5_000, 245_000)), "without tax")
    assert money == "In revenue: about +¥120,000 (−¥5,000 to +¥245,000), without tax."
    assert explaining.worth(found(said), "") == "Too few purchases in the comparison group to put it in yen."
    assert explaining.worth(found(Judgement(Verdict.RUNNING)), "") == ""


def test_variants_name_the_better_one_only_where_that_is_sure():
    sure = uplift.rank({"A": uplift.Arm(1000, 20), "B": uplift.Arm(1000, 90)})
    assert explaining.variants(sure).startswith("B reached the goal more often")
    unsure = uplift.rank({"A": uplift.Arm(100, 3), "B": uplift.Arm(100, 4)})
    assert explaining.variants(unsure) == "Which one is better can't be said; B is ahead."
    assert explaining.variants(None) == ""


@pytest.mark.parametrize("fault", Fault)
def test_every_fault_has_its_words(fault):
    assert explaining.faults([fault])[0].endswith(".")


def prospects(effect: float | None, is_measurable: bool) -> list[Prospect]:
    return [Prospect(10, 900, 100, effect, is_measurable), Prospect(20, 800, 200, 0.001, True)]


@pytest.mark.parametrize(
    ("effect", "is_measurable", "sentence"),
    [
        (0.015, True, "The +2.0pt you hope for will show, if it is there."),
        (0.02, True, "The +2.0pt you hope for will show, if it is there."),
        (0.031, True, "The +2.0pt you hope for may stay unseen: with these people only +3.1pt or more shows."),
        (0.031, False, "These are too few people to measure the effect. You may hold out nobody and send to all."),
        (None, False, "These are too few people to measure the effect. You may hold out nobody and send to all."),
    ],
)
def test_the_outlook_is_that_of_the_share_chosen(effect, is_measurable, sentence):
    assert explaining.outlook(prospects(effect, is_measurable), a_campaign()) == sentence


def test_without_a_holdout_nothing_can_be_measured():
    sentence = "Nobody is held out: everybody gets it, and the effect can't be measured."
    assert explaining.outlook(prospects(0.01, True), a_campaign(holdout_percent=0)) == sentence
    assert explaining.outlook(prospects(0.01, True), a_campaign(message_class="business")) == sentence
