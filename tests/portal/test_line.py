"""The page behind an invitation to LINE, and the code that comes back from there."""

import pytest
from django.urls import reverse
from django.utils import timezone

from campaigns import line_accounts
from customers.models import Contact
from portal import line_news
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def contact() -> Contact:
    customer = factories.customer(name="山田 太郎")
    return customer.contacts.create(name="山田 太郎", is_primary=True)


@pytest.fixture
def code(contact, settings) -> str:
    settings.LINE_ACCOUNT_ID = "@modoru"
    return line_accounts.invite(contact=contact, by=factories.user(), now=timezone.now()).code


def page(client, code: str, **query):
    return client.get(reverse("portal:line", args=[code]), query)


def test_an_open_invitation_shows_the_way_and_tells_nothing_else(client, contact, code):
    answer = page(client, code)
    assert answer.status_code == 200
    assert "https://line.me/R/oaMessage/%40modoru/" in answer.content.decode()
    assert contact.name not in answer.content.decode()
    contact.refresh_from_db()
    assert contact.line_id == ""


def test_who_comes_from_line_goes_back_through_its_own_dialogue(client, code):
    assert "https://access.line.me/dialog/bot/accountLink" in page(client, code, linkToken="abc").content.decode()
    assert "access.line.me" not in page(client, code, linkToken='"><script>').content.decode()


@pytest.mark.parametrize("wrong", ["1-" + "a" * 22, "x"])
def test_any_other_code_is_answered_alike(client, code, wrong):
    assert page(client, wrong).status_code == 404


def test_a_used_one_is_over(client, code):
    line_accounts.take(code=code, line_id="U1", now=timezone.now())
    assert page(client, code).status_code == 404


@pytest.mark.parametrize(
    ("event", "is_joined"),
    [
        ({"type": "message", "message": {"type": "text", "text": "連携: {code}"}}, True),
        ({"type": "accountLink", "link": {"result": "ok", "nonce": "{code}"}}, True),
        ({"type": "accountLink", "link": {"result": "failed", "nonce": "{code}"}}, False),
        ({"type": "message", "message": {"type": "text", "text": "こんにちは"}}, False),
        ({"type": "message", "message": None}, False),
    ],
)
def test_the_code_that_comes_back_joins_the_account(contact, code, event, is_joined):
    for part in event.values():
        if isinstance(part, dict):
            part |= {key: value.replace("{code}", code) for key, value in part.items()}
    news = [{**event, "source": {"type": "user", "userId": "U1"}}]
    assert line_news.take_in(news, now=timezone.now()) == is_joined
    assert line_news.take_in(news, now=timezone.now()) == 0
    contact.refresh_from_db()
    assert contact.line_id == ("U1" if is_joined else "")


def test_a_code_from_nobody_joins_nobody(contact, code):
    assert line_news.take_in([{"type": "message", "message": {"text": code}}], now=timezone.now()) == 0


def test_staff_get_a_url_and_a_picture_for_a_contact(client, contact, settings):
    client.force_login(factories.user(), backend="accounts.backends.StaffBackend")
    url = reverse("campaigns:line-invite", args=[contact.pk])
    settings.LINE_ACCOUNT_ID = ""
    assert client.post(url).status_code == 404
    settings.LINE_ACCOUNT_ID = "@modoru"
    panel = reverse("campaigns:customer-panel", args=[contact.customer_id])
    assert url in client.get(panel).content.decode()
    shown = client.post(url).content.decode()
    assert "/line/" in shown
    assert "data:image/svg+xml" in shown
    Contact.objects.update(line_id="U1")
    client.post(reverse("campaigns:line-leave", args=[contact.pk]))
    contact.refresh_from_db()
    assert contact.line_id == ""
