"""Who got it, who did not, and why: filters, names, files, doubts settled by a person, and sending again."""

import pytest
from django.test import Client

from accounts.models import AuditEvent, User
from campaigns import settling, who_got_it
from campaigns.models import Campaign, Delivery
from campaigns.states import CampaignError
from tests.campaigns.events import invite

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(campaign, person) -> Campaign:
    """Two accepted, one failed, one refused, one nobody knows of."""
    states = ["accepted", "accepted", "failed", "suppressed", "unknown"]
    for number, state in enumerate(states):
        reason = {"failed": "rejected", "suppressed": "refused"}.get(state, "")
        invite(campaign, person(number, name=f"受取人 {number}"), state=state, reason=reason)
    Campaign.objects.update(state="finished", planned_to=5, launched_at="2026-11-01T00:00:00Z")
    return campaign


@pytest.fixture
def client(staff) -> Client:
    made = Client()
    made.force_login(staff)
    return made


def found(campaign: Campaign, **params: str) -> list[str]:
    return [row.customer.name[-1] for row in who_got_it.page(campaign, params).rows]


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, "01234"),
        ({"state": "accepted"}, "01"),
        ({"reason": "refused"}, "3"),
        ({"channel": "mail"}, "01234"),
        ({"channel": "line"}, ""),
        ({"step": "1"}, "01234"),
        ({"step": "2"}, ""),
        ({"q": "受取人 2"}, "2"),
        ({"q": "C00001"}, "1"),
        ({"q": "P4@example.jp"}, "4"),
        ({"q": "受取人", "state": "failed"}, "2"),
        ({"state": "x", "step": "²", "channel": "x"}, "01234"),
    ],
)
def test_filters_and_names(sent, params, expected):
    assert found(sent, **params) == list(expected)


def test_counts_stand_at_each_filter(sent):
    counts = who_got_it.counts(sent)
    assert [(code, n) for code, _words, n in counts["states"]] == [
        ("accepted", 2), ("failed", 1), ("suppressed", 1), ("unknown", 1),
    ]  # fmt: skip
    assert [(code, n) for code, _words, n in counts["reasons"]] == [("refused", 1), ("rejected", 1)]


def test_the_page_its_parts_and_its_short_address(sent, client):
    address = f"/campaigns/{sent.pk}/ledger/"
    page = client.get(address).content.decode()
    assert "受取人 4" in page
    assert "届いていなかった" in page
    part = client.get(f"{address}?state=failed", headers={"HX-Request": "true", "HX-Target": "rows"}).content.decode()
    assert "受取人 2" in part
    assert "<html" not in part
    assert client.get(f"/campaigns/{sent.pk}/deliveries/failed/").url == f"{address}?state=failed"
    assert client.get(f"/campaigns/{sent.pk}/deliveries/nonsense/").status_code == 404
    assert "条件に合うものはありません" in client.get(f"{address}?q=だれも").content.decode()


def test_a_campaign_not_yet_sent_says_so(campaign, client):
    assert "まだ記録がありません" in client.get(f"/campaigns/{campaign.pk}/ledger/").content.decode()


def test_the_rows_wanted_are_taken_along_by_leaders_and_recorded(sent, client):
    address = f"/campaigns/{sent.pk}/ledger/export/?state=failed"
    assert client.post(address).status_code == 403
    User.objects.update(role="manager")
    lines = b"".join(client.post(address, {"form": "csv"}).streaming_content).decode().splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("C00002,受取人 2,,mail,p2@example.jp,1,failed,rejected,")
    assert AuditEvent.objects.filter(action="ledger.export").count() == 1


def test_a_person_settles_what_nobody_knew_once(sent, client):
    doubt = Delivery.objects.get(state="unknown")
    address = f"/campaigns/{sent.pk}/ledger/{doubt.pk}/settle/"
    assert "結果不明から外れました" in client.post(address, {"arrived": "no"}, follow=True).content.decode()
    doubt.refresh_from_db()
    assert doubt.state == "failed"
    client.post(address, {"arrived": "yes"})
    doubt.refresh_from_db()
    assert doubt.state == "failed"


def test_only_whom_it_did_not_reach_gets_it_again_after_a_question(sent, client, monkeypatch):
    asked = []
    monkeypatch.setattr(settling, "resend", lambda **given: asked.append(given["campaign"]) or 1)
    address = f"/campaigns/{sent.pk}/resend/"
    assert "1通を再送します" in client.get(address).content.decode()
    assert asked == []
    assert "1通を再送します" in client.post(address, follow=True).content.decode()
    assert asked == [sent]
    Delivery.objects.filter(state="failed").delete()
    assert "再送の対象はありません" in client.get(address).content.decode()


def test_what_forbids_sending_again_is_said(sent, client, monkeypatch):
    def refuse(**_given):
        raise CampaignError("送れません")

    monkeypatch.setattr(settling, "resend", refuse)
    assert "送れません" in client.post(f"/campaigns/{sent.pk}/resend/", follow=True).content.decode()


def test_the_names_behind_a_line_page_by_keyset_before_and_after_planning(campaign, client, person):
    for number in range(53):
        person(number, name=f"{number:02}さん", sort_key=f"{number:02}")
    address = f"/campaigns/{campaign.pk}/behind/will_receive/"
    first = client.get(address).content.decode()
    assert "49さん" in first
    assert "50さん" not in first
    Campaign.objects.filter(pk=campaign.pk).update(planned_to=53)
    for who in campaign.segment.memberships.order_by("customer"):
        invite(campaign, who.customer)
    after = client.get(address).content.decode()
    assert "49さん" in after
    assert 'rel="next"' in after
    assert client.get(f"/campaigns/{campaign.pk}/behind/nonsense/").status_code == 404
