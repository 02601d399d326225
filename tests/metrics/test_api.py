"""The reports for programs: the rows of the command, and who may have them."""

import io
import json

import pytest
from django.core.management import call_command

from accounts import api_keys
from accounts.models import Role
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(signed_in):
    return signed_in(factories.user(role=Role.MANAGER))


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("churn/", ["churn"]),
        ("churn/?period=quarter&by=owner", ["churn", "--period", "quarter", "--by", "owner"]),
        ("churn/?from=2026-05-01&to=2026-05-31", ["churn", "--from", "2026-05-01", "--to", "2026-05-31"]),
        ("ltv/?as_of=2026-06-30&by=plan", ["ltv", "--as-of", "2026-06-30", "--by", "plan"]),
        ("cohorts/", ["cohorts"]),
        ("rfm/", ["rfm"]),
        ("model/", ["model"]),
        ("model-check/", ["model-check"]),
    ],
)
def test_it_answers_what_the_command_prints(company, manager, address, words):
    answer = manager.get(f"/api/v1/reports/{address}")
    out = io.StringIO()
    call_command("report", *words, "--format", "json", stdout=out)
    assert answer.status_code == 200
    assert answer.json() == json.loads(out.getvalue())


@pytest.mark.parametrize(
    ("address", "field"),
    [
        ("churn/?as_of=yesterday", "as_of"),
        ("churn/?from=x", "from"),
        ("churn/?period=week", "period"),
        ("churn/?by=colour", "by"),
        ("churn/?from=2026-05-01&to=2026-04-01", "by"),
    ],
)
def test_a_wrong_question_is_answered_at_its_field(company, manager, address, field):
    answer = manager.get(f"/api/v1/reports/{address}")
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, field)


def test_an_unknown_report_is_not_there(manager):
    assert manager.get("/api/v1/reports/weather/").status_code == 404


def test_it_cannot_be_written_to(manager):
    assert manager.post("/api/v1/reports/churn/").status_code == 405


def test_figures_by_owner_are_for_leaders(company, signed_in):
    staff = signed_in(company.sato)
    assert staff.get("/api/v1/reports/churn/?by=owner").status_code == 403
    assert staff.get("/api/v1/reports/churn/?by=industry").status_code == 200


def test_a_key_with_the_scope_reads_what_people_read_on_the_pages(company, client):
    admin = factories.user(role=Role.ADMIN)
    text = api_keys.make(name="BI", scopes=["reports:read"], by=admin)[1]
    answer = client.get("/api/v1/reports/churn/?by=owner", headers={"Authorization": f"Bearer {text}"})
    assert answer.status_code == 200
    assert answer.json()


def test_a_key_without_the_scope_does_not(client):
    text = api_keys.make(name="shop", scopes=["customers:write"], by=factories.user(role=Role.ADMIN))[1]
    answer = client.get("/api/v1/reports/churn/", headers={"Authorization": f"Bearer {text}"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "permission_denied")


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_days_beyond_counting_are_refused(company, manager, day):
    assert manager.get(f"/api/v1/reports/churn/?as_of={day}").status_code == 400
