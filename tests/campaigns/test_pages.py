"""Campaigns in the browser, as requests: who may, what GET leaves alone, what stands on the pages."""

import datetime as dt
import re

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent, Role, User
from campaigns import audience, listing, states
from campaigns.models import Campaign, Coupon, Delivery, DomainPause, Enrollment, Exclusion, Offer, Step
from campaigns.results import results
from customers import consent
from customers.models import Channel, Customer
from segments.models import Segment
from tests import factories

from .conftest import NOW, TODAY

State = Campaign.State


@pytest.fixture(autouse=True)
def _clock_stands_still():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture(autouse=True)
def woken(monkeypatch) -> list:
    """How often a worker was asked to look (tasks.wake); nobody listens here."""
    calls: list = []
    monkeypatch.setattr("campaigns.tasks.wake", lambda: calls.append(1))
    return calls


@pytest.fixture
def cs(client: Client, staff, installation) -> Client:
    """Signed in as CS staff."""
    client.force_login(staff, backend="accounts.backends.StaffBackend")
    return client


def page(cs: Client, name: str, *args, query: str = "", **headers) -> str:
    answer = cs.get(reverse(f"campaigns:{name}", args=args) + query, headers=headers)
    assert answer.status_code == 200, answer
    return answer.content.decode()


def words(html: str) -> str:
    """What can be read, in one line."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html))


def typed(campaign: Campaign | None = None, **changes) -> dict:
    """The form as someone fills it in."""
    segment = campaign.segment if campaign else Segment.objects.get()
    return {
        "name": "秋の掘り起こし",
        "segment": segment.pk,
        "message_class": "promotion",
        "goal": "purchase",
        "offer_text": "10%割引",
        "expires_on": "2026-12-20",
        "code_prefix": "back-",
        "holdout_percent": 10,
        "window_days": 30,
        "expected_effect": "2.0",
        "cost": "",
        "version": campaign.version if campaign else "",
        **changes,
    }


# --- who may ------------------------------------------------------------------------------------

PAGES = ["list", "new", "detail", "edit", "step", "mail", "launch", "behind", "ledger"]


def address(name: str, campaign: Campaign) -> str:
    more = {"behind": ["matched"], "step": [1], "mail": [1]}
    args = [] if name in {"list", "new"} else [campaign.pk, *more.get(name, [])]
    return reverse(f"campaigns:{name}", args=args)


@pytest.mark.parametrize("role", Role.values)
@pytest.mark.parametrize("name", PAGES)
def test_every_role_gets_every_page(client, campaign, role, name):
    user = User.objects.create_user(f"{role}-staff@example.jp", name="社員", role=role)
    client.force_login(user, backend="accounts.backends.StaffBackend")
    assert client.get(address(name, campaign)).status_code == 200


@pytest.mark.parametrize("name", PAGES)
def test_nobody_gets_a_page_without_signing_in(client, campaign, name):
    answer = client.get(address(name, campaign))
    assert answer.status_code == 302
    assert answer.url.startswith("/sign-in/")


def test_a_campaign_that_is_not_there_is_not_found(cs, campaign):
    assert cs.get("/campaigns/999999/").status_code == 404
    assert cs.get(f"/campaigns/{campaign.pk}/explode/").status_code == 404
    assert cs.get(f"/campaigns/{campaign.pk}/behind/nonsense/").status_code == 404
    assert cs.get(f"/campaigns/{campaign.pk}/deliveries/nonsense/").status_code == 404


@pytest.mark.parametrize("name", ["test", "links", "exclude", "readmit"])
def test_what_changes_something_answers_only_to_post(cs, campaign, person, name):
    target = campaign.pk if name in {"test", "links"} else person(1).pk
    assert cs.get(reverse(f"campaigns:{name}", args=[target])).status_code == 405


def test_looking_at_every_page_changes_nothing(cs, campaign, person):
    person(1)
    before = list(Campaign.objects.values()), list(Step.objects.values()), AuditEvent.objects.count()
    for name in PAGES:
        cs.get(address(name, campaign))
    for act in ("pause", "resume", "cancel", "unschedule", "discard"):
        assert cs.get(reverse("campaigns:change", args=[campaign.pk, act])).status_code == 200
    assert (list(Campaign.objects.values()), list(Step.objects.values()), AuditEvent.objects.count()) == before
    assert not Delivery.objects.exists()


# --- the list -----------------------------------------------------------------------------------


def test_an_empty_list_says_what_to_do(cs):
    assert "施策はまだありません" in page(cs, "list")


def test_the_list_shows_state_audience_and_what_was_sent(cs, campaign, person, staff):
    for number in range(20):
        person(number)
    campaign.holdout_percent = 10
    campaign.save()
    audience.launch(campaign=campaign, by=staff, now=NOW)
    audience.plan_due(now=NOW)
    Delivery.objects.filter(state="pending").update(state="accepted")
    row = words(page(cs, "list")).split("掘り起こし", 1)[1]
    assert re.search(r"実行中 20 18 2 2026/11/20 10:00 .*2026/12/20", row), row


def test_the_list_filters_by_state(cs, campaign, segment, staff):
    Campaign.objects.create(name="止めた施策", segment=segment, created_by=staff, state=State.CANCELLED)
    html = page(cs, "list", query="?state=cancelled")
    assert "止めた施策" in html
    assert f"/campaigns/{campaign.pk}/" not in html
    assert "条件に合う施策はありません" in page(cs, "list", query="?state=finished")


def test_the_list_pages_by_keyset_in_both_directions(cs, segment, staff):
    for number in range(45):
        Campaign.objects.create(name=f"施策{number:02}", segment=segment, created_by=staff)

    def shown(html: str) -> list[str]:
        return re.findall(r">施策(\d\d)<", html)

    def way(html: str, rel: str) -> str:
        return re.search(rf'rel="{rel}" href="([^"]*)"', html)[1].replace("&amp;", "&")

    first = page(cs, "list")
    second = page(cs, "list", query=way(first, "next"))
    third = page(cs, "list", query=way(second, "next"))
    assert shown(first) == [f"{n:02}" for n in range(44, 24, -1)]
    assert shown(second) == [f"{n:02}" for n in range(24, 4, -1)]
    assert shown(third) == ["04", "03", "02", "01", "00"]
    assert 'rel="prev"' not in first
    assert 'rel="next"' not in third
    assert shown(page(cs, "list", query=way(third, "prev"))) == shown(second)
    back = page(cs, "list", query=way(second, "prev"))
    assert shown(back) == shown(first)
    assert 'rel="prev"' not in back


def test_the_list_alone_goes_to_htmx(cs, campaign):
    html = page(cs, "list", **{"HX-Request": "true"})
    assert "<html" not in html
    assert campaign.name in html


def test_the_list_asks_the_same_number_of_questions_for_one_campaign_and_for_twenty(
    cs, segment, staff, django_assert_max_num_queries
):
    for _number in range(20):
        over(segment, staff)
    with django_assert_max_num_queries(11):
        page(cs, "list")


def over(segment: Segment, staff: User, name: str = "春の施策") -> Campaign:
    """A campaign whose window of 30 days ended yesterday: 20 received it, 10 of them bought; of 20 held out none."""
    launched_at = NOW - dt.timedelta(days=30)
    made = Campaign.objects.create(
        name=name, segment=segment, created_by=staff, state=State.FINISHED, launched_at=launched_at, planned_to=40,
        base_rate=0.25,
    )  # fmt: skip
    step = Step.objects.create(campaign=made, subject="件名", body="本文")
    for number in range(40):
        arm = "treated" if number < 20 else "held_out"
        customer = factories.customer(name=f"買い手{number}")
        Enrollment.objects.create(campaign=made, customer=customer, arm=arm, enrolled_at=launched_at)
        Delivery.objects.create(
            campaign=made, step=step, customer=customer, channel="mail", address=f"b{number}@example.jp",
            state="accepted" if number < 20 else "held_out", token=f"{made.pk}-{number}", planned_at=launched_at,
            due_at=launched_at,
        )  # fmt: skip
        if number < 10:
            factories.purchase(customer, "2026-11-01")
    return made


def test_the_result_on_the_list_is_the_one_on_the_page_of_the_campaign(cs, segment, staff):
    made = over(segment, staff)
    row = listing.page({}, now=NOW).rows[0]
    assert row.judgement == results(made, now=NOW).judgement
    assert row.judgement.uplift.value == 0.5
    assert "+50.0pt" in page(cs, "list")


def test_the_list_gives_no_result_on_the_last_day_of_the_window(segment, staff):
    over(segment, staff)
    row = listing.page({}, now=NOW - dt.timedelta(days=1)).rows[0]
    assert row.judgement is None


# --- the form -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "", "この項目は必須です。"),
        ("offer_text", "", "本文または件名が特典に触れています"),
        ("expires_on", "2026-11-19", "この日は過ぎています"),
        ("code_prefix", "復活", "半角の英大文字"),
        ("value", "101", "100%以下"),
        ("holdout_percent", "51", "0〜50"),
        ("window_days", "0", "1〜365"),
        ("expected_effect", "0", "0より大きく100以下"),
    ],
)
def test_an_error_stands_at_its_field_and_nothing_typed_is_lost(cs, campaign, field, value, sentence):
    answer = cs.post(
        f"/campaigns/{campaign.pk}/edit/", typed(campaign, **{"name": "別名", "kind": "percent", field: value})
    )
    html = answer.content.decode()
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert sentence in words(html)
    assert value in html
    assert Campaign.objects.get().name == "掘り起こし"


def test_the_day_an_offer_ends_is_asked_where_the_text_names_it(cs, campaign):
    Step.objects.update(body="{{ 有効期限 }}まで")
    answer = cs.post(f"/campaigns/{campaign.pk}/edit/", typed(campaign, expires_on=""))
    assert list(answer.context["form"].errors) == ["expires_on"]


def test_a_business_notice_may_not_carry_an_offer(cs, campaign):
    answer = cs.post(f"/campaigns/{campaign.pk}/edit/", typed(campaign, message_class="business"))
    assert list(answer.context["form"].errors) == ["message_class"]


def test_a_campaign_without_an_offer_keeps_none(cs, campaign):
    Step.objects.update(subject="ご案内", body="{{ 宛名 }}")
    cs.post(f"/campaigns/{campaign.pk}/edit/", typed(campaign, offer_text="", expires_on="", code_prefix=""))
    assert not Offer.objects.exists()


def test_a_draft_is_changed_and_its_words_are_not(cs, campaign):
    cs.post(f"/campaigns/{campaign.pk}/edit/", typed(campaign, kind="percent", value="10", is_for_new="on"))
    campaign.refresh_from_db()
    assert (campaign.name, campaign.version, campaign.offer.expires_on) == ("秋の掘り起こし", 2, dt.date(2026, 12, 20))
    assert (campaign.offer.kind, campaign.offer.value, campaign.offer.is_for_new) == ("percent", 10, True)
    assert "https://shop.example.jp/back" in campaign.steps.get().body


def test_what_someone_else_saved_meanwhile_is_not_overwritten_unseen(cs, campaign):
    mine = typed(campaign, name="私の版")
    cs.post(f"/campaigns/{campaign.pk}/edit/", typed(campaign, name="同僚の版"))
    answer = cs.post(f"/campaigns/{campaign.pk}/edit/", mine)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "ほかの方がこの施策を保存しました" in html
    assert "私の版" in html
    campaign.refresh_from_db()
    assert campaign.name == "同僚の版"
    cs.post(f"/campaigns/{campaign.pk}/edit/", mine | {"version": answer.context["form"].data["version"]})
    campaign.refresh_from_db()
    assert campaign.name == "私の版"


def test_what_is_launched_is_no_longer_changed(cs, campaign, person, staff):
    person(1)
    audience.launch(campaign=campaign, by=staff, now=NOW)
    assert cs.get(f"/campaigns/{campaign.pk}/edit/").status_code == 302
    assert cs.post(f"/campaigns/{campaign.pk}/edit/", typed(campaign)).status_code == 302
    campaign.refresh_from_db()
    assert campaign.name == "掘り起こし"


# --- preview and audience -----------------------------------------------------------------------


def test_the_preview_shows_the_mail_as_a_customer_reads_it(cs, campaign, person):
    person(1, name="青山 花子")
    html = page(cs, "detail", campaign.pk)
    assert "青山様へ、お久しぶりです" in html
    assert "青山 花子 様" in html
    assert "<script" not in html.split('id="preview"')[1].split("</section>")[0]


def test_html_in_a_name_stays_text(cs, campaign, person):
    person(1, name="<img src=x onerror=alert(1)> 花子")
    assert "<img src=x" not in page(cs, "detail", campaign.pk)


def test_the_preview_finds_a_customer_by_name_or_code(cs, campaign, person):
    person(1, name="青山 花子")
    person(2, name="赤坂 太郎")
    assert "赤坂様へ" in page(cs, "detail", campaign.pk, query="?q=赤坂")
    assert "赤坂様へ" in page(cs, "detail", campaign.pk, query="?q=c00002")
    assert "「黒田」に合う方は、この対象にいません" in words(page(cs, "detail", campaign.pk, query="?q=黒田"))
    found = Customer.objects.get(code="C00002")
    assert "赤坂様へ" in page(cs, "detail", campaign.pk, query=f"?customer={found.pk}")


def test_the_preview_says_who_gets_no_mail_and_why(cs, campaign):
    html = page(cs, "detail", campaign.pk, query="?persona=no_name")
    assert "この方には送られません" in html
    assert "名前なし" in html
    assert "長い社名" in html


def test_the_preview_alone_goes_to_htmx(cs, campaign, person):
    person(1)
    headers = {"HX-Request": "true", "HX-Target": "preview"}
    html = page(cs, "detail", campaign.pk, query="?persona=long_company", **headers)
    assert html.strip().startswith("<section")
    assert "長谷川" in html


def test_the_waterfall_on_the_page_is_the_domains(cs, campaign, person):
    """3 will receive it, 1 has no address, 2 have not agreed, 1 refused, 1 is excluded: 8 of 8."""
    person(1)
    person(2)
    person(3)
    person(4, email="")
    person(5, agreed=False)
    person(6, agreed=False)
    refused, excluded = person(7), person(8)
    consent.withdraw(customer=refused, channel=Channel.MAIL, address="p7@example.jp", at=NOW, source="phone")
    audience.exclude(customer=excluded, reason="dispute", by=campaign.created_by, now=NOW)
    html = page(cs, "detail", campaign.pk)
    lines = dict(re.findall(r'behind/(\w+)/" aria-label="[^"]*">(\d+)人<', html))
    expected = {
        "matched": "8",
        "no_address": "1",
        "no_consent": "2",
        "refused": "1",
        "excluded": "1",
        "will_receive": "3",
    }
    assert lines == expected
    domain = audience.waterfall(campaign, as_of=TODAY)
    assert {line.code: str(line.count) for line in domain.lines if line.count} == expected


def test_behind_each_line_stand_the_names(cs, campaign, person):
    person(1, name="届く 人")
    person(2, name="同意の ない人", agreed=False)
    assert "同意の ない人" in page(cs, "behind", campaign.pk, "no_consent")
    assert "届く 人" not in page(cs, "behind", campaign.pk, "no_consent")
    assert "届く 人" in page(cs, "behind", campaign.pk, "will_receive")
    assert "該当する方はいません" in page(cs, "behind", campaign.pk, "bounced")


def test_names_are_paged(cs, campaign, person):
    for number in range(51):
        person(number)
    first = page(cs, "behind", campaign.pk, "matched")
    way = re.search(r'rel="next" href="([^"]*)"', first)[1]
    assert "全51件中 1件を表示" in words(page(cs, "behind", campaign.pk, "matched", query=way))


def test_the_page_says_what_the_audience_can_show(cs, campaign, person):
    person(1)
    campaign.holdout_percent = 10
    campaign.save()
    assert "人数が少なく効果は測れません" in page(cs, "detail", campaign.pk)


def test_what_the_law_asks_and_is_missing_is_said_in_words(cs, campaign, person):
    person(1)
    factories.configure(sender_address="")
    html = page(cs, "detail", campaign.pk)
    assert "送信者の住所" in html
    launch = page(cs, "launch", campaign.pk)
    assert "送信者の住所" in launch
    assert 'name="when"' not in launch


def test_the_page_of_a_draft_asks_the_same_few_questions_for_any_audience(
    cs, campaign, person, django_assert_max_num_queries
):
    for number in range(30):
        person(number)
    with django_assert_max_num_queries(42):
        page(cs, "detail", campaign.pk)


# --- test mail, launch --------------------------------------------------------------------------


def test_a_test_goes_to_oneself_as_the_customer_chosen(cs, campaign, person, mail_server):
    customer = person(1, name="青山 花子")
    answer = cs.post(f"/campaigns/{campaign.pk}/test/", {"customer": customer.pk}, follow=True)
    mail = mail_server.wait_for(1)[0]
    assert mail.recipients == ("sato@modoru.example.jp",)
    assert "青山様へ" in mail.message["Subject"]
    assert "sato@modoru.example.jp にテストメールを送りました" in answer.content.decode()
    assert not Delivery.objects.exists()


def test_a_test_that_fails_says_why(cs, campaign):
    answer = cs.post(f"/campaigns/{campaign.pk}/test/", {"persona": "no_name"}, follow=True)
    assert "「姓」" in words(answer.content.decode())


def launch(cs: Client, campaign: Campaign, **changes):
    data = {"when": "now", "day": "", "time": "", "version": campaign.version, **changes}
    return cs.post(f"/campaigns/{campaign.pk}/launch/", data)


def test_before_the_launch_the_page_says_how_many_get_it(cs, campaign, person):
    for number in range(20):
        person(number)
    campaign.holdout_percent = 10
    campaign.save()
    text = words(page(cs, "launch", campaign.pk))
    assert "18人のお客様に送ります" in text
    assert "2人" in text
    assert "2026/12/20" in text


@pytest.mark.django_db(transaction=True)
def test_the_launch_starts_it_and_wakes_a_worker(cs, campaign, person, staff, woken):
    person(1)
    answer = launch(cs, campaign)
    campaign.refresh_from_db()
    assert answer.url == f"/campaigns/{campaign.pk}/"
    assert (campaign.state, campaign.launched_by) == (State.RUNNING, staff)
    assert woken == [1]


def test_a_campaign_is_planned_for_a_time_of_the_company(cs, campaign, person):
    person(1)
    launch(cs, campaign, when="later", day="2026-11-24", time="09:30")
    campaign.refresh_from_db()
    assert campaign.state == State.SCHEDULED
    assert campaign.scheduled_at == dt.datetime(2026, 11, 24, 0, 30, tzinfo=dt.UTC)
    assert "2026/11/24 09:30" in page(cs, "detail", campaign.pk)


def test_a_set_time_needs_day_and_time(cs, campaign, person):
    person(1)
    answer = launch(cs, campaign, when="later")
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"day", "time"}


def test_a_time_in_the_past_is_refused_in_words(cs, campaign, person):
    person(1)
    answer = launch(cs, campaign, when="later", day="2026-11-19", time="09:30")
    assert answer.status_code == 422
    assert "過去" in answer.content.decode()


def test_what_was_changed_since_it_was_looked_at_is_not_sent(cs, campaign, person):
    person(1)
    answer = launch(cs, campaign, version=campaign.version + 1)
    assert answer.status_code == 422
    campaign.refresh_from_db()
    assert campaign.state == State.DRAFT


def test_a_stale_segment_is_not_sent_to(cs, campaign, person, segment):
    person(1)
    Segment.objects.update(as_of=TODAY - dt.timedelta(days=1))
    launch(cs, campaign)
    campaign.refresh_from_db()
    assert campaign.state == State.DRAFT


def test_a_launched_campaign_is_not_launched_again(cs, campaign, person):
    person(1)
    launch(cs, campaign)
    assert launch(cs, campaign).status_code == 302
    assert AuditEvent.objects.filter(action="campaign.state").count() == 1


# --- running ------------------------------------------------------------------------------------


@pytest.fixture
def running(campaign, person, staff) -> Campaign:
    """Ten customers, planned, one held out; nothing sent."""
    for number in range(10):
        person(number)
    campaign.holdout_percent = 10
    campaign.save()
    audience.launch(campaign=campaign, by=staff, now=NOW)
    audience.plan_due(now=NOW)
    campaign.refresh_from_db()
    return campaign


def test_progress_is_asked_for_while_it_runs(cs, running):
    running.deliveries.filter(pk__in=running.deliveries.filter(state="pending")[:4]).update(state="accepted")
    html = page(cs, "progress", running.pk, **{"HX-Request": "true"})
    assert 'hx-trigger="every 2s"' in html
    assert "4 / 9" in words(html)


def test_when_it_is_through_the_page_loads_anew(cs, running):
    Campaign.objects.filter(pk=running.pk).update(state=State.FINISHED)
    answer = cs.get(reverse("campaigns:progress", args=[running.pk]), headers={"HX-Request": "true"})
    assert answer.headers["HX-Refresh"] == "true"


def test_progress_without_script_is_the_page(cs, running):
    assert cs.get(reverse("campaigns:progress", args=[running.pk])).url == f"/campaigns/{running.pk}/"
    assert 'id="progress-again"' in page(cs, "detail", running.pk)


def test_before_planning_the_page_says_so(cs, campaign, person, staff):
    person(1)
    audience.launch(campaign=campaign, by=staff, now=NOW)
    assert "送り先を確定しています" in page(cs, "detail", campaign.pk)


@pytest.mark.parametrize(
    ("before", "act", "after"),
    [
        (State.RUNNING, "pause", State.PAUSED),
        (State.PAUSED, "resume", State.RUNNING),
        (State.RUNNING, "cancel", State.CANCELLED),
        (State.SCHEDULED, "unschedule", State.DRAFT),
        (State.DRAFT, "discard", State.CANCELLED),
    ],
)
def test_an_act_is_asked_once_then_done(cs, running, before, act, after):
    Campaign.objects.filter(pk=running.pk).update(state=before)
    assert f"/{act}/" in page(cs, "detail", running.pk)
    page(cs, "change", running.pk, act)
    cs.post(reverse("campaigns:change", args=[running.pk, act]))
    running.refresh_from_db()
    assert running.state == after


def test_an_act_that_does_not_fit_says_why_and_changes_nothing(cs, running):
    answer = cs.post(reverse("campaigns:change", args=[running.pk, "unschedule"]), follow=True)
    assert "alert-danger" in answer.content.decode()
    running.refresh_from_db()
    assert running.state == State.RUNNING


def test_the_unknown_are_listed_with_what_to_do(cs, running):
    running.deliveries.filter(pk=running.deliveries.filter(state="pending").first().pk).update(
        state="unknown", reason="no_answer"
    )
    assert "1通は、届いたかどうかを確かめられません" in words(page(cs, "detail", running.pk))
    listed = page(cs, "ledger", running.pk, query="?state=unknown")
    assert "二重に届く" in listed
    assert "@example.jp" in listed


def test_a_domain_that_refuses_is_named_with_the_way_on(cs, running):
    DomainPause.objects.create(campaign=running, domain="example.jp", at=NOW, reply="550 5.7.1 blocked")
    html = page(cs, "detail", running.pk)
    assert "550 5.7.1 blocked" in html
    cs.post(reverse("campaigns:change", args=[running.pk, "resume"]))
    assert not DomainPause.objects.filter(lifted_at=None).exists()


def test_a_state_without_mails_says_so(cs, running):
    assert "条件に合うものはありません" in page(cs, "ledger", running.pk, query="?state=failed")


# --- results ------------------------------------------------------------------------------------


def test_before_the_window_ends_there_are_counts_and_no_verdict(cs, running):
    text = words(page(cs, "detail", running.pk))
    assert "結果は2026/12/20に出ます" in text
    assert "断言" not in text
    assert "効果がありました" not in text


def test_after_the_window_the_difference_is_said_in_words_with_its_limits(cs, segment, staff):
    """10 of 20 against 0 of 20: +50.0 points, Newcombe's limits +24.7 to +70.1."""
    made = over(segment, staff)
    found = results(made, now=NOW).judgement.uplift
    text = words(page(cs, "detail", made.pk))
    assert f"差 +50.0pt(+{found.low * 100:.1f}〜+{found.high * 100:.1f})。効果がありました。" in text
    assert "購入者100人以上で表示" in text
    assert "50.0%" in text


def test_coupons_are_counted(cs, running):
    Coupon.objects.filter(pk=Coupon.objects.first().pk).update(redeemed_at=NOW)
    assert "発行9件、利用1件" in words(page(cs, "detail", running.pk))


def test_the_numbers_after_sending_are_those_of_the_ledger(cs, running):
    states.cancel(campaign=running, by=running.created_by)
    html = page(cs, "detail", running.pk)
    lines = dict(re.findall(r'behind/(\w+)/" aria-label="[^"]*">(\d+)人<', html))
    assert lines == {"matched": "10", "cancelled": "9", "held_out": "1"}
    assert "<tr><td>" in page(cs, "behind", running.pk, "cancelled").replace("\n", "").replace("  ", "")


# --- on the customer's page ---------------------------------------------------------------------


def test_the_panel_shows_what_a_customer_was_sent(cs, running):
    customer = running.deliveries.filter(state="held_out").get().customer
    html = page(cs, "customer-panel", customer.pk)
    assert "掘り起こし" in html
    assert "<html" in html
    part = page(cs, "customer-panel", customer.pk, **{"HX-Request": "true"})
    assert "<html" not in part
    assert "対照群(今回は送らない方)" in part


def test_a_customer_is_excluded_and_readmitted(cs, person, staff):
    customer = person(1)
    assert "まだ施策の対象になっていません" in page(cs, "customer-panel", customer.pk)
    fields = {"reason": "competitor", "note": "同業他社", "until_on": "2027-03-31"}
    cs.post(reverse("campaigns:exclude", args=[customer.pk]), fields)
    exclusion = Exclusion.objects.get(lifted_at=None)
    assert (exclusion.customer, exclusion.by, exclusion.until_on) == (customer, staff, dt.date(2027, 3, 31))
    text = words(page(cs, "customer-panel", customer.pk))
    assert "配信対象外 : 競合 – 同業他社" in text
    assert "2027/03/31まで" in text
    answer = cs.post(reverse("campaigns:readmit", args=[customer.pk]), headers={"HX-Request": "true"})
    assert "配信対象外にする" in answer.content.decode()
    assert not Exclusion.objects.filter(lifted_at=None).exists()


def test_an_exclusion_without_a_reason_stays_open_with_its_error(cs, person):
    answer = cs.post(reverse("campaigns:exclude", args=[person(1).pk]), {"reason": "", "note": "メモ"})
    assert answer.status_code == 422
    html = answer.content.decode()
    assert "<details open>" in html
    assert "メモ" in html
