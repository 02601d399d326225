"""From a playbook to its draft, and writing its mails: nothing typed is lost, and the preview can do nothing."""

import re

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.models import User
from campaigns import audience
from campaigns.models import Campaign, Step
from segments.models import Segment

from .conftest import NOW

TEXT = {"kind": "text", "text": "本文です"}
BUTTON = {"kind": "button", "label": "開く", "url": "https://shop.example.jp/"}


@pytest.fixture(autouse=True)
def _clock_stands_still():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def cs(client: Client, staff, installation) -> Client:
    client.force_login(staff, backend="accounts.backends.StaffBackend")
    return client


def begin(cs: Client, playbook: str, **changes):
    segment = Segment.objects.get()
    given = {"name": "秋の施策", "segment": segment.pk, "url": "https://shop.example.jp/", **changes}
    return cs.post(f"/campaigns/new/?playbook={playbook}", given)


# --- from a playbook to a draft -----------------------------------------------------------------


def test_a_new_campaign_begins_with_the_choice_of_a_playbook(cs, segment):
    html = cs.get("/campaigns/new/?segment=dormant").content.decode()
    assert "掘り起こし" in html
    assert "?playbook=win_back&amp;segment=dormant" in html


def test_what_is_asked_is_answered_already_in_the_language_of_the_page(cs, segment, staff):
    html = cs.get("/campaigns/new/?playbook=win_back&segment=dormant").content.decode()
    assert 'value="次回ご注文 10%割引"' in html
    assert 'value="2026-12-20"' in html  # thirty days
    assert re.search(rf'<option value="{segment.pk}"\s+selected', html)
    User.objects.filter(pk=staff.pk).update(language="en")
    assert 'value="10% off your next order"' in cs.get("/campaigns/new/?playbook=win_back").content.decode()


def test_three_answers_make_a_finished_draft(cs, segment, staff):
    answer = begin(cs, "win_back", offer="送料無料", expires_on="2026-12-24")
    made = Campaign.objects.get()
    assert answer.url == f"/campaigns/{made.pk}/"
    assert (made.state, made.playbook, made.created_by) == ("draft", "win_back", staff)
    assert (made.offer.text, made.offer.code_prefix, str(made.offer.expires_on)) == ("送料無料", "BACK-", "2026-12-24")
    assert list(made.steps.values_list("position", "wait", "condition")) == [(1, 0, {})]
    assert "https://shop.example.jp/" in str(made.steps.first().blocks)


def test_a_series_comes_with_its_waits_and_conditions(cs, segment):
    begin(cs, "survey", minutes="3分", until="11月末")
    steps = list(Campaign.objects.get().steps.values_list("position", "wait", "condition"))
    assert steps == [(1, 0, {}), (2, 5, {"is": "not_clicked", "step": 1})]


def test_an_event_is_made_with_its_invitation(cs, segment, installation):
    begin(cs, "seminar", title="活用会", starts_at="2026-12-01T14:00", place="オンライン", capacity="40")
    made = Campaign.objects.get()
    assert made.occasion.starts_at.astimezone(installation.zone).isoformat() == "2026-12-01T14:00:00+09:00"
    assert (made.occasion.title, made.occasion.capacity, made.goal) == ("活用会", 40, "rsvp")
    assert [step.wait for step in made.steps.all()] == [0, 12, 0]  # 11 days until then, and the day after


@pytest.mark.parametrize(
    ("playbook", "field", "value"),
    [
        ("win_back", "offer", "{{ 宛名"),
        ("win_back", "expires_on", "2026-11-19"),
        ("win_back", "url", "javascript:alert(1)"),
        ("vip_event", "starts_at", "2026-11-20T14:00"),
        ("vip_event", "capacity", "0"),
    ],
)
def test_an_answer_that_will_not_do_is_said_at_its_place(cs, segment, playbook, field, value):
    given = {
        "offer": "送料無料",
        "expires_on": "2026-12-24",
        "title": "会",
        "starts_at": "2026-12-01T14:00",
        "place": "本社",
    }
    answer = begin(cs, playbook, **(given | {field: value}))
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert not Campaign.objects.exists()


# --- writing ------------------------------------------------------------------------------------


@pytest.fixture
def draft(campaign) -> Campaign:
    Step.objects.update(blocks=[{"kind": "head", "preheader": "前書き", "look": "navy"}, TEXT, BUTTON])
    return campaign


def typed(draft: Campaign, do: str, *blocks: dict, **changes) -> dict:
    """The composer as a browser sends it."""
    found = {"do": do, "version": draft.version, "subject": "件名", "head-preheader": "前書き", "head-look": "navy"}
    for number, block in enumerate(blocks or (TEXT, BUTTON), 1):
        found |= {f"b{number}-{key}": text for key, text in block.items()}
    return found | changes


def post(cs: Client, draft: Campaign, data: dict, query: str = "", **headers):
    return cs.post(reverse("campaigns:step", args=[draft.pk, 1]) + query, data, headers=headers)


def kinds() -> list[str]:
    return [block["kind"] for block in Step.objects.get().blocks]


def test_the_composer_shows_every_block_with_what_is_in_it(cs, draft):
    html = cs.get(reverse("campaigns:step", args=[draft.pk, 1])).content.decode()
    assert 'name="b1-text"' in html
    assert 'value="https://shop.example.jp/"' in html
    assert 'value="前書き"' in html
    assert "{{ 担当者名 | default: &quot;お客様窓口&quot; }}" in html


@pytest.mark.parametrize(
    ("do", "more", "expected"),
    [
        ("up:2", {}, ["head", "button", "text"]),
        ("down:1", {}, ["head", "button", "text"]),
        ("up:1", {}, ["head", "text", "button"]),
        ("copy:1", {}, ["head", "text", "text", "button"]),
        ("remove:1", {}, ["head", "button"]),
        ("remove:9", {}, ["head", "text", "button"]),
        ("add", {"add_kind": "divider"}, ["head", "text", "button", "divider"]),
        ("add", {"add_kind": "script"}, ["head", "text", "button"]),
    ],
)
def test_blocks_move_come_and_go_and_what_is_typed_is_kept(cs, draft, do, more, expected):
    answer = post(cs, draft, typed(draft, do, TEXT | {"text": "書きかけ"}, BUTTON, **more))
    assert answer.status_code == 200
    assert kinds() == expected
    assert ("書きかけ" in answer.content.decode()) == ("text" in expected)
    assert Step.objects.get().subject == "件名"


def test_faults_are_said_at_their_place_and_kept(cs, draft):
    answer = post(cs, draft, typed(draft, "up:1", TEXT | {"text": "{{ 電話 }}"}, BUTTON | {"url": "javascript:x"}))
    html = answer.content.decode()
    assert "「電話」という差し込み項目はありません" in html
    assert "URLは https:// " in html
    assert Step.objects.get().blocks[1]["text"] == "{{ 電話 }}"


def test_saving_leads_to_the_checks(cs, draft):
    assert post(cs, draft, typed(draft, "save")).url == f"/campaigns/{draft.pk}/"


def test_saving_while_one_types_answers_with_the_preview_and_the_new_version(cs, draft, person):
    person(1)
    html = post(cs, draft, typed(draft, "auto"), **{"HX-Request": "true", "HX-Target": "preview"}).content.decode()
    assert html.lstrip().startswith("<section")
    assert 'name="version" value="2"' in html
    assert "hx-swap-oob" in html


def test_someone_elses_work_is_not_overwritten_unseen(cs, draft):
    post(cs, draft, typed(draft, "up:2"))
    answer = post(cs, draft, typed(draft, "up:1", TEXT | {"text": "私の文"}))
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "ほかの方がこの施策を保存しました" in html
    assert "私の文" in html
    assert kinds() == ["head", "button", "text"]
    assert 'name="version" value="2"' in html


def test_a_variant_is_written_apart(cs, draft):
    answer = post(cs, draft, typed(draft, "variant:add"))
    assert answer.url.endswith("?variant=B")
    post(cs, draft, typed(draft, "up:2", version=3), "?variant=B")
    step = Step.objects.get()
    assert [block["kind"] for block in step.variants.get().blocks] == ["head", "button", "text"]
    assert kinds() == ["head", "text", "button"]
    post(cs, draft, typed(draft, "test", version=4, test_percent="20", test_hours="999"), "?variant=B")
    draft.refresh_from_db()
    assert (draft.test_percent, draft.test_hours) == (20, 336)
    post(cs, draft, typed(draft, "variant:remove", version=6), "?variant=B")
    assert not step.variants.exists()
    assert cs.get(reverse("campaigns:step", args=[draft.pk, 1]) + "?variant=B").status_code == 404


def test_what_is_launched_is_written_no_more(cs, campaign, person, staff):
    person(1)
    audience.launch(campaign=campaign, by=staff, now=NOW)
    assert cs.get(reverse("campaigns:step", args=[campaign.pk, 1])).status_code == 302
    assert cs.get(reverse("campaigns:step", args=[campaign.pk, 9])).status_code == 404


# --- the mail in its frame ----------------------------------------------------------------------


def test_the_frame_holds_the_mail_and_can_do_nothing(cs, draft, person):
    person(1, name="<script>alert(1)</script>")
    Step.objects.update(
        blocks=[{"kind": "text", "text": "{{ お名前 }}様"}, {"kind": "image", "url": "https://a.jp/x.png"}]
    )
    answer = cs.get(reverse("campaigns:mail", args=[draft.pk, 1]))
    html = answer.content.decode()
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy.split("; ")
    assert "img-src data:" in policy
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    assert "&lt;script&gt;alert(1)&lt;/script&gt;様" in html
    assert "<script" not in html


@pytest.mark.parametrize(("look", "there"), [("dark", "@media all"), ("light", "@media not all")])
def test_the_frame_shows_the_theme_that_is_asked_for(cs, draft, person, look, there):
    html = cs.get(reverse("campaigns:mail", args=[draft.pk, 1]) + f"?look={look}&persona=no_company").content.decode()
    assert there in html
    assert "prefers-color-scheme" not in html


def test_the_page_shows_the_frame_as_chosen(cs, draft, person):
    person(1)
    html = cs.get(reverse("campaigns:step", args=[draft.pk, 1]) + "?width=phone&look=dark").content.decode()
    frame = re.search(r"<iframe[^>]*>", html)[0]
    assert "mail-phone" in frame
    assert "look=dark" in frame
    assert " sandbox " in frame
