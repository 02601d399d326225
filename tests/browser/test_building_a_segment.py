"""A segment made in the browser: by the keyboard with a live count, and as a plain form without any script."""

import pytest
from playwright.sync_api import expect

from segments.models import Segment
from tests import factories

from .looking import look


@pytest.fixture
def buyers():
    for number in range(3):
        factories.customer(f"A-{number}", name=f"青空{number}", kind="company" if number else "person")


@pytest.mark.usefixtures("buyers")
def test_a_segment_is_built_by_the_keyboard_and_counted_while_it_is(cs_page, base_url):
    page = cs_page
    page.goto(f"{base_url}/segments/new/?start=empty")
    page.get_by_label("項目を探す").fill("種別")
    page.keyboard.press("Enter")
    expect(page.locator("#n1-what")).to_be_focused()
    page.get_by_label("法人").focus()
    page.keyboard.press("Space")
    expect(page.locator("#count-result dd").first).to_have_text("2件")
    expect(page.locator(".count-words")).to_have_text("「種別」が「法人」")
    look(page, "builder")
    page.get_by_label("セグメント名").fill("法人のお客様")
    page.get_by_role("button", name="セグメントを保存").press("Enter")
    expect(page.get_by_role("heading", name="法人のお客様", level=1)).to_be_visible()
    assert Segment.objects.get(name="法人のお客様").rule == {"field": "kind", "op": "in", "value": ["company"]}


@pytest.mark.usefixtures("buyers")
def test_the_builder_is_a_plain_form_where_no_script_runs(cs_page, base_url, browser):
    context = browser.new_context(java_script_enabled=False, locale="ja-JP")
    context.add_cookies(cs_page.context.cookies())
    page = context.new_page()
    page.goto(f"{base_url}/segments/new/?start=empty")
    page.locator("#n1-what").select_option("field:kind")
    page.get_by_role("button", name="入力欄を表示").click()
    page.get_by_label("個人").check()
    page.get_by_role("button", name="数える").click()
    expect(page.locator("#count-result dd").first).to_have_text("1件")
    page.get_by_label("セグメント名").fill("個人のお客様")
    page.get_by_role("button", name="セグメントを保存").click()
    expect(page.get_by_role("heading", name="個人のお客様", level=1)).to_be_visible()
    context.close()
