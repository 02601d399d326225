"""An admin takes an import back: sees what would happen, does it, sees what came of it and what stayed."""

import re

import pytest
from playwright.sync_api import expect

from customers import tasks
from customers.models import Contact, Customer, Import, Interaction
from tests.customers.importing.undone import LATER, NOW, PEOPLE, PEOPLE_CHANGED, bring

from .looking import faults, is_wider_than_the_screen


@pytest.fixture
def imported(settings, tmp_path):
    """A second file over a first one; since then one name was changed by hand and one new customer called."""
    settings.MEDIA_ROOT = tmp_path
    bring("customers", PEOPLE)
    done = bring("customers", PEOPLE_CHANGED, now=LATER)
    Customer.objects.filter(code="C1").update(name="山田 三郎")
    Interaction.objects.create(customer=Customer.objects.get(code="C4"), occurred_at=NOW)
    return done


def test_an_import_is_taken_back_by_clicks(admin_page, base_url, imported):
    page = admin_page
    page.goto(f"{base_url}/customers/imports/{imported.pk}/")
    page.get_by_role("link", name="取り込みを元に戻す").click()
    kept = page.get_by_role("region", name="そのまま残すもの").get_by_role("row")
    expect(kept.filter(has_text="山田 三郎")).to_contain_text("取り込み後に変更")
    expect(kept.filter(has_text="新井")).to_contain_text("ほかのデータから使用中")
    assert not faults(page)
    page.get_by_role("button", name="取り込みを元に戻す").click()
    expect(page.locator("#undo-progress")).to_be_visible()

    tasks.run_due_imports()
    expect(page.get_by_role("heading", name="元に戻したもの")).to_be_visible()  # the page asked for itself
    expect(page.get_by_text(re.compile("高橋 明"))).not_to_have_count(0)
    with page.expect_download() as download:
        page.get_by_role("link", name="CSVでダウンロード").click()
    assert "山田 三郎" in download.value.path().read_text(encoding="utf-8-sig")
    assert not faults(page)
    assert Import.objects.get(pk=imported.pk).state == Import.State.UNDONE
    assert not Contact.objects.filter(email="jiro@example.jp").exists()
    assert Customer.objects.get(code="C1").name == "山田 三郎"


@pytest.mark.parametrize("is_done", [False, True])
def test_the_pages_fit_on_a_phone(admin_page, base_url, imported, is_done):
    if is_done:
        Import.objects.filter(pk=imported.pk).update(
            state="undoing", undone={"was": "done", "step": "lift", "after": 0}
        )
        tasks.run_due_imports()
    admin_page.set_viewport_size({"width": 360, "height": 740})
    for address in ("undo/", ""):
        admin_page.goto(f"{base_url}/customers/imports/{imported.pk}/{address}")
        assert not is_wider_than_the_screen(admin_page)
