"""What a page must pass in both themes, wide and narrow: axe finds nothing, and nothing scrolls sideways."""

import json
import os

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
FAULTS = (
    "axe.run(document, %s).then(found => found.violations.flatMap(one => one.nodes.map(node => [one.id, node.html])))"
)
ON_THE_WAY = ".htmx-request, [hx-trigger=load]"


def faults(page: Page) -> list[str]:
    """What axe finds, as `rule: element`."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    return [f"{rule}: {html[:120]}" for rule, html in page.evaluate(FAULTS % json.dumps(RULES))]


def is_wider_than_the_screen(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


def theme(page: Page) -> str:
    return page.evaluate("document.documentElement.dataset.bsTheme")


def look(page: Page, name: str, address: str = "") -> None:
    """Looks at the page, or first loads `address`: light and wide, then dark and narrow. SHOTS=dir keeps pictures."""
    if address:
        page.goto(address)
    for scheme, size in [("light", DESKTOP), ("dark", PHONE)]:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size(size)
        expect(page.locator("html")).to_have_attribute("data-bs-theme", scheme)
        expect(page.locator(ON_THE_WAY)).to_have_count(0)  # what is being asked for anew is dimmed
        if folder := os.environ.get("SHOTS"):
            page.screenshot(path=f"{folder}/{name}-{scheme}.png", full_page=True)
        found = faults(page)
        assert found == [], f"{name}, {scheme}: {found}"
        assert not is_wider_than_the_screen(page), f"{name}, {scheme}"
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(DESKTOP)
