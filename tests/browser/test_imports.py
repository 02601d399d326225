"""A file of a Japanese Excel from the upload to its undo, in a real browser; each page for axe, light and dark."""

from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Role
from customers import tasks
from customers.models import Customer, Import
from tests import factories

from .looking import look

ROWS = [
    "顧客番号,顧客名,担当者,メール,登録日,メルマガ可否,備考",
    "A-1,㈱青空商事,ハナ,aozora@example.jp,令和6年4月1日,1,ﾃﾞﾓ",
    "A-2,緑物産株式会社,ハナ,midori@example.jp,2024/5/1,0,",
    "A-3,赤井工業,マサ,こわれた住所,2024/6/1,1,",
    "A-4,白川食品,マサ,,2024/6/31,1,",
]


@pytest.fixture(autouse=True)
def _own_files_and_no_broker(settings, tmp_path, monkeypatch):
    settings.MEDIA_ROOT = tmp_path / "media"
    monkeypatch.setattr(tasks.run_import, "apply_async", lambda *_args, **_options: None)
    monkeypatch.setattr(tasks.undo_import, "apply_async", lambda *_args, **_options: None)


@pytest.fixture
def file(tmp_path) -> Path:
    path = tmp_path / "顧客一覧.csv"
    path.write_bytes("\r\n".join(ROWS).encode("cp932") + b"\r\n")
    return path


def test_a_file_from_excel_goes_in_and_out_again(admin_page, base_url, file):
    factories.user(name="上田 花", email="hana@example.jp", role=Role.CS)
    _choose(admin_page, base_url, file)
    _columns(admin_page)
    _dry_run(admin_page)
    _run(admin_page)
    _undo(admin_page)


def _choose(page: Page, base_url: str, file: Path) -> None:
    page.goto(f"{base_url}/customers/imports/")
    look(page, "list")
    page.get_by_label("ファイルの中身").select_option("customers")
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="列の確認へ進む").press("Enter")


def _columns(page: Page) -> None:
    """What is open is asked; what was chosen stays when the file is read again."""
    expect(page.get_by_role("heading", level=1)).to_have_text("列の対応")
    expect(page.get_by_text("自社の担当者ですか")).to_be_visible()
    expect(page.get_by_text("向きを選んでください")).to_be_visible()
    expect(page.locator("#encoding option").first).to_contain_text("cp932")
    look(page, "columns")
    page.get_by_label("備考").select_option("industry")
    page.get_by_role("button", name="この設定で読み直す").click()
    expect(page.get_by_label("備考")).to_have_value("industry")
    page.get_by_label("備考").select_option("+")
    page.get_by_label("担当者", exact=True).select_option("owner")
    page.get_by_role("button", name="事前確認へ").click()
    expect(page.get_by_role("alert")).to_contain_text("メルマガ可否")
    expect(page.get_by_label("担当者", exact=True)).to_have_value("owner")
    page.get_by_label("メルマガ可否").select_option("mail_ng")
    page.get_by_role("button", name="事前確認へ").click()


def _dry_run(page: Page) -> None:
    """Names nobody knows are joined there; nothing is written before the button."""
    expect(page.get_by_role("heading", level=1)).to_have_text("事前確認")
    look(page, "preview")
    page.get_by_label("ハナ").select_option(label="上田 花")
    page.get_by_role("button", name="結び付ける").click()
    expect(page.get_by_label("ハナ")).to_have_count(0)
    expect(page.get_by_text("全 4 行 = 新規 2 + 変更 0 + 変更なし 0 + 取り込めない 2")).to_be_visible()
    assert Customer.objects.count() == 0
    page.get_by_label("既存取引").check()
    page.get_by_role("button", name="取り込みを始める").press("Enter")


def _run(page: Page) -> None:
    """The page follows by itself; the counts add up; the rejected rows come as a file."""
    expect(page.get_by_text("順番を待っています")).to_be_visible()
    look(page, "running")
    tasks.run_due_imports.apply()
    expect(page.get_by_text("全 4 行 = 新規 2 + 変更 0 + 変更なし 0 + 取り込めない 2")).to_be_visible()
    look(page, "done")
    assert Customer.objects.get(code="A-1").owner.name == "上田 花"
    with page.expect_download() as download:
        page.get_by_role("link", name="取り込めなかった行").click()
    mended = Path(download.value.path()).read_bytes().decode("cp932").splitlines()
    assert [row.split(",")[0] for row in mended] == ["顧客番号", "A-3", "A-4"]
    page.get_by_role("link", name="直したファイルを取り込む").click()
    expect(page.get_by_label("ファイルの中身")).to_have_value("customers")
    look(page, "files")


def _undo(page: Page) -> None:
    page.get_by_role("link", name="顧客一覧.csv").click()
    page.get_by_role("link", name="取り込みを元に戻す").click()
    look(page, "undo")
    page.get_by_role("button", name="取り込みを元に戻す").click()
    tasks.run_due_imports.apply()
    expect(page.get_by_text("追加分の削除").first).to_be_visible()
    assert Customer.objects.count() == 0


def test_an_import_that_failed_is_tried_again(admin_page, base_url):
    imported = Import.objects.create(
        kind="customers", file_name="顧客.csv", state=Import.State.FAILED, error="止まりました。", sha256="0" * 64,
        finished_at=timezone.now(),
    )  # fmt: skip
    admin_page.goto(f"{base_url}/customers/imports/{imported.pk}/")
    expect(admin_page.get_by_role("alert")).to_contain_text("止まりました。")
    look(admin_page, "failed")
    admin_page.get_by_role("button", name="もう一度取り込む").click()
    expect(admin_page.get_by_text("順番を待っています")).to_be_visible()
