"""Renewals and trials on the screen: the figures of the report, who sees whose, and the people behind each."""

import pytest

from accounts.models import Role
from metrics import rollups
from tests import factories
from tests.remembering import again

from .conftest import after_a_night, found_company

pytestmark = pytest.mark.django_db


@pytest.fixture
def contracts(db, monkeypatch):
    """As `_contracts` says."""
    monkeypatch.setattr(rollups, "SNAPSHOTS_BACK", 0)
    return again("contracts", _contracts)


def _contracts():
    """A (Sato) renewed in June by itself, B (Suzuki) was lost with 1 June; C (Suzuki) is due in August. D on trial."""
    company = found_company()
    company.a.contracts.update(renews_on="2026-06-15")
    company.b.contracts.update(renews_on="2026-06-01")
    company.c.contracts.update(renews_on="2026-08-20", notice_days=30)
    return after_a_night(company)


def text(answer):
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_manager_sees_what_is_due_what_became_of_it_and_trials(contracts, signed_in, django_assert_max_num_queries):
    client = signed_in(factories.user(role=Role.MANAGER, language="en"))
    with django_assert_max_num_queries(12):
        answer = client.get("/metrics/renewals/")
    words = text(answer)
    assert [(row["period"], row["due"], row["rate"]) for row in answer.context["terms"]] == [
        ("2026-08", 1, None),
        ("2026-06", 2, 50.0),
    ]
    assert [row["customer"].name for row in answer.context["due"]["rows"]] == ["千鳥屋"]
    assert "2026/07/21" in words  # 30 days before 20 August
    assert [(row["period"], row["trials"], row["running"]) for row in answer.context["trials"]] == [("2026-06", 1, 1)]


def test_by_a_cut_the_groups_of_one_period_open_their_terms(contracts, signed_in):
    client = signed_in(factories.user(role=Role.MANAGER, language="en"))
    answer = client.get("/metrics/renewals/?by=industry&via=1&period=quarter")
    assert {row["group"]: row["due"] for row in answer.context["terms"]} == {"小売": 1, "製造": 1}
    lost = client.get("/metrics/renewals/2026-06/lost/?by=industry&group=製造")
    assert "備前工業" in text(lost)
    assert "千鳥屋" not in text(lost)
    assert "大地農園" in text(client.get("/metrics/trials/2026-06/running/"))
    assert "Nobody is behind" in text(client.get("/metrics/trials/2026-06/paid/?by=via&group=x"))


def test_staff_see_by_owner_their_own_alone(contracts, signed_in):
    client = signed_in(contracts.sato)
    answer = client.get("/metrics/renewals/")
    assert [(row["period"], row["group"], row["due"]) for row in answer.context["terms"]] == [("2026-06", "佐藤", 1)]
    assert answer.context["due"]["rows"] == []
    assert client.get(f"/metrics/renewals/2026-06/due/?by=owner&group={contracts.suzuki.pk}").status_code == 403
    assert "青空商事" in text(client.get(f"/metrics/renewals/2026-06/due/?by=owner&group={contracts.sato.pk}"))
    assert client.get("/metrics/csv/renewals/?by=owner").content.decode("utf-8-sig").count("\n") == 2


@pytest.mark.parametrize(
    "address", ["renewals/2026-6/due/", "renewals/2026-06/none/", "renewals/2026-06/due/?by=via", "trials/2026-06/no/"]
)
def test_what_is_not_there_is_not_found(db, signed_in, address):
    client = signed_in(factories.user(role=Role.MANAGER))
    assert client.get(f"/metrics/{address}").status_code == 404


def test_before_the_first_night_there_is_a_word_of_what_to_do(db, signed_in):
    client = signed_in(factories.user(role=Role.MANAGER, language="en"))
    assert text(client.get("/metrics/renewals/"))
    assert "No contract term is behind" in text(client.get("/metrics/renewals/2026-06/due/"))
