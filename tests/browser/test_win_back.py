"""A win-back campaign from the segment to its result, in a real browser, with a real worker and a real mail server."""

import datetime as dt
import re

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Installation, Role, User
from campaigns import audience
from campaigns.models import Campaign, Delivery, DomainPause, Offer, Step
from customers.models import Channel, Consent, Contact, Customer, Purchase
from segments.models import Membership, Segment
from tests import factories

from .looking import look

RULE = {"field": "lifecycle", "op": "in", "value": ["dormant", "lapsed"]}
PASSWORD = "a-password-of-nobody"
PATIENCE = 60_000  # ms for a worker to send sixty mails


@pytest.fixture
def company() -> Installation:
    return factories.configure(
        company_name="株式会社もどる",
        sender_name="株式会社もどる",
        sender_email="news@modoru.example.jp",
        sender_address="東京都千代田区千代田1-1",
        complaint_contact="お客様窓口 03-0000-0000",
        refusal_notice="配信を希望されない方は、下のリンクから停止できます。",
        quiet_from=None,  # whenever the tests run
        quiet_until=None,
        sends_on_weekends=True,
        sends_on_holidays=True,
    )


@pytest.fixture
def staff(company) -> User:
    return User.objects.create_user("hanako@modoru.example.jp", PASSWORD, name="佐藤 花子", role=Role.CS)


@pytest.fixture
def dormant(staff) -> Segment:
    """休眠 with 66 companies: 60 can be written to, 4 have not agreed, 2 have no address."""
    today = Installation.get().day_of(timezone.now())
    segment = Segment.objects.create(
        slug="dormant", name="Dormant", is_ready_made=True, rule=RULE, state=Segment.State.FRESH, as_of=today,
        refreshed_at=timezone.now(), member_count=66,
    )  # fmt: skip
    for number in range(66):
        customer = factories.customer(
            f"C{number:05}", name=f"株式会社青空{number:02}", kana=f"アオゾラ{number:02}", owner=staff
        )
        email = "" if number >= 64 else f"p{number}@example.jp"
        Contact.objects.create(
            customer=customer, name="田中 太郎", department="総務部", title="部長", email=email, is_primary=True
        )
        Membership.objects.create(segment=segment, customer=customer, entered_on=today)
        if number < 60:
            Consent.objects.create(
                customer=customer,
                channel=Channel.MAIL,
                address=email,
                state="granted",
                at=timezone.now(),
                source="form",
            )
    return segment


@pytest.fixture
def cs(page: Page, base_url, dormant) -> Page:
    """Signed in by hand as CS staff."""
    page.goto(f"{base_url}/sign-in/?next=/campaigns/")
    page.get_by_label("メールアドレス").fill("hanako@modoru.example.jp")
    page.get_by_label("パスワード").fill(PASSWORD)
    page.get_by_role("button", name="ログイン").click()
    return page


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """What the browser's console says, a breach of the content policy among it; not that a form was refused (422)."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    return said


def faults_said(complaints: list[str]) -> list[str]:
    return [text for text in complaints if "422 (Unprocessable Entity)" not in text]


@pytest.fixture
def mail_server(smtp_sink, monkeypatch):
    """Test mails leave from the web process, the campaign's from the worker: both to the sink."""
    monkeypatch.setattr(settings, "EMAIL_HOST", "127.0.0.1")
    monkeypatch.setattr(settings, "EMAIL_PORT", smtp_sink.port)
    return smtp_sink


def test_win_back_from_the_segment_to_the_result(cs, base_url, mail_server, celery_worker_process, complaints):
    celery_worker_process(EMAIL_URL=mail_server.url)
    _compose(cs, base_url)
    _check(cs, mail_server)
    _launch(cs)
    _follow(cs, mail_server)
    _see_the_result(cs)
    assert faults_said(complaints) == []


def _compose(page: Page, base_url: str) -> None:
    """From the segment to the playbook to a draft, one error on the way."""
    page.goto(f"{base_url}/segments/dormant/")
    page.get_by_role("link", name="このセグメントで施策を作る").click()
    page.get_by_role("link", name="掘り起こし").click()
    expect(page.get_by_role("combobox", name="セグメント")).to_have_value(str(Segment.objects.get().pk))
    page.get_by_role("textbox", name="施策名").fill("秋の掘り起こし")
    page.get_by_role("textbox", name="ボタンのリンク先").fill("https://shop.example.jp/")
    page.get_by_role("textbox", name="特典").fill("")
    page.get_by_role("button", name="下書きを作って確認する").click()
    expect(page.get_by_text("この項目は必須です")).to_be_visible()
    expect(page.get_by_role("textbox", name="施策名")).to_have_value("秋の掘り起こし")
    page.get_by_role("textbox", name="特典").fill("送料無料")
    page.get_by_role("button", name="下書きを作って確認する").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("秋の掘り起こし")
    _write(page)


def _write(page: Page) -> None:
    """A block is opened, a merge field picked, a block moved; the preview follows, and nothing is lost."""
    page.get_by_role("link", name="書く").click()
    mail = page.frame_locator("iframe")
    expect(mail.locator("body")).to_contain_text("ご優待")
    page.locator("#block-2 summary").click()
    text = page.locator("#b2-text")
    text.fill("{{ 宛名 }}\n\nお元気ですか。")
    page.get_by_role("button", name=re.compile("自社名")).click()
    expect(text).to_have_value(re.compile(r"お元気ですか。\{\{ 自社名 \}\}$"))
    expect(mail.locator("body")).to_contain_text("お元気ですか。株式会社もどる")
    page.get_by_role("button", name="ブロック1を下へ").press("Enter")
    expect(page.locator(".block-kind").first).to_have_text("本文")
    expect(page.locator("#b1-text")).to_have_value(re.compile("お元気ですか。"))
    page.get_by_role("button", name="保存して確認へ").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("秋の掘り起こし")


def _check(page: Page, mail_server) -> None:
    """The mail as three customers read it, the numbers, and a test to oneself."""
    preview = page.locator("#preview")
    expect(preview).to_contain_text("送料無料のご案内")
    page.get_by_role("link", name="名前なし").click()
    expect(preview).to_contain_text("ご担当者様")
    page.get_by_role("link", name="長い社名").click()
    expect(preview).to_contain_text("長谷川 悠之介 様")
    page.get_by_role("searchbox").fill("青空07")
    page.get_by_role("searchbox").press("Enter")
    expect(preview).to_contain_text("株式会社青空07")
    expect(preview).to_contain_text("田中 太郎 様")
    waterfall = page.get_by_role("region", name="送る人と、送らない理由")
    for line in ["対象: 66人", "届け先なし: 2人", "受信の同意なし: 4人", "送る人: 54人"]:
        expect(waterfall.get_by_role("link", name=line)).to_be_visible()
    page.get_by_role("button", name="この内容を自分にテスト送信").click()
    expect(page.get_by_role("status").first).to_contain_text("hanako@modoru.example.jp にテストメールを送りました")
    assert mail_server.wait_for(1)[0].recipients == ("hanako@modoru.example.jp",)


def _launch(page: Page) -> None:
    page.get_by_role("link", name="送信へ進む").click()
    expect(page.get_by_text("54人のお客様に送ります")).to_be_visible()
    page.get_by_role("button", name="送信する").click()
    expect(page.get_by_text("送信を開始しました")).to_be_visible()


def _follow(page: Page, mail_server) -> None:
    """Nobody touches the page: it follows by itself until everything has been sent."""
    expect(page.get_by_role("heading", level=1)).to_contain_text("完了", timeout=PATIENCE)
    expect(page.locator("#state-accepted")).to_have_text("54")
    mails = mail_server.wait_for(55)[1:]
    assert len({mail.recipients for mail in mails}) == 54
    assert {mail.message["Subject"] for mail in mails} == {"ご無沙汰しております。送料無料のご案内"}
    assert Delivery.objects.filter(state="accepted").count() == 54


def _see_the_result(page: Page) -> None:
    """Before its day there are counts only; then the difference in words."""
    campaign = Campaign.objects.get()
    expect(page.get_by_text("結果は")).to_be_visible()
    expect(page.get_by_text("発行54件、利用0件")).to_be_visible()
    page.get_by_role("link", name="対照群(今回は送らない方): 6人").click()
    expect(page.get_by_role("row")).to_have_count(7)
    Campaign.objects.update(launched_at=campaign.launched_at - dt.timedelta(days=31))
    bought = Delivery.objects.filter(state="accepted").values_list("customer", flat=True)[:27]
    for pk in bought:
        day = timezone.now().date() - dt.timedelta(days=20)
        factories.purchase(Customer.objects.get(pk=pk), day)
    assert Purchase.objects.count() == 27
    page.goto(page.url.split("behind")[0])
    expect(page.get_by_text("差 +50.0pt")).to_be_visible()


@pytest.fixture
def draft(dormant, staff) -> Campaign:
    made = Campaign.objects.create(name="冬の掘り起こし", segment=dormant, created_by=staff)
    Step.objects.create(campaign=made, subject="ご無沙汰しております", body="{{ 宛名 }}\n\nお元気ですか。{{ 特典 }}")
    Offer.objects.create(campaign=made, text="送料無料")
    return made


@pytest.fixture
def running(draft, staff) -> Campaign:
    """Launched and planned; a few sent, one refused, one in doubt, one domain that refuses us."""
    now = timezone.now()
    audience.launch(campaign=draft, by=staff, now=now)
    audience.plan_due(now=now)
    ids = list(draft.deliveries.filter(state="pending").values_list("pk", flat=True))
    draft.deliveries.filter(pk__in=ids[:30]).update(state="accepted", settled_at=now)
    draft.deliveries.filter(pk=ids[30]).update(state="failed", reason="rejected", reply="550 5.1.1 No such user")
    draft.deliveries.filter(pk=ids[31]).update(state="unknown", reason="no_answer")
    DomainPause.objects.create(campaign=draft, domain="mobile.example.jp", at=now, reply="550 5.7.1 Refused")
    return draft


def test_the_pages_of_a_draft_have_no_fault_for_axe(cs, base_url, draft, complaints):
    form = "new/?segment=dormant&playbook=win_back"
    behind, step = f"{draft.pk}/behind/no_consent/", f"{draft.pk}/steps/1/"
    for at in ["", "new/", form, f"{draft.pk}/", f"{draft.pk}/edit/", step, f"{draft.pk}/launch/", behind]:
        look(cs, f"campaigns-{at.replace('/', '-')}", f"{base_url}/campaigns/{at}")
    assert complaints == []


def test_the_pages_of_a_running_campaign_have_no_fault_for_axe(cs, base_url, running, complaints):
    customer = running.deliveries.filter(state="unknown").get().customer_id
    for at in [
        f"{running.pk}/",
        f"{running.pk}/cancel/",
        f"{running.pk}/deliveries/unknown/",
        f"customers/{customer}/",
    ]:
        look(cs, f"campaigns-{at.replace('/', '-')}", f"{base_url}/campaigns/{at}")
    assert complaints == []


def test_the_progress_moves_by_itself_and_keeps_the_focus(cs, base_url, running):
    cs.goto(f"{base_url}/campaigns/{running.pk}/")
    cs.locator("#progress-again").focus()
    expect(cs.locator("#state-accepted")).to_have_text("30")
    waiting = running.deliveries.filter(state="pending").values("pk")[:5]
    running.deliveries.filter(pk__in=waiting).update(state="accepted")
    expect(cs.locator("#state-accepted")).to_have_text("35")
    expect(cs.locator("#progress-again")).to_be_focused()


def test_a_merge_field_goes_where_the_cursor_is_by_keyboard(cs, base_url, draft):
    cs.goto(f"{base_url}/campaigns/{draft.pk}/steps/1/")
    subject = cs.get_by_role("textbox", name="件名")
    subject.focus()
    subject.press("Home")
    cs.locator("[data-insert]").first.press("Enter")
    expect(subject).to_have_value(re.compile(r"^\{\{ .* \}\}ご無沙汰しております$"))
    expect(subject).to_be_focused()


def test_a_campaign_is_made_and_launched_without_script(browser, cs, base_url, draft):
    context = browser.new_context(java_script_enabled=False, locale="ja-JP", storage_state=cs.context.storage_state())
    page = context.new_page()
    page.goto(f"{base_url}/campaigns/{draft.pk}/steps/1/")
    expect(page.get_by_text("{{ 宛名 }}").last).to_be_visible()
    page.get_by_label("追加するブロック").select_option("divider")
    page.get_by_role("button", name="ブロックを追加").click()
    expect(page.locator(".block-kind")).to_have_text(["区切り線"])
    page.get_by_role("button", name="ブロック1を削除").click()
    expect(page.get_by_role("textbox", name="本文")).to_have_value(re.compile("お元気ですか"))
    page.goto(f"{base_url}/campaigns/{draft.pk}/edit/")
    page.get_by_role("textbox", name="施策名").fill("スクリプトなしの施策")
    page.get_by_role("button", name="下書きを保存して確認へ").click()
    page.get_by_role("link", name="長い社名").click()
    expect(page.locator("#preview")).to_contain_text("長谷川")
    page.get_by_role("link", name="送信へ進む").click()
    page.get_by_role("button", name="送信する").click()
    expect(page.get_by_text("送り先を確定しています")).to_be_visible()
    audience.plan_due(now=timezone.now())
    page.get_by_role("link", name="表示を更新").click()
    expect(page.get_by_text("0 / 54")).to_be_visible()
    context.close()
