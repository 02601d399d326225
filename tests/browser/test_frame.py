"""The frame of every page: menu, themes, languages, keyboard, phone, no script, and what it weighs."""

import pytest
from playwright.sync_api import expect

from accounts.models import Installation, User

from .looking import PHONE, faults, look, theme

PAGES = ["/users/", "/users/new/", "/settings/"]


@pytest.fixture
def complaints(admin_page) -> list[str]:
    """What the browser's console says: a breach of the content policy among it."""
    said = []
    admin_page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    admin_page.on("pageerror", lambda error: said.append(str(error)))
    return said


def test_pages_of_the_frame_have_no_fault_for_axe(admin_page, base_url, complaints):
    User.objects.create(name="田中 太郎", is_placeholder=True, is_active=False)
    for address in PAGES:
        look(admin_page, f"frame{address.replace('/', '-')}", base_url + address)
    assert complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_sign_in_page_has_no_fault_for_axe(page, base_url, scheme):
    Installation.objects.update_or_create(id=1, defaults={"is_demo": True})
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{base_url}/sign-in/")
    expect(page.get_by_text("cs@example.jp")).to_be_visible()
    assert faults(page) == []


def test_a_refusal_has_no_fault_for_axe(admin_page, base_url):
    admin_page.goto(f"{base_url}/no-such-page/")
    expect(admin_page.get_by_role("heading", name="ページが見つかりません")).to_be_visible()
    assert faults(admin_page) == []


def test_the_first_tab_leads_past_the_menu(admin_page, base_url):
    admin_page.goto(f"{base_url}/users/")
    admin_page.keyboard.press("Tab")
    expect(admin_page.get_by_role("link", name="本文へ移動")).to_be_focused()
    admin_page.keyboard.press("Enter")
    admin_page.keyboard.press("Tab")
    expect(admin_page.get_by_role("link", name="ユーザーを追加")).to_be_focused()


def test_the_menu_says_where_one_is(admin_page, base_url):
    admin_page.goto(f"{base_url}/settings/")
    here = admin_page.get_by_role("navigation", name="メインメニュー").locator("[aria-current=page]")
    expect(here).to_have_text("設定")


def test_the_menu_has_an_entry_for_every_part(admin_page, base_url):
    Installation.objects.update_or_create(id=1, defaults={"is_demo": True})
    admin_page.goto(f"{base_url}/users/")
    entries = admin_page.get_by_role("navigation", name="メインメニュー").get_by_role("link").all_inner_texts()
    work = ["ダッシュボード", "顧客", "名寄せ候補", "データの抜け・矛盾", "セグメント", "タッチモデル", "施策", "分析"]
    assert entries == [*work, "データ取り込み", "ユーザー", "設定", "Webhook", "API キー", "受信箱(デモ)"]


def test_cs_staff_see_no_entries_of_admins(cs_page, base_url):
    cs_page.goto(f"{base_url}/customers/")
    menu = cs_page.get_by_role("navigation", name="メインメニュー")
    expect(menu.get_by_role("link", name="設定")).to_have_count(0)
    expect(menu.get_by_role("link", name="顧客")).to_be_visible()


def test_the_chosen_theme_is_remembered_and_does_not_flash(admin_page, base_url):
    admin_page.emulate_media(color_scheme="light")
    admin_page.goto(f"{base_url}/users/")
    admin_page.get_by_role("button", name="ダーク表示に切り替える").click()
    assert theme(admin_page) == "dark"
    # Before the body is there the theme stands already.
    admin_page.add_init_script(
        "new MutationObserver((_, watch) => { if (document.body) {"
        " window.themeAtBody = document.documentElement.dataset.bsTheme; watch.disconnect(); } })"
        ".observe(document, {childList: true, subtree: true})"
    )
    admin_page.goto(f"{base_url}/settings/")
    assert admin_page.evaluate("window.themeAtBody") == "dark"


def test_the_user_menu_works_by_keyboard(admin_page, base_url):
    admin_page.goto(f"{base_url}/users/")
    menu = admin_page.locator(".user-menu summary")
    menu.focus()
    admin_page.keyboard.press("Enter")
    auto = admin_page.get_by_role("button", name="自動")
    expect(auto).to_have_attribute("aria-pressed", "true")
    assert faults(admin_page) == []
    admin_page.keyboard.press("Escape")
    expect(auto).to_be_hidden()
    expect(menu).to_be_focused()


def test_the_language_changes_on_the_same_page(admin_page, base_url):
    admin_page.goto(f"{base_url}/settings/")
    admin_page.locator(".user-menu summary").click()
    admin_page.get_by_role("button", name="English").click()
    expect(admin_page.get_by_role("heading", name="Settings", exact=True)).to_be_visible()
    assert admin_page.url == f"{base_url}/settings/"
    assert admin_page.locator("html").get_attribute("lang") == "en"


def test_signing_out_from_the_menu(admin_page, base_url):
    admin_page.goto(f"{base_url}/users/")
    admin_page.locator(".user-menu summary").click()
    admin_page.get_by_role("button", name="ログアウト").click()
    expect(admin_page.get_by_role("heading", name="ログイン")).to_be_visible()


def test_on_a_phone_the_menu_opens_and_closes_by_keyboard(admin_page, base_url):
    admin_page.set_viewport_size(PHONE)
    admin_page.goto(f"{base_url}/users/")
    opener = admin_page.get_by_role("button", name="メニューを開く")
    settings_link = admin_page.get_by_role("link", name="設定")
    expect(settings_link).to_be_hidden()
    opener.focus()
    admin_page.keyboard.press("Space")
    expect(settings_link).to_be_visible()
    expect(opener).to_have_attribute("aria-expanded", "true")
    expect(admin_page.get_by_role("link", name="メニューを閉じる")).to_be_focused()
    assert faults(admin_page) == []
    admin_page.keyboard.press("Escape")
    expect(settings_link).to_be_hidden()
    expect(opener).to_be_focused()
    admin_page.keyboard.press("Enter")
    settings_link.click()
    expect(admin_page.get_by_role("heading", name="設定", exact=True)).to_be_visible()


def test_without_script_everything_of_the_frame_is_in_reach(browser, browser_context_args, base_url, admin_page):
    context = browser.new_context(**{**browser_context_args, "viewport": PHONE, "java_script_enabled": False})
    context.add_cookies(admin_page.context.cookies())
    page = context.new_page()
    page.goto(f"{base_url}/users/")
    expect(page.get_by_role("link", name="設定")).to_be_hidden()
    page.get_by_role("link", name="メニューを開く").click()
    page.locator(".user-menu summary").click()
    expect(page.get_by_role("button", name="ログアウト")).to_be_visible()
    page.get_by_role("link", name="設定").click()
    expect(page.get_by_role("heading", name="設定", exact=True)).to_be_visible()
    context.close()


def test_the_page_is_printed_without_the_frame(admin_page, base_url):
    admin_page.goto(f"{base_url}/users/")
    admin_page.emulate_media(media="print")
    expect(admin_page.locator(".sidebar")).to_be_hidden()
    expect(admin_page.get_by_role("table")).to_be_visible()


def test_signing_in_works_without_script(browser, browser_context_args, base_url, settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    User.objects.create_user("plain@example.jp", "correct horse battery", name="素", role="admin")
    context = browser.new_context(**{**browser_context_args, "java_script_enabled": False})
    page = context.new_page()
    page.goto(f"{base_url}/users/")
    page.get_by_label("メールアドレス").fill("plain@example.jp")
    page.get_by_label("パスワード").fill("correct horse battery")
    page.get_by_role("button", name="ログイン").click()
    expect(page.get_by_role("heading", name="ユーザー", exact=True)).to_be_visible()
    context.close()
