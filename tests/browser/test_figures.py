"""The dashboard and the reports in a browser: from a figure to the customers behind it; no fault in any theme."""

import datetime as dt
import re

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Installation
from metrics import rollups
from scores import scoring
from tests import factories
from tests.browser.looking import look
from tests.browser.test_frame import complaints  # noqa: F401

PAGES = [
    "/",
    "/metrics/",
    "/metrics/?by=industry",
    "/metrics/ltv/",
    "/metrics/ltv/spread/",
    "/metrics/repeat/",
    "/metrics/cohorts/",
    "/metrics/rfm/",
    "/metrics/rfm/5/5/",
    "/metrics/rfm/movement/",
    "/metrics/simulator/",
    "/metrics/definitions/",
    "/metrics/closing/",
    "/metrics/goals/",
    "/metrics/remarks/",
    "/scores/model/",
]


@pytest.fixture
def today(transactional_db) -> dt.date:
    return Installation.get().day_of(timezone.now())


@pytest.fixture
def figures(today, monkeypatch):
    """Twelve customers who bought over the last year; one was lost last month, others slip."""
    monkeypatch.setattr(rollups, "SNAPSHOTS_BACK", 0)  # the nights before were none
    factories.configure(inactivity_days=60)
    for number in range(12):
        who = factories.customer(
            f"C{number:02}", name=f"株式会社とても長い名前の取引先{number}", industry=["小売", "製造"][number % 2]
        )
        for back in range(20 + 6 * number, 400, 40):
            factories.purchase(who, today - dt.timedelta(days=back), 1000 * (number + 1), order_id=f"{number}-{back}")
    gone = factories.customer("GONE", name="去年商店", industry="小売")
    factories.purchase(gone, last_month(today) - dt.timedelta(days=50), 5000)
    now = timezone.now()
    scoring.compute(as_of=today.replace(day=1) - dt.timedelta(days=1), now=now)  # an end of month to compare with
    scoring.compute(as_of=today, now=now)
    rollups.fill(as_of=today, now=now)
    return today


def last_month(today: dt.date) -> dt.date:
    """Its first day."""
    return (today.replace(day=1) - dt.timedelta(days=1)).replace(day=1)


def test_pages_of_figures_have_no_fault_for_axe(admin_page, base_url, figures, today, complaints):  # noqa: F811
    for address in [*PAGES, f"/metrics/lost/{last_month(today):%Y-%m}/"]:
        look(admin_page, f"figures{address.replace('/', '-')}", base_url + address)
    assert complaints == []


def test_from_last_months_churn_rate_to_who_was_lost(manager_page: Page, base_url, figures):
    manager_page.goto(f"{base_url}/")
    rate = manager_page.get_by_role("region", name="離脱率", exact=True).first
    rate.locator("summary").click()
    expect(rate.get_by_text("離脱した顧客 ÷ 期初の顧客 × 100")).to_be_visible()
    manager_page.keyboard.press("Escape")
    rate.locator(".stat-value a").click()
    expect(manager_page.get_by_role("link", name="去年商店")).to_be_visible()
    manager_page.get_by_role("link", name="去年商店").click()
    expect(manager_page.get_by_role("heading", level=1, name="去年商店")).to_be_visible()


def test_charts_are_drawn_and_stand_there_as_tables_too(manager_page: Page, base_url, figures):
    manager_page.goto(f"{base_url}/metrics/?by=industry")
    expect(manager_page.locator(".chart canvas")).to_be_visible()
    manager_page.get_by_text("表で見る").click()
    expect(manager_page.locator(".chart-table").get_by_role("columnheader", name="小売")).to_be_visible()


def test_a_chart_is_read_by_arrow_keys_and_its_table_is_copied_for_a_spreadsheet(manager_page: Page, base_url, figures):
    manager_page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    manager_page.goto(f"{base_url}/metrics/")
    chart = manager_page.get_by_role("application", name="離脱率")
    chart.focus()
    chart.press("End")
    last = f"{last_month(figures):%Y年%-m月}"
    said = manager_page.locator("#churn-chart-said")
    expect(said).to_contain_text(re.compile(r" 途中, 離脱率 \d"))
    chart.press("ArrowLeft")
    expect(said).to_contain_text(re.compile(rf"^{last}, 離脱率 \d"))
    manager_page.get_by_role("button", name="表をコピー").click()
    expect(said).to_have_text("コピーしました(Excelに貼り付けられます)")
    lines = manager_page.evaluate("navigator.clipboard.readText()").splitlines()
    assert lines[0].split("\t")[1] == "離脱率"
    assert re.fullmatch(rf"{last}\t[\d.]+%", lines[-2])
    with manager_page.expect_download() as saved:
        manager_page.get_by_role("button", name="画像で保存").click()
    assert saved.value.suggested_filename == "離脱率.png"


def test_a_cell_of_the_grid_leads_to_its_customers(manager_page: Page, base_url, figures):
    manager_page.goto(f"{base_url}/metrics/rfm/")
    cell = manager_page.locator("a.rfm-cell").filter(has_not_text="0").first
    count = cell.locator(".rfm-cell-count").inner_text()
    cell.click()
    expect(manager_page.get_by_role("heading", level=2, name=f"{count}件")).to_be_visible()
