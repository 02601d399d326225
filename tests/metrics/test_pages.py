"""The dashboard and the reports on the screen: the figures of the command, who sees what, and nothing without data."""

import csv
import io

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import JobRun, Role
from campaigns.models import Campaign
from customers.models import Import
from metrics import rollups
from metrics.views import rfm
from scores import scoring
from scores.models import Score
from segments.models import Segment
from tests import factories

from .conftest import NOW, TODAY

pytestmark = pytest.mark.django_db
PAGES = ["/", "/metrics/", "/metrics/ltv/", "/metrics/cohorts/", "/metrics/rfm/", "/metrics/rfm/5/5/"]
MOST_QUERIES = 12


@pytest.fixture
def staff(bought, signed_in):
    bought.sato.language = "en"
    bought.sato.save()
    return signed_in(bought.sato)


@pytest.fixture
def manager(signed_in, db):
    return signed_in(factories.user(role=Role.MANAGER, language="en"))


@pytest.fixture
def admin(signed_in, db):
    return signed_in(factories.user(role=Role.ADMIN, language="en"))


def text(answer):
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("address", [*PAGES, "/metrics/lost/2026-05/", "/metrics/?by=industry"])
def test_without_data_a_page_says_what_to_do(admin, address):
    page = text(admin.get(address))
    assert "Traceback" not in page
    if address in PAGES[:5]:
        assert "/customers/imports/" in page
        assert "Bring in a file" in page


@pytest.mark.parametrize("address", PAGES)
def test_one_customer_who_just_came_is_enough(admin, address):
    factories.purchase(factories.customer("only", name="一番乗り"), TODAY)
    scoring.compute(as_of=TODAY, now=NOW)
    rollups.fill(as_of=TODAY, now=NOW)
    text(admin.get(address))


@pytest.mark.parametrize("role", Role.values)
def test_the_dashboard_asks_little(bought, signed_in, role):
    segment = Segment.objects.create(slug="champions", name="Champions", rule={})
    Campaign.objects.create(name="掘り起こし", segment=segment, created_by=bought.sato)
    client = signed_in(bought.sato if role == Role.CS else factories.user(role=role))
    client.get("/")
    with CaptureQueriesContext(connection) as queries:
        text(client.get("/"))
    assert len(queries) <= MOST_QUERIES, "\n".join(one["sql"][:160] for one in queries)


@pytest.mark.parametrize(
    "address", [*PAGES[1:], "/metrics/definitions/", "/metrics/?by=owner", "/metrics/?by=segment&period=quarter"]
)
def test_a_report_page_asks_little(bought, manager, address):
    with CaptureQueriesContext(connection) as queries:
        text(manager.get(address))
    assert len(queries) <= MOST_QUERIES


def test_staff_see_first_what_to_do(staff):
    page = text(staff.get("/"))
    assert page.index("things to do today") < page.index("My customers") < page.index("Your latest campaigns")


def test_the_dashboard_shows_the_last_full_month_and_what_changed(bought, manager):
    """June: nobody of two; May: one of three, 33.3 %."""
    answer = manager.get("/")
    stat = answer.context["stats"][0]
    before = stat["changes"][0]
    assert (stat["value"], before.text, before.look) == ("0.0%", "−33.3pt", "good")
    assert stat["url"] == "/metrics/lost/2026-06/"
    assert stat["definition"]["as_of"] == TODAY
    assert "33.3%" in stat["definition"]["other"]  # B's last day, 31 May, taken as still active
    assert answer.context["churn"]["chart"]["series"][0]["data"] == pytest.approx([0, 0, 0, 0, 100 / 3, 0])


def test_leaders_see_money_and_renewals(bought, manager):
    keys = [stat["key"] for stat in manager.get("/").context["stats"]]
    assert keys == ["churn", "ltv_historic", "at_risk", "renewals"]


def test_staff_see_people(staff):
    answer = staff.get("/")
    stats = {stat["key"]: stat for stat in answer.context["stats"]}
    assert list(stats) == ["active", "churn", "slipping", "renewals"]
    assert (stats["active"]["value"], stats["active"]["unit"]) == ("1", "people")  # A; B is Suzuki's, D on trial


def test_by_purchases_leaders_see_active_customers_instead_of_renewals(manager):
    factories.purchase(factories.customer(), "2026-06-01")
    scoring.compute(as_of=TODAY, now=NOW)
    rollups.fill(as_of=TODAY, now=NOW)
    assert manager.get("/").context["stats"][3]["key"] == "active"


def test_each_cell_of_the_grid_leads_to_its_customers(bought, manager):
    """A bought before C, both once: R 1 and 5, F 3 (all equal)."""
    assert "/metrics/rfm/5/3/" in text(manager.get("/"))
    page = text(manager.get("/metrics/rfm/5/3/"))
    assert "千鳥屋" in page
    assert "青空商事" not in page
    assert manager.get("/metrics/rfm/6/1/").status_code == 404


def test_the_grid_shows_people_money_or_vips(bought, manager):
    """C bought for 900 and is the only VIP (M 5) of the two."""
    cells = {
        by: next(
            one
            for line in manager.get(f"/metrics/rfm/?by={by}").context["rfm"]
            for one in line["cells"]
            if (one["r"], one["f"]) == (5, 3)
        )
        for by in ("customers", "monetary", "mean", "vip")
    }
    shown = {by: (one["shown"], one["more"], one["heat"]) for by, one in cells.items()}
    assert shown == {
        "customers": ("1", "50.0%", 9),
        "monetary": ("¥900", "1", 9),
        "mean": ("¥900", "1", 9),
        "vip": ("100%", "1", 9),
    }


def test_all_scores_as_a_file_are_for_leaders(staff):
    assert staff.post("/metrics/rfm/scores/export/").status_code == 403


def test_all_scores_hold_each_customer_once(bought, manager):
    answer = manager.post("/metrics/rfm/scores/export/", {"form": "csv"})
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert [(row["customer_id"], row["r"], row["monetary"]) for row in rows][:1] == [("A", "1", "800.00")]
    assert [row["customer_id"] for row in rows] == ["A", "B", "C", "D"]


def test_a_cell_page_by_page_by_m_and_as_a_file(bought, manager, monkeypatch):
    monkeypatch.setattr(rfm, "PER_PAGE", 1)
    Score.objects.update(r=5, f=3)
    first = manager.get("/metrics/rfm/5/3/")
    assert "千鳥屋" in text(first)
    assert "青空商事" in text(manager.get(first.context["next_url"]))
    assert [one.name for one in manager.get("/metrics/rfm/5/3/?m=5").context["customers"]] == ["千鳥屋"]
    assert len(manager.get("/metrics/rfm/5/3/?after=x").context["customers"]) == 1
    answer = manager.post("/metrics/rfm/5/3/export/?m=5")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert [(row["customer_id"], row["m"], row["monetary"]) for row in rows] == [("C", "5", "900.00")]


def test_admins_see_how_the_night_went(bought, admin):
    assert "has not run yet" in text(admin.get("/"))
    run = JobRun.objects.create(job="nightly", due="2026-07-01", started_at=NOW, finished_at=NOW, state="done")
    Import.objects.create(kind="customers", file_name="名簿.csv", sha256="0" * 64, state="done", rejected=2)
    page = text(admin.get("/"))
    assert "succeeded" in page
    assert "2026/07/02 00:00" in page
    assert "名簿.csv" in page
    assert "2 rows to mend" in page
    JobRun.objects.filter(pk=run.pk).update(state="failed", detail={"error": "RuntimeError: disk full"})
    assert "RuntimeError: disk full" in text(admin.get("/"))
    JobRun.objects.filter(pk=run.pk).update(state="running")
    assert "running" in text(admin.get("/"))


def test_staff_see_nothing_of_operations(staff):
    assert "Next run" not in text(staff.get("/"))


def test_a_year_later_the_year_before_is_compared(manager):
    """One who signed in May 2025 and is there: each month 0.0 %, a year later too."""
    factories.configure(churn_policy="contract")
    factories.contract(factories.customer(), "2025-05-01")
    scoring.compute(as_of=TODAY, now=NOW)
    rollups.fill(as_of=TODAY, now=NOW)
    newest = next(row for row in manager.get("/metrics/").context["rows"] if row["is_complete"])
    assert newest["year_change"] == "±0.0pt"
    assert [one.text for one in manager.get("/").context["stats"][0]["changes"]] == ["±0.0pt", "±0.0pt"]


def test_unknown_words_in_the_address_fall_back(bought, manager):
    assert manager.get("/metrics/ltv/?by=colour").context["by"] == "segment"


def test_ltv_by_owner_is_all_owners_for_leaders_and_ones_own_for_staff(bought, manager, client):
    assert {row["words"] for row in manager.get("/metrics/ltv/?by=owner").context["rows"]} == {"佐藤", "鈴木"}
    client.force_login(bought.sato, backend="accounts.backends.StaffBackend")
    assert {row["words"] for row in client.get("/metrics/ltv/?by=owner").context["rows"]} == {"佐藤"}


def test_cohorts_in_time_order_in_ltv(bought, manager):
    rows = manager.get("/metrics/ltv/?by=cohort").context["rows"]
    assert [row["words"] for row in rows] == ["2025-12", "2026-01", "2026-03"]


def test_a_cohort_table_marks_what_is_not_over_and_leaves_it_out_of_means(bought, manager):
    context = manager.get("/metrics/cohorts/").context
    assert [line["size"] for line in context["lines"]] == [1, 1, 1]
    assert [cell["complete"] for cell in context["lines"][2]["cells"]] == [True, True, True, True, False]
    # months 0 … 3: all there; 4: 2 of 3 (B gone); 5 and 6: A of A and B; 7 is July, not over
    assert context["means"][:5] == ["100%", "100%", "100%", "100%", "50%"]
    assert context["means"][7] == "–"


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("churn/", ["churn"]),
        ("churn/?period=quarter&by=industry", ["churn", "--period", "quarter", "--by", "industry"]),
        ("ltv/?by=plan", ["ltv", "--by", "plan"]),
        ("cohorts/", ["cohorts"]),
        ("rfm/", ["rfm"]),
    ],
)
def test_a_file_holds_what_the_command_prints(bought, manager, address, words):
    answer = manager.get(f"/metrics/csv/{address}")
    out = io.StringIO()
    call_command("report", *words, "--format", "csv", stdout=out)
    assert answer.content.startswith(b"\xef\xbb\xbf")
    ours, theirs = (
        list(csv.reader(io.StringIO(one))) for one in (answer.content.decode("utf-8-sig"), out.getvalue()[1:])
    )
    assert ours[0] == theirs[0]
    assert [[_rounded(cell) for cell in row] for row in ours] == [[_rounded(cell) for cell in row] for row in theirs]


def _rounded(cell):
    """A mean has as many digits as the database gives; a figure is the same to the sen."""
    try:
        return round(float(cell), 6)
    except ValueError:
        return cell


def test_a_file_by_owner_holds_ones_own_for_staff(staff, bought):
    lines = staff.get("/metrics/csv/churn/?by=owner").content.decode("utf-8-sig").splitlines()
    assert {line.split(",")[3] for line in lines[1:]} == {"佐藤"}


def test_an_unknown_file_is_not_there(manager):
    assert manager.get("/metrics/csv/model/").status_code == 404


def test_a_campaign_whose_window_is_open_says_when_its_result_comes(bought, staff):
    segment = Segment.objects.create(slug="champions", name="Champions", rule={})
    state = Campaign.State.FINISHED
    Campaign.objects.create(name="掘り起こし", segment=segment, created_by=bought.sato, state=state, launched_at=NOW)
    page = text(staff.get("/"))
    assert "The result comes on 2026/07/31" in page
    assert "annot be compared" not in page
