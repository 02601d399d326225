"""Held out, foreseen, judged, in money: figures worked out by hand."""

import hashlib
import math
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from campaigns import uplift
from campaigns.uplift import Arm, Counts, Fault, Interval, Moments, Plan, Verdict

audiences = st.dictionaries(st.integers(1, 10**9), st.sampled_from(["", "champions", "at_risk", "new"]), max_size=250)
arms = st.integers(1, 5000).flatmap(lambda n: st.builds(Arm, st.just(n), st.integers(0, n)))
PLAN = Plan(base_rate=0.02, effect=0.01)

# --- holdout -----------------------------------------------------------------------------


@given(audiences, st.integers(1, 10**6), st.sampled_from([0, 5, 10, 20, 33, 50, 100]))
@settings(max_examples=100, deadline=None)
def test_the_share_held_out_is_right_to_one_customer_in_the_list_and_in_every_stratum(audience, campaign, percent):
    held_out = uplift.hold_out(campaign, audience.items(), percent)
    assert abs(len(held_out) - len(audience) * percent / 100) < 1
    for stratum in set(audience.values()):
        inside = {customer for customer in audience if audience[customer] == stratum}
        assert abs(len(held_out & inside) - len(inside) * percent / 100) < 1


@given(audiences, st.randoms(use_true_random=False))
@settings(max_examples=50, deadline=None)
def test_the_order_in_which_customers_come_does_not_matter(audience, random):
    rows = list(audience.items())
    first = uplift.hold_out(7, rows)
    random.shuffle(rows)
    assert uplift.hold_out(7, rows) == first


def test_it_holds_out_by_the_rule_written_down():
    rows = [(customer, stratum) for stratum in ("at_risk", "champions") for customer in range(1, 31)]
    rows = [(customer + (100 if stratum == "champions" else 0), stratum) for customer, stratum in rows]

    def sha(text):
        return hashlib.sha256(text.encode()).hexdigest()

    line = sorted((stratum, sha(f"42:{customer}"), customer) for customer, stratum in rows)
    u = int(sha("42")[:16], 16) / 2**64
    expected = {
        customer
        for i, (_, _, customer) in enumerate(line, start=1)
        if math.floor(0.1 * i + u) > math.floor(0.1 * (i - 1) + u)
    }
    assert uplift.hold_out(42, rows) == expected
    assert len(expected) == 6


def test_other_campaigns_hold_out_others():
    rows = [(customer, "new") for customer in range(1000)]
    first, second = uplift.hold_out(1, rows), uplift.hold_out(2, rows)
    assert len(first) == len(second) == 100
    assert len(first & second) < 30  # 10 by chance


def test_everybody_is_held_out_equally_often():
    rows = [(customer, "new") for customer in range(20)]
    times = np.zeros(20)
    for campaign in range(2000):
        times[list(uplift.hold_out(campaign, rows))] += 1
    assert stats.chisquare(times).pvalue > 0.001
    assert times.sum() == 4000


def test_a_customer_named_twice_is_refused():
    with pytest.raises(ValueError, match="twice"):
        uplift.hold_out(1, [(5, "new"), (5, "at_risk")])


@pytest.mark.parametrize("percent", [-1, 101])
def test_a_share_that_cannot_be_is_refused(percent):
    with pytest.raises(ValueError, match="0 to 100"):
        uplift.hold_out(1, [], percent)
    with pytest.raises(ValueError, match="0 to 100"):
        uplift.is_held_out_on_entry(1, 1, percent)


def test_an_empty_audience_holds_nobody_out():
    assert uplift.hold_out(1, []) == set()


def test_hashed_entry_holds_out_its_share_and_stays_the_same():
    held_out = [customer for customer in range(20_000) if uplift.is_held_out_on_entry(3, customer)]
    assert stats.binomtest(len(held_out), 20_000, 0.1).pvalue > 0.001
    assert all(uplift.is_held_out_on_entry(3, customer) for customer in held_out[:50])
    assert not any(uplift.is_held_out_on_entry(3, customer, 0) for customer in range(200))
    assert all(uplift.is_held_out_on_entry(3, customer, 100) for customer in range(200))


def test_those_drawn_at_entry_are_the_ones_held_out_one_by_one():
    people = range(1, 501)
    alone = {one for one in people if uplift.is_held_out_on_entry(9, one, 20)}
    assert uplift.drawn_at_entry(9, people, 20) == alone
    assert uplift.drawn_at_entry(9, people, 0) == set()
    assert len(uplift.drawn_at_entry(9, people, 100)) == 500


def test_hashed_entry_is_the_fraction_of_the_hash():
    fraction = int(hashlib.sha256(b"3:17").hexdigest(), 16) / 2**256
    percent = math.ceil(fraction * 100)
    assert uplift.is_held_out_on_entry(3, 17, percent)
    assert not uplift.is_held_out_on_entry(3, 17, percent - 1)


# --- foreseen ----------------------------------------------------------------------------


def test_detectable_effect_by_hand():
    # 2.80 × √(0.02 × 0.98 × (1/9,000 + 1/1,000)) = 2.80 × √(0.0196 × 0.00111111) = 0.013067
    assert uplift.detectable_effect(0.02, 9000, 1000) == pytest.approx(0.0130667, abs=1e-7)
    assert uplift.detectable_effect(0.02, 9000, 0) is None
    assert uplift.detectable_effect(0.02, 0, 1000) is None


def test_it_foresees_at_ten_twenty_and_fifty_percent():
    ten, twenty, fifty = uplift.foresee(10_000, 0.02)
    assert [(found.treated, found.held_out) for found in (ten, twenty, fifty)] == [
        (9000, 1000),
        (8000, 2000),
        (5000, 5000),
    ]
    # 2.80 × √(0.0196 × 0.000625) = 0.0098;  2.80 × √(0.0196 × 0.0004) = 0.00784
    assert (twenty.effect, fifty.effect) == pytest.approx((0.0098, 0.00784))
    assert ten.is_measurable


@pytest.mark.parametrize(
    ("people", "base_rate", "is_measurable"),
    [(2500, 0.02, True), (2490, 0.02, False), (10_000, 0.0, False), (10_000, None, False), (0, 0.5, False)],
)
def test_fewer_than_five_expected_held_out_conversions_cannot_be_measured(people, base_rate, is_measurable):
    assert uplift.foresee(people, base_rate, [10])[0].is_measurable is is_measurable


def test_a_segment_whose_every_member_reached_the_goal_before_foretells_nothing():
    assert [(one.effect, one.is_measurable) for one in uplift.foresee(1000, 1.0, [10])] == [(None, False)]


def test_nobody_left_to_treat_cannot_be_measured():
    assert uplift.foresee(1000, 0.5, [100])[0] == uplift.Prospect(100, 0, 1000, None, False)


def test_people_needed_by_hand():
    # 7.84 × 0.02 × 0.98 ÷ (0.01² × 0.1 × 0.9) = 0.153664 ÷ 0.000009 = 17,073.8
    assert uplift.people_needed(0.02, 0.01) == 17_074
    # a huge effect is found among few, but five conversions want 5 ÷ (0.02 × 0.1) people
    assert uplift.people_needed(0.02, 0.5) == 2500


@given(st.floats(0.001, 0.5), st.floats(0.001, 0.2), st.sampled_from([5, 10, 20, 50]))
def test_with_the_people_needed_and_not_with_fewer_the_plan_can_be_measured(base_rate, effect, percent):
    def can_be_measured(people):
        held_out = people * percent / 100
        enough = held_out * base_rate >= 5 * (1 - 1e-9)
        return enough and uplift.detectable_effect(base_rate, people - held_out, held_out) <= effect * (1 + 1e-9)

    needed = uplift.people_needed(base_rate, effect, percent)
    assert can_be_measured(needed)
    assert not can_be_measured(needed * 0.9999 - 1)


@pytest.mark.parametrize(
    ("base_rate", "effect", "percent"), [(0, 0.01, 10), (0.02, 0, 10), (0.02, 0.01, 0), (1, 1, 10)]
)
def test_where_no_audience_would_do_none_is_named(base_rate, effect, percent):
    assert uplift.people_needed(base_rate, effect, percent) is None


# --- judged ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("treated", "held_out", "points"),
    [
        (Arm(900, 45), Arm(100, 0), (5.00, 1.10, 6.62)),
        (Arm(9000, 540), Arm(1000, 50), (1.00, -0.60, 2.29)),
        # Newcombe (1998), table II, method 10: (a) to (h)
        (Arm(70, 56), Arm(80, 48), (20.00, 5.24, 33.39)),
        (Arm(10, 9), Arm(10, 3), (60.00, 17.05, 80.90)),
        (Arm(10, 10), Arm(10, 0), (100.00, 60.75, 100.00)),
    ],
)
def test_the_interval_is_newcombes(treated, held_out, points):
    found = uplift.uplift(treated, held_out)
    assert (found.value * 100, found.low * 100, found.high * 100) == pytest.approx(points, abs=0.0051)


@given(arms, arms)
def test_the_interval_holds_the_estimate_and_stays_within_reason(treated, held_out):
    found, turned = uplift.uplift(treated, held_out), uplift.uplift(held_out, treated)
    assert -1 <= found.low <= found.value <= found.high <= 1
    assert (turned.low, turned.high) == pytest.approx((-found.high, -found.low))


def test_an_empty_arm_gives_no_figure():
    assert uplift.uplift(Arm(900, 45), Arm(0, 0)) is None
    assert uplift.judge(Arm(0, 0), Arm(100, 1), PLAN, is_over=True) == uplift.Judgement(Verdict.NO_COMPARISON)


@pytest.mark.parametrize(("customers", "reached"), [(10, 11), (10, -1)])
def test_an_arm_cannot_reach_more_than_it_holds(customers, reached):
    with pytest.raises(ValueError, match="cannot have reached"):
        Arm(customers, reached)


def test_nothing_is_said_before_the_window_ends():
    assert uplift.judge(Arm(900, 45), Arm(100, 0), PLAN, is_over=False) == uplift.Judgement(Verdict.RUNNING)


def test_nothing_is_said_of_arms_with_a_fault():
    found = uplift.judge(Arm(900, 45), Arm(100, 0), PLAN, is_over=True, has_faults=True)
    assert found == uplift.Judgement(Verdict.FAULTY)


def test_the_verdict_follows_the_interval():
    better = uplift.judge(Arm(900, 45), Arm(100, 0), PLAN, is_over=True)
    worse = uplift.judge(Arm(900, 9), Arm(1000, 100), PLAN, is_over=True)
    assert (better.verdict, worse.verdict) == (Verdict.POSITIVE, Verdict.NEGATIVE)
    assert better.people_needed is None


def test_who_cannot_say_names_the_people_the_plan_needs_whatever_was_seen():
    found = uplift.judge(Arm(9000, 540), Arm(1000, 50), PLAN, is_over=True)
    assert (found.verdict, found.people_needed, found.days_needed) == (Verdict.CANNOT_SAY, 17_074, None)
    assert uplift.judge(Arm(9000, 500), Arm(1000, 60), PLAN, is_over=True).people_needed == 17_074


def test_a_series_is_told_the_days():
    plan = Plan(base_rate=0.02, effect=0.01, entries_per_day=50)
    # (17,074 − 10,000) ÷ 50 = 141.5
    assert uplift.judge(Arm(9000, 540), Arm(1000, 50), plan, is_over=True).days_needed == 142
    assert uplift.judge(Arm(90_000, 5400), Arm(10_000, 590), plan, is_over=True).days_needed == 0
    hopeless = Plan(base_rate=0.0, effect=0.01, entries_per_day=50)
    assert uplift.judge(Arm(900, 5), Arm(100, 1), hopeless, is_over=True).days_needed is None


# --- money -------------------------------------------------------------------------------


def test_revenue_is_capped_per_customer_and_counts_zeros():
    found = Moments.of([0, 100, -50, 900], cap=Decimal("250"))
    # 0, 100, −50, 250: mean 75, deviations −75, 25, −125, 175: 52,500 ÷ 3
    assert found == Moments(4, 75.0, 17_500.0)
    assert Moments.of([0, 100, -50, 900]).mean == 237.5
    assert Moments.of([]) == Moments(0, 0.0, 0.0)
    assert Moments.of([7.0]) == Moments(1, 7.0, 0.0)


def test_money_by_hand():
    # means 120 and 100, standard errors² 400 ÷ 100 + 2,100 ÷ 100 = 25, so 20 ± t × 5;
    # freedom 25² ÷ (4² ÷ 99 + 21² ÷ 99) = 135.40, t = 1.97765
    found = uplift.incremental_money(Moments(100, 120.0, 400.0), Moments(100, 100.0, 2100.0), held_out_buyers=100)
    assert (found.value, found.low, found.high) == pytest.approx((2000, 1011.2, 2988.8), abs=0.1)


@given(
    st.lists(st.floats(-1000, 100_000), min_size=2, max_size=40),
    st.lists(st.floats(-1000, 100_000), min_size=2, max_size=40),
)
@settings(max_examples=60, deadline=None)
def test_money_is_welchs_interval(treated, held_out):
    assume(min(np.var(treated), np.var(held_out)) > 1e-3)
    limits = stats.ttest_ind(treated, held_out, equal_var=False).confidence_interval()
    found = uplift.incremental_money(Moments.of(treated), Moments.of(held_out), held_out_buyers=100)
    assert (found.low, found.high) == pytest.approx((limits.low * len(treated), limits.high * len(treated)), rel=1e-6)


def test_money_wants_a_hundred_buyers_held_out_and_two_customers_an_arm():
    arm = Moments(1000, 100.0, 100.0)
    assert uplift.incremental_money(arm, arm, held_out_buyers=99) is None
    assert uplift.incremental_money(arm, arm, held_out_buyers=100).value == 0
    assert uplift.incremental_money(Moments(1, 5.0, 0.0), arm, held_out_buyers=100) is None


def test_revenue_all_alike_leaves_no_doubt():
    arm = Moments(500, 3.0, 0.0)
    found = uplift.incremental_money(arm, Moments(500, 1.0, 0.0), held_out_buyers=500)
    assert found == Interval(1000.0, 1000.0, 1000.0)


def test_return_on_investment_by_hand():
    # 2,000 × 0.4 = 800 of margin on a cost of 400: +100 %; 1,000 → 0 %; 3,000 → +200 %
    money = Interval(2000.0, 1000.0, 3000.0)
    found = uplift.return_on_investment(money, margin=Decimal("0.4"), cost=Decimal("400"))
    assert (found.value, found.low, found.high) == pytest.approx((1, 0, 2))


@pytest.mark.parametrize(
    ("money", "margin", "cost"),
    [
        (None, 1, 400),
        (Interval(1, 0, 2), None, 400),
        (Interval(1, 0, 2), 1, None),
        (Interval(1, 0, 2), 1, Decimal("0.00")),
    ],
)
def test_there_is_no_return_where_a_part_is_missing(money, margin, cost):
    assert uplift.return_on_investment(money, margin=margin, cost=cost) is None


# --- faults ------------------------------------------------------------------------------


def test_sound_arms_have_no_fault():
    assert uplift.find_faults(Counts(900, 895, 5), Counts(100, 99, 1), hashed_percent=10) == []
    assert uplift.find_faults(Counts(0, 0), Counts(0, 0), hashed_percent=10) == []


def test_a_customer_missing_from_the_analysis_is_a_fault():
    assert uplift.find_faults(Counts(900, 899), Counts(100, 100)) == [Fault.MISSING]


def test_leaving_one_arm_more_than_the_other_is_a_fault():
    # 10 of 100 against 0 of 900: exactly C(100,10) ÷ C(1000,10), about 6.6e-11
    assert uplift.find_faults(Counts(900, 900), Counts(100, 90, 10)) == [Fault.LEFT_UNEVENLY]


def test_a_share_far_from_the_planned_one_is_a_fault_of_hashed_entry_only():
    # 150 of 1,000 where 100 ± 9.5 belong
    assert uplift.find_faults(Counts(850, 850), Counts(150, 150), hashed_percent=10) == [Fault.SHARE_OFF]
    assert uplift.find_faults(Counts(850, 850), Counts(150, 150)) == []


@pytest.mark.parametrize(("held_out", "faults"), [(131, []), (133, [Fault.SHARE_OFF])])
def test_the_share_is_judged_at_one_in_a_thousand(held_out, faults):
    treated = 1000 - held_out
    assert uplift.find_faults(Counts(treated, treated), Counts(held_out, held_out), hashed_percent=10) == faults
