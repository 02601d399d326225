"""How periods, groups and changes are called, and what the definition chip says."""

from decimal import Decimal

import pytest
from django.utils import translation

from accounts.models import Installation
from metrics import charts
from metrics.definitions import METRICS, chip, money_basis
from metrics.periods import named
from metrics.wording import group_words, large_money, period_words, points


@pytest.mark.parametrize(
    ("code", "start", "words"),
    [
        ("2026-10", 4, "2026年10月"),
        ("2026-Q2", 4, "2026年度 第1四半期(4–6月)"),
        ("2026-Q1", 4, "2025年度 第4四半期(1–3月)"),
        ("2026-Q1", 1, "2026年度 第1四半期(1–3月)"),
        ("2026-Q2", 3, "2026年 4–6月"),
    ],
)
def test_a_period_in_japanese(code, start, words):
    assert period_words(named(code), Installation(fiscal_year_start=start)) == words


def test_a_period_in_english():
    with translation.override("en"):
        assert period_words(named("2026-10"), Installation()) == "October 2026"
        assert period_words(named("2026-Q1"), Installation()) == "FY2025 Q4 (months 1–3)"


@pytest.mark.parametrize(
    ("by", "group", "words"),
    [
        ("segment", "at_risk", "離反予備軍"),
        ("segment", "", "対象外"),
        ("tier", "high", "ハイタッチ"),
        ("tier", "", "当時は区分なし"),
        ("owner", None, "担当なし"),
        ("plan", "", "プランなし"),
        ("industry", "", "未入力"),
        ("industry", "小売", "小売"),
    ],
)
def test_a_group_by_its_word(by, group, words):
    assert group_words(by, group) == words


@pytest.mark.parametrize(
    ("now", "before", "words"),
    [(5.1, 4.7, "+0.4pt"), (4.6, 7.8, "−3.2pt"), (5.04, 5.0, "±0.0pt"), (None, 5.0, ""), (5.0, None, "")],
)
def test_a_change_in_points(now, before, words):
    assert points(now, before) == words


def test_large_amounts_are_written_as_people_think():
    assert large_money(Decimal("1578990759")) == ("¥157,899", "万")
    assert large_money(Decimal("99999999")) == ("¥99,999,999", "")
    assert large_money(None) == ("–", "")
    with translation.override("en"):
        assert large_money(Decimal("1578990759")) == ("¥1,579", "M")


def test_the_churn_rate_has_two_words():
    policies = {policy: str(METRICS["churn"].name_under(policy)) for policy in ("contract", "inactivity", "either")}
    assert policies == {"contract": "解約率", "inactivity": "離脱率", "either": "離脱率"}


@pytest.mark.parametrize(
    ("settings", "formula"),
    [
        ({"churn_policy": "inactivity", "inactivity_days": 90}, "最後の動きが直近90日以内の顧客"),
        ({"churn_policy": "contract"}, "その日と翌日がどちらも契約期間に含まれる顧客"),
        ({"churn_policy": "contract", "month_end": False}, "その日が契約期間に含まれる顧客"),
        (
            {"churn_policy": "either", "month_end": False},
            "その日が契約期間に含まれる顧客、または最後の動きが直近180日以内の顧客",
        ),
    ],
)
def test_what_active_means_follows_the_settings(settings, formula):
    assert chip("active", settings=Installation(**settings), as_of=None)["formula"] == formula


def test_every_figure_has_a_definition():
    for policy in ("contract", "inactivity"):
        for key in METRICS:
            found = chip(key, settings=Installation(churn_policy=policy), as_of=None)
            assert found["name"]
            assert found["text"]
            assert found["formula"]


def test_retention_by_contract_is_counted_at_the_end_of_the_month():
    assert "月末に契約" in chip("cohorts", settings=Installation(churn_policy="contract"), as_of=None)["formula"]


def test_amounts_say_what_they_are():
    assert money_basis(Installation(tax="included")) == "税込 · 売上ベース"
    assert money_basis(Installation(margin=Decimal("0.3"))) == "税抜 · 粗利ベース"


@pytest.mark.parametrize(("share", "step"), [(0, 0), (0.099, 0), (0.1, 1), (0.55, 5), (1, 9), (1.2, 9)])
def test_a_share_has_one_of_ten_steps(share, step):
    assert charts.heat(share) == step
