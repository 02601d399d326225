"""The chip's longer half by the settings, and the page that leads from our figure to the other counts."""

import pytest
from django.utils import translation

from accounts.models import Role
from metrics import reconciling
from metrics.definitions import chip, counting, population
from metrics.formulas import FORMULAS
from metrics.periods import named
from tests import factories

from .conftest import TODAY

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("settings", "said", "unsaid"),
    [
        ({"churn_policy": "contract"}, ["lost in March", "A trial or a free plan", "pauses"], ["180 days"]),
        ({"churn_policy": "contract", "month_end": False}, ["lost in April"], ["lost in March"]),
        ({"churn_policy": "inactivity"}, ["180 days without a purchase."], ["contract", "trial"]),
        ({"churn_policy": "inactivity", "activity": "purchases+logins"}, ["without a purchase or login"], ["contract"]),
        ({"churn_policy": "either", "inactivity_days": 90}, ["whichever holds longer", "90 days", "March"], ["180"]),
    ],
)
def test_the_chip_says_who_is_lost_and_when_under_these_settings(settings, said, unsaid):
    row = factories.configure(**settings)
    with translation.override("en"):
        words = " ".join(sentence for _, sentence in population.facts("churn", settings=row, unit="%"))
    assert [one for one in said if one not in words] == []
    assert [one for one in unsaid if one in words] == []


def test_only_churn_leads_to_the_other_counts_and_figures_of_money_say_nothing_of_leaving():
    row = factories.configure(churn_policy="contract")
    assert chip("churn", settings=row, as_of=TODAY, code="2026-05")["url"] == "/metrics/churn/2026-05/definition/"
    assert chip("active", settings=row, as_of=TODAY, code="2026-05")["url"] == ""
    assert chip("ltv_historic", settings=row, as_of=TODAY)["facts"] == []


def test_every_formula_has_its_words():
    row = factories.configure()
    names = {counting.name(key, row) for key in ("ours", *FORMULAS)}
    assert len(names) == len(FORMULAS) + 1
    with_logins = factories.configure(activity="purchases+logins", month_end=False)
    assert {counting.name(key, with_logins) for key in ("logins", "month-end")}.isdisjoint(names)


@pytest.fixture
def shown(company, signed_in):
    """The pages of May, in which B left having given notice on the 10th; kept by the night."""
    reconciling.keep(periods=[named("2026-05")], as_of=TODAY)
    client = signed_in(factories.user(role=Role.MANAGER, language="en"))
    return lambda address: client.get(f"/metrics/churn/{address}")


def test_the_page_leads_from_our_figure_to_each_other_one(shown, django_assert_max_num_queries):
    with django_assert_max_num_queries(12):
        text = shown("2026-05/definition/").content.decode()
    assert "1</a> ÷ 3 = <strong>33.3%" in text
    assert "lost in March" in text
    assert 'href="#count-month-end"' in text  # 31 May still counts there: 0 ÷ 3
    assert "The contract&#x27;s last day is the last of the period" in text
    assert "2026-05-31/" in text  # the daily formula's day opens, too


@pytest.mark.parametrize("line", ["month-end/lost-kept/", "daily/2026-05-31/"])
def test_a_line_and_a_day_open_the_names(shown, line):
    answer = shown(f"2026-05/definition/{line}")
    assert [one.name for one in answer.context["customers"]] == ["備前工業"]


def test_what_is_not_kept_says_so_and_what_is_not_there_is_not_found(shown):
    assert "not counted by other formulas yet" in shown("2026-04/definition/").content.decode()
    for address in ("2026-5/definition/", "2026-05/definition/notice/kept-lost/", "2026-05/definition/no/line/"):
        assert shown(address).status_code == 404
