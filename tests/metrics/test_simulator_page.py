"""The simulator's page: begins with the company's own figures, says what is assumed, keeps what was typed."""

import pytest
from django.utils import timezone

from accounts.models import ChurnPolicy, Role
from metrics import assumptions
from metrics.models import ChurnRollup, CohortRollup, KeptReport
from scores.models import ScoringRun
from tests import factories

pytestmark = pytest.mark.django_db
URL = "/metrics/simulator/"


@pytest.fixture
def manager(client):
    client.force_login(factories.user(role=Role.MANAGER), backend="accounts.backends.StaffBackend")
    return client


@pytest.fixture
def figures():
    rows = [{"active": 200, "mrr": "1000000.00"}]
    KeptReport.objects.create(name="figures", by="", as_of="2026-11-20", rows=rows)
    for month in range(1, 9):
        ChurnRollup.objects.create(first=f"2026-{month:02}-01", months=1, at_start=100, lost=month)
        CohortRollup.objects.create(cohort=f"2026-{month:02}-01", month=0, size=month * 10, retained=0)
    ScoringRun.objects.create(
        as_of="2026-11-20", state="done", started_at=timezone.now(), company={"net_of_year": "4800000"}
    )


def test_the_figures_are_the_companys_own(figures):
    known = assumptions.own().known
    assert known["customers"].value == 200
    assert known["churn"].value == pytest.approx((3 + 4 + 5 + 6 + 7 + 8) / 600)
    assert known["value"].value == pytest.approx(4_800_000 / 12 / 200)  # ¥2,000 a customer and month
    assert known["joining"].value == pytest.approx((20 + 30 + 40 + 50 + 60 + 70) / 6)  # without the newest month
    assert {name for name, one in known.items() if one.is_assumed} == {"margin", "winning", "keeping"}


def test_under_contract_a_customer_is_worth_his_monthly_amount(figures):
    factories.configure(churn_policy=ChurnPolicy.CONTRACT, margin="0.5")
    known = assumptions.own().known
    assert (known["value"].value, known["margin"].value) == (5000, 0.5)


def test_before_the_first_night_it_says_so(manager):
    answer = manager.get(URL)
    assert answer.status_code == 200
    assert answer.context["begin"] is None


def test_what_is_typed_counts_and_stands_there_again(manager, figures):
    own = manager.get(URL).context
    answer = manager.get(URL, {"churn": "1", "value": "3000"})
    assert answer.context["form"]["churn"].value() == "1"
    assert answer.context["figures"].churn == 0.01
    assert answer.context["figures"].value == 3000
    assert answer.context["figures"].customers == own["figures"].customers


def test_a_figure_that_cannot_be_read_is_said_and_loses_nothing(manager, figures):
    answer = manager.get(URL, {"churn": "much", "value": "3000"})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "figures" not in answer.context
    assert "読み取れない数値があります" in page
    assert 'value="3000"' in page


def test_a_part_of_the_page_answers_alone(manager, figures):
    answer = manager.get(URL, headers={"HX-Request": "true", "HX-Target": "results"})
    assert b"<html" not in answer.content
    assert "顧客維持" not in answer.content.decode()


def test_who_loses_nobody_gets_an_answer_too(manager, figures):
    page = manager.get(URL, {"churn": "0", "extra": "0"}).content.decode()
    assert "下げる余地がありません" in page
