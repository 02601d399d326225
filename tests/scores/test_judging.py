"""How well chances foretold: figures by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scores import judging


def test_auc_counts_pairs_and_ties_half():
    # pairs (happened, not): 0.9 beats 0.5 and 0.1; 0.5 ties with 0.5 and beats 0.1: 3.5 of 4
    assert judging.auc([1, 1, 0, 0], [0.9, 0.5, 0.5, 0.1]) == 3.5 / 4
    assert judging.auc([1, 0], [0.1, 0.9]) == 0
    assert judging.auc([1, 1], [0.2, 0.3]) is None
    assert judging.auc([0, 0], [0.2, 0.3]) is None


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=2, max_size=30))
def test_auc_equals_all_pairs_one_by_one(cases):
    yes, no = [c for did, c in cases if did], [c for did, c in cases if not did]
    pairs = [1.0 if a > b else 0.5 if a == b else 0.0 for a in yes for b in no]
    expected = pytest.approx(sum(pairs) / len(pairs)) if pairs else None
    assert judging.auc([did for did, _ in cases], [chance for _, chance in cases]) == expected


def test_log_loss_and_brier_by_hand():
    assert judging.log_loss([1, 0], [0.5, 0.25]) == pytest.approx(-(np.log(0.5) + np.log(0.75)) / 2)
    assert judging.brier([1, 0], [0.5, 0.25]) == pytest.approx((0.25 + 0.0625) / 2)
    assert judging.log_loss([1], [0.0]) == pytest.approx(-np.log(1e-9))  # finite, though it had been ruled out


def test_a_lead_counts_the_cases_of_one_customer_together():
    # gains: ln(0.8/0.5) twice by one customer, ln(0.4/0.5) once by another
    up, down = np.log(0.8 / 0.5), np.log(0.4 / 0.5)
    said = judging.lead([1, 1, 1], [0.8, 0.8, 0.4], [0.5, 0.5, 0.5], [1, 1, 2])
    assert said == pytest.approx((2 * up + down) / np.hypot(2 * up, down))
    assert judging.lead([1, 0], [0.5, 0.5], [0.5, 0.5], [1, 2]) == 0


def test_tenths_hold_a_tenth_each_and_never_divide_equals():
    assert judging.tenths(np.arange(20)).tolist() == [at // 2 for at in range(20)]
    assert judging.tenths([7.0] * 5).tolist() == [5] * 5
    assert judging.tenths([]).tolist() == []


def test_calibration_sets_what_was_said_beside_what_happened():
    rows = judging.calibration([0.1, 0.2, 0.8, 0.9], [0, 1, 1, 1])
    assert [(row["tenth"], row["customers"], row["expected"], row["actual"]) for row in rows] == [
        (2, 1, 0.1, 0.0),
        (4, 1, 0.2, 1.0),
        (7, 1, 0.8, 1.0),
        (9, 1, 0.9, 1.0),
    ]


def test_the_order_of_rows_changes_nothing():
    said, did = np.array([0.1, 0.4, 0.4, 0.7, 0.7, 0.9]), np.array([0, 1, 0, 1, 0, 1])
    turned = np.array([3, 5, 0, 2, 4, 1])
    one, other = judging.summary(did, said), judging.summary(did[turned], said[turned])
    assert one["tenths"] == other["tenths"]
    assert (one["auc"], one["customers"], one["actual"]) == (other["auc"], 6, 0.5)
    assert one["log_loss"] == pytest.approx(other["log_loss"])
