"""Links and picture of a mail: looked up, written down, and nothing else."""

import datetime as dt

import pytest
from django.test import Client

from campaigns import links
from campaigns.models import Campaign, Delivery, Report
from customers import consent
from customers.models import Consent, Event, Suppression
from tests.portal.test_unsubscribe import TOKEN, delivery  # noqa: F401  the fixture

pytestmark = pytest.mark.django_db
SHOP = "https://shop.example.jp/back?a=1&b=2"
BROWSER = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
AT = dt.datetime(2026, 11, 1, 3, 0, tzinfo=dt.UTC)


@pytest.fixture
def sent(delivery) -> Delivery:  # noqa: F811
    links.register(delivery.step, "", [SHOP])
    Delivery.objects.update(sending_at=AT)
    return delivery


@pytest.fixture
def stranger() -> Client:
    return Client(enforce_csrf_checks=True, headers={"User-Agent": BROWSER})


def test_a_link_leads_to_where_it_was_written(sent, stranger):
    answer = stranger.get(f"/c/{TOKEN}/1/")
    assert (answer.status_code, answer["Location"]) == (302, SHOP)
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "no-store" in answer["Cache-Control"]
    report = Report.objects.get()
    assert (report.kind, report.link, report.is_machine, report.delivery) == ("clicked", 1, False, sent)


@pytest.mark.parametrize(("method", "agent"), [("head", BROWSER), ("get", "Mozilla/5.0"), ("get", "python-requests/2")])
def test_scanners_get_there_too_and_are_marked(sent, stranger, method, agent):
    answer = getattr(stranger, method)(f"/c/{TOKEN}/1/", headers={"User-Agent": agent})
    assert answer.status_code == 302
    assert Report.objects.get().is_machine


def test_nothing_that_matters_changes_by_looking(sent, stranger):
    def state() -> tuple:
        return (
            list(Delivery.objects.values()),
            list(Consent.objects.values()),
            list(Suppression.objects.values()),
            list(Event.objects.values()),
        )

    before = state()
    for address in (f"/c/{TOKEN}/1/", f"/c/{TOKEN}/0/", f"/o/{TOKEN}.gif", f"/u/{TOKEN}/"):
        for method in ("get", "head", "options", "get"):
            getattr(stranger, method)(address, headers={"User-Agent": "Barracuda"})
    assert state() == before
    assert set(Report.objects.values_list("is_machine", flat=True)) == {True}


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_other_methods_are_refused(sent, stranger, method):
    assert getattr(stranger, method)(f"/c/{TOKEN}/1/").status_code in {403, 405}
    assert not Report.objects.exists()


@pytest.mark.parametrize(
    "address", [f"/c/{'x' * 43}/1/", f"/c/{TOKEN}/2/", f"/c/{TOKEN[:-1]}/1/", f"/c/{TOKEN}/0/", "/c/%00/1/", "/c/あ/1/"]
)
def test_what_is_unknown_and_the_trap_get_the_same_page(sent, stranger, address):
    answer = stranger.get(address)
    assert answer.status_code == 404
    assert "このリンクは開けません" in answer.content.decode()
    assert not Report.objects.filter(is_machine=False).exists()


@pytest.mark.parametrize(
    "trick", ["?url=https://evil.example", "?next=//evil.example", "#https://evil.example", "?1=https://evil.example"]
)
def test_nothing_in_the_address_leads_elsewhere(sent, stranger, trick):
    assert stranger.get(f"/c/{TOKEN}/1/{trick}", headers={"Host": "localhost"})["Location"] == SHOP


def test_the_picture_is_the_same_for_every_token(sent, stranger):
    known, unknown = stranger.get(f"/o/{TOKEN}.gif"), stranger.get(f"/o/{'x' * 43}.gif")
    assert known.content == unknown.content
    assert known["Content-Type"] == unknown["Content-Type"] == "image/gif"
    assert "no-store" in known["Cache-Control"]
    assert Report.objects.get().kind == "opened"


def test_a_business_notice_is_not_tracked(sent, stranger):
    Campaign.objects.update(message_class="business")
    stranger.get(f"/o/{TOKEN}.gif")
    assert stranger.get(f"/c/{TOKEN}/1/")["Location"] == SHOP
    assert not Report.objects.exists()


def test_no_link_fills_the_table(sent, stranger, monkeypatch):
    monkeypatch.setattr("campaigns.visits.MOST", 1)
    for address in (f"/c/{TOKEN}/1/", f"/o/{TOKEN}.gif", f"/c/{TOKEN}/1/"):
        stranger.get(address)
    assert Report.objects.count() == 1


def test_after_an_erasure_its_links_lead_nowhere(sent, stranger):
    Delivery.objects.update(address="")
    assert stranger.get(f"/c/{TOKEN}/1/").status_code == 404
    assert consent.standing(channel="mail", address="a@example.jp").is_mailable
