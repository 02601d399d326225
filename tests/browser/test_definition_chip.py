"""The definition chip by keyboard, and the page it leads to, in a browser: to the people between two formulas."""

import datetime as dt

import pytest
from playwright.sync_api import Page, expect

from metrics import reconciling
from metrics.models import ChurnRollup, Fill
from metrics.periods import named
from metrics.rollups import METRIC, settings_hash
from tests import factories
from tests.browser.looking import look

JUNE, AS_OF = named("2026-06"), dt.date(2026, 7, 10)


@pytest.fixture
def june(transactional_db):
    """Two of three are lost in June by our count; one of them gave notice before it, and the third has paid on."""
    factories.configure(churn_policy="contract")
    ends = [("2026-05-20", "2026-07-01"), ("2026-06-11", "2026-06-21"), ("2026-06-20", "2026-09-01")]
    for number, (notice, end) in enumerate(ends):
        who = factories.customer(f"C{number}", name=f"株式会社とても長い名前の取引先{number}")
        factories.contract(who, "2026-01-10", cancelled_on=notice, ends_on=end, renews_on=end)
    ChurnRollup.objects.create(first=JUNE.first, months=1, at_start=3, lost=2)
    at = dt.datetime(2026, 7, 10, tzinfo=dt.UTC)
    Fill.objects.create(
        metric=METRIC,
        period=AS_OF.isoformat(),
        settings=settings_hash(),
        as_of=AS_OF,
        started_at=at,
        done_at=at,
    )
    reconciling.keep(periods=[JUNE], as_of=AS_OF)


def test_from_the_chip_to_the_people_between_two_formulas(manager_page: Page, base_url, june):
    manager_page.goto(f"{base_url}/metrics/?by=all")
    chip = manager_page.locator("details.definition").first
    chip.locator("summary").press("Enter")
    link = chip.get_by_role("link", name="他の数え方との差")
    expect(link).to_be_visible()
    manager_page.keyboard.press("Escape")
    expect(link).to_be_hidden()
    expect(chip.locator("summary")).to_be_focused()
    chip.locator("summary").press("Enter")
    link.click()
    look(manager_page, "definition")
    notice = manager_page.locator("#count-notice")
    notice.get_by_role("row", name="期末より先まで支払い済み").get_by_role("link").click()
    expect(manager_page.get_by_role("link", name="取引先2")).to_be_visible()
    look(manager_page, "definition-people")
    look(manager_page, "renewals", f"{base_url}/metrics/renewals/")
