"""The company's own cut-offs, grid and thresholds; figures by hand, the day is 2026-06-30."""

import pytest
from django.utils import translation

from accounts import thresholds
from accounts.models import Installation
from scores import explaining, labels, scoring
from scores.models import RfmSegment, Score
from tests.factories import configure, customer, day, moment, purchase

pytestmark = pytest.mark.django_db


def compute(as_of: str = "2026-06-30") -> None:
    scoring.compute(as_of=day(as_of), now=moment("2026-07-01"))


def scores(name: str, whos: list) -> list[int]:
    found = dict(Score.objects.values_list("customer", name))
    return [found[who.pk] for who in whos]


def buyer(*lines: tuple[str, int]):
    who = customer()
    for on, amount in lines:
        purchase(who, on, amount)
    return who


def test_a_cutoff_is_reached_by_the_very_amount():
    configure(rfm_m_cutoffs=["100", "200.00", "300.50", 400])
    whos = [buyer(("2026-06-01", amount)) for amount in (99, 100, 199, 200, 300, 301, 400, 401)]
    compute()
    assert scores("m", whos) == [1, 2, 2, 3, 3, 4, 5, 5]
    assert set(scores("r", whos)) == {3}, "the others keep their ranks: all alike"
    assert scores("is_vip", whos) == [False] * 6 + [True] * 2


def test_recency_reaches_a_cutoff_at_that_many_days_or_fewer():
    configure(rfm_r_cutoffs=[10, 30, 60, 90])
    # 0, 10, 11, 30, 31, 60, 61, 90, 91 days before 2026-06-30
    days = ["06-30", "06-20", "06-19", "05-31", "05-30", "05-01", "04-30", "04-01", "03-31"]
    whos = [buyer((f"2026-{on}", 100)) for on in days]
    compute()
    assert scores("r", whos) == [5, 5, 4, 4, 3, 3, 2, 2, 1]


def test_equal_values_reach_the_same_and_the_best_need_not_be_five():
    configure(rfm_f_cutoffs=[2, 3, 5, 9])
    once, twice, again = (buyer(*[(f"2026-06-0{n + 1}", 100) for n in range(times)]) for times in (1, 2, 2))
    compute()
    assert scores("f", [once, twice, again]) == [1, 2, 2]


def test_a_refund_takes_the_amount_below_the_cutoff():
    configure(rfm_m_cutoffs=[0, 100, 200, 300])
    back, owing = buyer(("2026-06-01", 100), ("2026-06-02", -1)), buyer(("2026-06-01", 100), ("2026-06-02", -101))
    compute()
    assert scores("m", [back, owing]) == [2, 1]


def test_a_painted_cell_names_its_customers_and_is_no_purchase_of_theirs():
    who = buyer(("2026-06-01", 100))  # alone: R 3, F 3
    compute("2026-06-29")
    grid = [labels.CELLS[n // 5 + 1, n % 5 + 1].value for n in range(25)]
    grid[2 * 5 + 2] = "champions"
    configure(rfm_grid=grid)
    assert labels.cells(Installation.get()) == labels.CELLS | {(3, 3): RfmSegment.CHAMPIONS}
    compute()
    score = Score.objects.get(customer=who)
    assert (score.rfm_segment, score.rfm_previous, score.rfm_by_cutoffs) == ("champions", "need_attention", True)
    assert score.rfm_changed_on == day("2026-06-30")


@pytest.mark.parametrize(
    ("settings", "bought", "expected"),
    [
        ({"slipping_days": 20}, ["05-25", "06-10"], ("active", "2026-05-25")),  # quiet 20, never silent for more
        ({"slipping_days": 20}, ["05-25", "06-09"], ("slipping", "2026-06-30")),  # quiet 21
        ({"pre_dormant_days": 61}, ["04-30"], ("slipping", "2026-06-30")),  # quiet 61, more than ⅓ of 180
        ({"pre_dormant_days": 61}, ["04-29"], ("pre_dormant", "2026-06-30")),  # quiet 62
        ({"inactivity_days": 50, "dormant_days": 60}, ["05-01"], ("dormant", "2026-06-20")),  # quiet 60
        ({"inactivity_days": 50, "dormant_days": 60}, ["04-30"], ("lapsed", "2026-06-30")),  # quiet 61
        ({"fresh_days": 180}, ["06-29"], ("new", "2026-01-01")),  # came 180 days ago
        ({"fresh_days": 179}, ["06-29"], ("active", "2026-06-30")),
    ],
)
def test_stages_begin_where_the_company_says(settings, bought, expected):
    configure(**{"fresh_days": 10, **settings})
    who = buyer(*[(f"2026-{on}", 100) for on in ["01-01", *bought]])
    compute()
    score = Score.objects.get(customer=who)
    assert (score.lifecycle, score.lifecycle_since.isoformat()) == expected


@pytest.mark.parametrize(
    ("settings", "at"),
    [
        ({"rfm_m_cutoffs": [1, 2, 3]}, "rfm_m_cutoffs"),
        ({"rfm_r_cutoffs": [1, 2, 2, 4]}, "rfm_r_cutoffs"),
        ({"rfm_f_cutoffs": [4, 3, 2, 1]}, "rfm_f_cutoffs"),
        ({"rfm_m_cutoffs": [1, 2, 3, 10**13]}, "rfm_m_cutoffs"),
        ({"slipping_days": 120}, "slipping_days"),
        ({"pre_dormant_days": 60}, "pre_dormant_days"),
        ({"pre_dormant_days": 180}, "pre_dormant_days"),
        ({"dormant_days": 179}, "dormant_days"),
        ({"silent_days": 61}, "silent_days"),
    ],
)
def test_what_does_not_fit_together_is_said(settings, at):
    assert list(thresholds.faults(Installation(**settings))) == [at]


def test_what_fits_is_not_faulted():
    row = Installation(rfm_m_cutoffs=[0, 1, 2, 3], slipping_days=10, pre_dormant_days=11, dormant_days=180)
    assert thresholds.faults(row) == {}
    assert thresholds.faults(Installation(inactivity_days=1)) == {}, "parts of N are never at fault"


def test_the_customer_reads_which_cutoffs_he_reached():
    configure(rfm_m_cutoffs=["100.00", 200, 3000, "4000.50"], fresh_days=45)
    who = buyer(("2026-06-01", 200))
    compute()
    with translation.override("ja"):
        said = {one.key: one.sentence for one in explaining.evidence(who)}
    assert said["m"] == "会社が決めた境界(100、200、3,000、4,000.50)のうち2つに届いています:5点中3点。"
    assert said["lifecycle"].startswith("初回の購入または契約から45日以内です。")
