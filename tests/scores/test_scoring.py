"""RFM, what is stored and when; figures by hand."""

from decimal import Decimal
from itertools import pairwise

import pytest
from django.db import connection

from scores import labels, scoring
from scores.models import ModelFit, Prediction, RfmSegment, Score, ScoreSnapshot
from tests.factories import configure, contract, customer, day, login, moment, purchase

pytestmark = pytest.mark.django_db


def compute(as_of: str = "2026-06-30", now: str = "2026-07-01") -> dict:
    return scoring.compute(as_of=day(as_of), now=moment(now))


def rfm(who) -> tuple:
    score = Score.objects.get(customer=who)
    return score.r, score.f, score.m


def buyers(*lists: list[tuple[str, int]]) -> list:
    made = [customer() for _ in lists]
    for who, lines in zip(made, lists, strict=True):
        for on, amount in lines:
            purchase(who, on, amount)
    return made


# --- RFM -----------------------------------------------------------------------------------


def test_every_cell_is_named_exactly_once():
    named = [(r, f) for segment, rs, fs in labels._AREAS for r in rs for f in fs]
    assert sorted(named) == [(r, f) for r in range(1, 6) for f in range(1, 6)]
    assert set(labels.CELLS.values()) == set(RfmSegment)
    assert labels.segment_of(2, 5) == "cant_lose_them"
    assert labels.slug("cant_lose_them") == "cant-lose-them"


def test_one_alone_scores_three_in_all():
    (who,) = buyers([("2026-06-01", 100)])
    compute()
    assert rfm(who) == (3, 3, 3)
    assert Score.objects.get(customer=who).rfm_segment == "need_attention"


def test_equal_values_score_alike_and_the_best_scores_five():
    # F: 1 1 1 1 1 2 — the best has 5 of 5 worse; M all equal; R: the same day but one
    same = [("2026-06-01", 100)]
    *rest, best = buyers(same, same, same, same, same, [("2026-06-01", 50), ("2026-06-02", 50)])
    compute()
    assert {rfm(who) for who in rest} == {(1, 1, 3)}
    assert rfm(best) == (5, 5, 3)


def test_scores_by_the_share_of_strictly_worse():
    # six by money 1 2 3 4 5 6: worse 0–5 of 5 → 1 + floor(5 × worse ÷ 5), at most 5
    made = buyers(*[[("2026-06-01", amount)] for amount in (1, 2, 3, 4, 5, 6)])
    compute()
    assert [rfm(who)[2] for who in made] == [1, 2, 3, 4, 5, 5]
    assert [Score.objects.get(customer=who).is_vip for who in made] == [False] * 4 + [True] * 2


def test_the_best_value_scores_five_though_many_share_it():
    # two with 1, three with 2: 2 of 4 worse would be 1 + floor(2.5) = 3
    made = buyers(*[[("2026-06-01", amount)] for amount in (1, 1, 2, 2, 2)])
    compute()
    assert [rfm(who)[2] for who in made] == [1, 1, 5, 5, 5]


def test_orders_are_counted_once_and_money_is_net_of_refunds():
    who = customer()
    purchase(who, "2026-06-01", 100, order_id="A")
    purchase(who, "2026-06-03", 50, order_id="A")
    purchase(who, "2026-06-01", 20)
    purchase(who, "2026-06-01", 20)
    purchase(who, "2026-06-05", -30, order_id="R")
    compute()
    score = Score.objects.get(customer=who)
    assert (score.frequency, score.monetary) == (3, Decimal(160))
    assert (score.last_purchase_on, score.repeat_days) == (day("2026-06-01"), 0)


def test_with_a_window_only_what_lies_in_it_counts():
    configure(rfm_window_days=30)  # 06-01 … 06-30
    who, before = buyers([("2026-05-31", 100), ("2026-06-01", 40)], [("2026-05-31", 100)])
    purchase(who, "2026-06-02", -10)
    purchase(before, "2026-06-02", -10)
    counts = compute()
    score = Score.objects.get(customer=who)
    assert (score.frequency, score.monetary, score.first_purchase_on) == (1, Decimal(30), day("2026-05-31"))
    assert (rfm(before), Score.objects.get(customer=before).rfm_segment) == ((None, None, None), "")
    assert (counts["customers"], counts["scored"]) == (2, 1)
    assert Score.objects.get(customer=who).ltv_historic == Decimal(130)


def test_an_order_that_began_before_the_window_stays_outside():
    configure(rfm_window_days=30)
    who = customer()
    purchase(who, "2026-05-31", 100, order_id="A")
    purchase(who, "2026-06-02", 100, order_id="A")
    assert compute()["scored"] == 0


# --- what is stored ------------------------------------------------------------------------


def test_nobody_at_all():
    assert compute()["customers"] == 0
    assert ModelFit.objects.get().reason == "too_few_repeat_customers"


def test_the_segment_before_and_the_day_of_the_change_are_kept():
    one, two = buyers([("2026-05-01", 100)], [("2026-05-02", 100)])
    compute("2026-05-31", "2026-06-01")
    first = Score.objects.get(customer=one)
    assert (first.rfm_segment, first.rfm_previous, first.rfm_changed_on) == ("at_risk", "", None)
    purchase(one, "2026-06-10", 100)
    compute("2026-06-10", "2026-06-11")
    own, moved = Score.objects.get(customer=one), Score.objects.get(customer=two)
    assert (own.rfm_segment, own.rfm_previous, own.rfm_changed_on) == ("champions", "at_risk", day("2026-06-10"))
    assert not own.rfm_by_cutoffs
    assert (moved.rfm_segment, moved.rfm_previous) == ("hibernating", "potential_loyalists")
    assert moved.rfm_by_cutoffs  # he did nothing; the limits moved
    compute("2026-06-11", "2026-06-12")
    assert Score.objects.get(customer=one).rfm_changed_on == day("2026-06-10")


def test_rows_that_did_not_change_are_not_written():
    (who,) = buyers([("2026-06-01", 100)])
    compute("2026-06-10", "2026-06-11")
    compute("2026-06-11", "2026-06-12")
    assert Score.objects.get(customer=who).as_of == day("2026-06-10")
    assert scoring.last_run() == day("2026-06-11")


def test_a_day_before_the_last_run_fills_its_model_and_snapshot_only():
    (who,) = buyers([("2026-05-01", 100), ("2026-06-20", 100)])
    compute("2026-06-25", "2026-06-25")
    compute("2026-05-31", "2026-06-25")
    assert Score.objects.get(customer=who).monetary == 200
    assert ScoreSnapshot.objects.get().ltv_historic == 100
    assert set(ModelFit.objects.values_list("as_of", flat=True)) == {day("2026-06-25"), day("2026-05-31")}
    assert scoring.last_run() == day("2026-06-25")


def test_a_snapshot_is_of_a_month_that_is_over_and_stays_what_it_was():
    (who,) = buyers([("2026-06-01", 100)])
    compute("2026-06-30", "2026-06-30")
    assert not ScoreSnapshot.objects.exists()
    compute("2026-06-29", "2026-07-01")
    assert not ScoreSnapshot.objects.exists()
    compute("2026-06-30", "2026-07-01")
    purchase(who, "2026-06-05", 900)
    compute("2026-06-30", "2026-07-02")
    assert ScoreSnapshot.objects.get().ltv_historic == 100
    assert Score.objects.get(customer=who).ltv_historic == 1000


def test_archived_customers_lose_their_scores():
    one, two = buyers([("2026-06-01", 100)], [("2026-06-02", 100)])
    compute()
    one.archived_at = moment("2026-06-30")
    one.save()
    compute()
    assert list(Score.objects.values_list("customer", flat=True)) == [two.pk]
    assert list(Prediction.objects.values_list("customer", flat=True)) == [two.pk]


def test_what_is_known_of_contracts():
    who = customer()
    contract(who, "2025-01-01", 1000, plan="小", contract_id="A", renews_on="2026-07-01", notice_days=30)
    contract(who, "2026-02-01", 3000, plan="大", contract_id="B", renews_on="2026-09-30", notice_days=60)
    contract(who, "2024-01-01", 500, plan="旧", contract_id="C", ends_on="2024-06-01")
    compute()
    score = Score.objects.get(customer=who)
    assert (score.plan, score.mrr, score.contract_started_on) == ("大", 4000, day("2025-01-01"))
    # A's deadline (06-01) has passed, B's (08-01) is to come
    assert (score.renews_on, score.notice_due_on, score.notice_given_on) == (
        day("2026-07-01"),
        day("2026-08-01"),
        None,
    )


def test_a_customers_last_activity_is_his_last_use_under_contract():
    configure(churn_policy="contract")
    who = customer()
    contract(who, "2026-01-01")
    login(who, "2026-06-20")
    purchase(who, "2026-06-10")
    compute()
    assert Score.objects.get(customer=who).last_activity_on == day("2026-06-20")


def test_building_stores_nothing():
    buyers([("2026-06-01", 100)])
    scoring.build(as_of=day("2026-06-30"), now=moment("2026-07-01"))
    assert not Score.objects.exists()
    assert not ModelFit.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM scored")
        assert cursor.fetchone() == (1,)


@pytest.mark.parametrize(
    ("as_of", "today", "last"),
    [
        ("2026-06-30", "2026-07-01", "2026-06-30"),
        ("2026-06-30", "2026-06-30", "2026-05-31"),  # the month's last day still runs
        ("2026-06-29", "2026-11-22", "2026-05-31"),
        ("2026-01-15", "2026-01-15", "2025-12-31"),
    ],
)
def test_full_months(as_of, today, last):
    months = scoring.full_months(as_of=day(as_of), today=day(today))
    assert len(months) == 6
    assert months[0][1] == day(last)
    assert all(first.day == 1 for first, _ in months)
    assert all(later[0] > earlier[1] for later, earlier in pairwise(months))
