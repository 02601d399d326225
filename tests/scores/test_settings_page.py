"""The page of the company's own thresholds: shown before it is saved, on record afterwards."""

import pytest

from accounts.models import AuditEvent, Installation
from metrics import rollups
from scores import labels, previewing
from scores.forms import GRID, usual_grid
from tests.factories import configure, customer, purchase, user

pytestmark = pytest.mark.django_db
ADDRESS = "/scores/settings/"


@pytest.fixture
def admin(client):
    client.force_login(user(role="admin"))
    return client


def typed(**changes) -> dict:
    """What the page posts as it stands, with these changes."""
    stages = {"fresh_days": 90, "unused_days": 60, "renewal_days": 60, "silent_days": 30}
    cells = {f"cell_{r}_{f}": code for (r, f), code in zip(GRID, usual_grid(), strict=True)}
    return {"action": "preview", **stages, **cells, **changes}


def test_the_page_shows_what_is_set(admin):
    configure(rfm_m_cutoffs=["100.00", 200, 300, "400.50"], slipping_days=20, rfm_grid=["at_risk"] * 25)
    page = admin.get(ADDRESS).content.decode()
    assert [f'name="m_{n}" value="{v}"' in page for n, v in ((2, "100"), (5, "400.50"))] == [True, True]
    assert 'name="slipping_days" value="20"' in page
    assert page.count('value="at_risk" selected') == 25
    assert 'placeholder="120"' in page, "two thirds of 180 where nothing is set"


def test_only_an_admin_opens_it(client):
    client.force_login(user(role="manager"))
    assert client.get(ADDRESS).status_code == 403


def test_a_preview_counts_and_saves_nothing(admin):
    purchase(customer(), "2026-01-05")
    answer = admin.post(ADDRESS, typed(cell_3_3="champions", m_2=1, m_3=2, m_4=3, m_5=4))
    assert answer.status_code == 200
    assert answer.context["effect"].moved["segment"] == 1
    assert ("champions", 0, 1, 1) in [line for _code, _word, line in answer.context["segment_lines"]]
    assert Installation.get().rfm_grid is None
    assert not AuditEvent.objects.exists()


def test_saving_stores_and_is_on_record_so_that_all_is_computed_again(admin):
    before = rollups.settings_hash()
    answer = admin.post(ADDRESS, typed(action="save", r_5=10, r_4=20, r_3=30, r_2=40, cell_1_1="at_risk"))
    assert answer.status_code == 302
    row = Installation.get()
    assert row.rfm_r_cutoffs == [10, 20, 30, 40]
    assert row.rfm_f_cutoffs is None
    assert labels.cells(row) == labels.CELLS | {(1, 1): "at_risk"}
    event = AuditEvent.objects.get(action="settings_changed")
    assert event.detail == {"fields": ["rfm_grid", "rfm_r_cutoffs"]}
    assert rollups.settings_hash() != before


def test_the_usual_grid_comes_back_unsaved_and_counts_as_none(admin):
    configure(rfm_grid=["at_risk"] * 25)
    answer = admin.post(ADDRESS, typed(action="usual", **{f"cell_{r}_{f}": "at_risk" for r, f in GRID}))
    assert answer.context["changed"] == ["rfm_grid"]
    assert Installation.get().rfm_grid == ["at_risk"] * 25
    admin.post(ADDRESS, typed(action="save"))
    assert Installation.get().rfm_grid is None


@pytest.mark.parametrize(
    ("changes", "at"),
    [
        ({"m_2": 1, "m_3": 2}, "m_2"),
        ({"r_5": 40, "r_4": 30, "r_3": 20, "r_2": 10}, "r_5"),
        ({"f_2": "two"}, "f_2"),
        ({"cell_3_3": "kings"}, "cell_3_3"),
        ({"pre_dormant_days": 180}, "pre_dormant_days"),
        ({"fresh_days": ""}, "fresh_days"),
        ({"m_2": 1, "m_3": 2, "m_4": 3, "m_5": "NaN"}, "m_5"),
    ],
)
def test_what_does_not_fit_is_said_at_its_field(admin, changes, at):
    answer = admin.post(ADDRESS, typed(action="save", **changes))
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [at]
    assert not AuditEvent.objects.exists()


def test_nothing_changed_says_so_and_records_nothing(admin):
    assert admin.post(ADDRESS, typed()).context["changed"] == []
    admin.post(ADDRESS, typed(action="save"))
    assert not AuditEvent.objects.exists()


def test_a_company_too_large_to_count_may_still_save(admin, monkeypatch):
    def preview(**_):
        raise previewing.TooSlowError

    monkeypatch.setattr(previewing, "preview", preview)
    page = admin.post(ADDRESS, typed(slipping_days=20)).content.decode()
    assert 'value="save"' in page


def test_a_smaller_number_of_days_that_breaks_the_thresholds_is_refused_on_the_general_page(admin):
    configure(pre_dormant_days=120)
    fields = {"fiscal_year_start": 4, "tax": "excluded", "churn_policy": "inactivity", "activity": "purchases"}
    fields |= {"contact_budget": 4, "contact_budget_days": 7, "pause_months": 6}
    answer = admin.post("/settings/", {**fields, "inactivity_days": 100})
    assert list(answer.context["form"].errors) == ["inactivity_days"]
