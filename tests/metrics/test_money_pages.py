"""The pages of cohorts and of the movements of monthly amounts."""

from decimal import Decimal

import pytest

from accounts.models import AuditEvent, Role
from metrics import goals, remarks, rollups
from metrics.periods import named
from segments.models import Segment
from tests import factories
from tests.remembering import again

from .conftest import NOW, TODAY, after_a_night, found_company

pytestmark = pytest.mark.django_db


@pytest.fixture
def night(db, monkeypatch):
    monkeypatch.setattr(rollups, "SNAPSHOTS_BACK", 0)
    return again("a purchase after the night", _with_a_purchase)


def _with_a_purchase():
    company = after_a_night(found_company())
    factories.purchase(company.a, "2026-05-01", 800)
    rollups.fill(as_of=TODAY, now=NOW)
    return company


@pytest.fixture
def manager(night, signed_in):
    return signed_in(factories.user(role=Role.MANAGER))


def test_the_bridge_of_the_last_full_month_leads_to_its_customers(manager, night):
    page = manager.get("/metrics/revenue/?at=2026-05")
    row = page.context["row"]
    assert (row["at_start"], row["churned"], row["at_end"]) == (6000, 2000, 4000)
    assert page.context["waterfall"]["series"][0]["data"] == [6000, 0, 0, 0, 0, -2000, 4000]
    people = manager.get(row["urls"]["churned"])
    assert [one["customer"] for one in people.context["rows"]] == [night.b]
    assert "備前工業" in people.content.decode()
    assert manager.get("/metrics/revenue/").context["chosen"].code == "2026-06"
    # a goal and what happened stand beside
    boss = factories.user(role=Role.MANAGER)
    goals.set_goal(metric="nrr", since=named("2026-05").first, value=Decimal(70), by=boss, now=NOW)
    remarks.write(on=named("2026-05").last, text="値上げ", metric="", by=boss, now=NOW)
    context = manager.get("/metrics/revenue/?at=2026-05").context
    assert context["rates_chart"]["goal"]["name"] == "目標 (NRR)"
    assert [one["text"] for one in context["columns_chart"]["marks"]] == ["値上げ"]
    said = {stat["key"]: str(stat.get("goal")) for stat in context["stats"]}
    assert said == {"revenue": "None", "nrr": "目標 70.0% まであと 3.3pt", "grr": "None", "people": "None"}


def test_the_groups_of_a_period_add_up_to_the_whole(manager):
    context = manager.get("/metrics/revenue/?by=industry&at=2026-05&period=month").context
    assert {row["words"]: row["at_start"] for row in context["groups"]} == {"小売": 4000, "製造": 2000}
    assert (context["total"]["at_end"], context["total"]["grr"]) == (4000, pytest.approx(66.67, abs=0.01))


@pytest.mark.parametrize("period", ["month", "quarter", "half", "year"])
def test_every_period_and_the_groups_open(manager, period):
    for by in ("all", "owner", "plan", "cohort"):
        assert manager.get(f"/metrics/revenue/?period={period}&by={by}").status_code == 200


def test_staff_see_the_amounts_of_their_own_customers(night, signed_in):
    client = signed_in(night.suzuki)
    groups = client.get("/metrics/revenue/?by=owner&at=2026-05").context["groups"]
    assert [(row["group"], row["at_start"]) for row in groups] == [("鈴木", 5000)]
    other = f"/metrics/revenue/2026-05/churned/?by=owner&group={night.sato.pk}"
    assert client.get(other).status_code == 403


@pytest.mark.parametrize("address", ["2026-05/moon/", "2026-13/new/", "2027-05/new/", "2026-05/new/?by=colour"])
def test_what_there_is_not_is_not_found(manager, address):
    assert manager.get(f"/metrics/revenue/{address}").status_code == 404


def test_who_moved_goes_along_as_a_file_and_is_recorded(manager):
    answer = manager.post("/metrics/revenue/2026-05/churned/export/", {"form": "csv"})
    assert "備前工業" in b"".join(answer.streaming_content).decode()
    assert AuditEvent.objects.filter(action="revenue_people.export").count() == 1


def test_without_monthly_amounts_the_page_says_where_to_look(db, signed_in):
    factories.purchase(factories.customer(), "2026-05-01", 800)
    rollups.fill(as_of=TODAY, now=NOW)
    page = signed_in(factories.user(role=Role.MANAGER)).get("/metrics/revenue/")
    assert "kind=purchase&amp;show=revenue" in page.content.decode()


@pytest.mark.parametrize("show", ["percent", "counts", "revenue", "mean", "share"])
def test_a_triangle_of_each_figure(manager, show):
    page = manager.get(f"/metrics/cohorts/?kind=contract&show={show}")
    first = page.context["lines"][1]["cells"]  # B: 2,000 a month, there to the end of April
    expected = {"percent": ["100%", "0%"], "counts": ["1", "0"], "share": ["100%", "0%"]}.get(show, ["¥2,000", "¥0"])
    assert [first[3]["shown"], first[4]["shown"]] == expected
    assert manager.get(f"/metrics/cohorts/?period=quarter&kind=purchase&mode=after&show={show}").status_code == 200


def test_a_cell_leads_to_who_stayed_and_who_did_not(manager, night):
    cell = manager.get("/metrics/cohorts/").context["lines"][1]["cells"][4]
    assert manager.get(cell["url"]).context["rows"] == []
    gone = manager.get(cell["url"] + "&side=gone")
    assert [row["customer"] for row in gone.context["rows"]] == [night.b]
    assert (gone.context["count"], gone.context["size"]) == (1, 1)


def test_who_stands_in_a_cell_becomes_a_fixed_list(manager, night):
    answer = manager.post("/metrics/cohorts/2026-01/4/freeze/?side=gone")
    segment = Segment.objects.get(slug=answer.url.rstrip("/").split("/")[-1])
    assert [one.customer for one in segment.memberships.all()] == [night.b]
    assert manager.post("/metrics/cohorts/2026-01/4/freeze/").status_code == 302
    assert Segment.objects.filter(name=segment.name).count() == 1


@pytest.mark.parametrize("address", ["2026-99/1/", "FY2026/1/", "2026-01/900/", "2025-01/1/"])
def test_a_cohort_there_is_not_is_not_found(manager, address):
    assert manager.get(f"/metrics/cohorts/{address}").status_code == 404


def test_the_file_of_cohorts_is_of_what_the_page_shows(manager):
    lines = manager.get("/metrics/csv/cohorts/?kind=purchase&period=quarter").content.decode("utf-8-sig").splitlines()
    assert lines[1].startswith("2026-Q2,1,0,1,")
    assert (
        manager.get("/metrics/csv/revenue/?by=industry&period=quarter").content.decode("utf-8-sig").count("2026-Q2")
        == 2
    )
