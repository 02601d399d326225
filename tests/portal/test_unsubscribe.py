"""Unsubscribing: only a POST does it, at once, without login, script or cookie; known and unknown links look alike."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client

from accounts.models import Installation, User
from campaigns.models import Campaign, Delivery, Step
from customers import consent
from customers.models import Channel, Consent, Contact, Customer, Event, Suppression
from segments.models import Segment

pytestmark = pytest.mark.django_db
AT = dt.datetime(2026, 11, 1, 3, 0, tzinfo=dt.UTC)
TOKEN = "k" * 43
ADDRESS = "a@example.jp"


@pytest.fixture
def delivery() -> Delivery:
    company = Installation.get()
    company.company_name = "株式会社もどる"
    company.save()
    staff = User.objects.create_user("cs@example.jp", name="担当")
    customer = Customer.objects.create(code="A1", name="田中 太郎")
    contact = Contact.objects.create(customer=customer, email=ADDRESS, is_primary=True)
    segment = Segment.objects.create(slug="s", name="S", rule={})
    campaign = Campaign.objects.create(name="掘り起こし", segment=segment, created_by=staff)
    step = Step.objects.create(campaign=campaign, subject="件名", body="本文")
    consent.grant(customer=customer, channel=Channel.MAIL, address=ADDRESS, at=AT, source="form", basis="relation")
    return Delivery.objects.create(
        campaign=campaign,
        step=step,
        customer=customer,
        contact=contact,
        channel=Channel.MAIL,
        address=ADDRESS,
        state=Delivery.State.ACCEPTED,
        token=TOKEN,
        planned_at=AT,
        due_at=AT,
    )


@pytest.fixture
def stranger() -> Client:
    """A stranger's: no login, and CSRF checks as in production."""
    return Client(enforce_csrf_checks=True)


def is_mailable() -> bool:
    return consent.standing(channel=Channel.MAIL, address=ADDRESS).is_mailable


@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_changes_nothing(delivery, stranger, method):
    for _time in range(3):
        assert getattr(stranger, method)(f"/u/{TOKEN}/").status_code == 200
    assert is_mailable()
    assert (Consent.objects.count(), Suppression.objects.count(), Event.objects.count()) == (1, 0, 0)


def test_the_page_has_one_button_and_says_who_writes(delivery, stranger):
    page = stranger.get(f"/u/{TOKEN}/").content.decode()
    assert page.count("<button") - page.count('name="language"') == 1
    assert "株式会社もどる" in page
    assert ADDRESS not in page
    assert "no-store" in stranger.get(f"/u/{TOKEN}/")["Cache-Control"]


def test_the_button_stops_mail_at_once(delivery, stranger):
    answer = stranger.post(f"/u/{TOKEN}/", {"do": "stop"})
    assert answer.status_code == 200
    assert "配信を停止しました" in answer.content.decode()
    assert not is_mailable()
    assert Suppression.objects.get().reason == Suppression.Reason.REFUSED
    assert Event.objects.get().kind == "unsubscribed"
    assert Consent.objects.order_by("id").last().source == "unsubscribe"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("List-Unsubscribe=One-Click", "application/x-www-form-urlencoded"),
        (
            '--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
        ),
        ("", "application/x-www-form-urlencoded"),
    ],
)
def test_one_click_of_a_mail_program_works_without_a_cookie(delivery, stranger, body, content_type):
    for _time in range(2):
        answer = stranger.generic("POST", f"/u/{TOKEN}/", body, content_type=content_type)
        assert answer.status_code == 200
    assert not is_mailable()
    assert (Suppression.objects.count(), Event.objects.count()) == (1, 1)


@pytest.mark.parametrize("state", Delivery.State.values)
def test_it_works_whatever_became_of_the_mail(delivery, stranger, state):
    Delivery.objects.update(state=state)
    stranger.post(f"/u/{TOKEN}/")
    assert not is_mailable()


def test_the_person_can_take_it_back_and_the_words_he_saw_are_kept(delivery, stranger):
    stranger.post(f"/u/{TOKEN}/", {"do": "stop"})
    answer = stranger.post(f"/u/{TOKEN}/", {"do": "again"})
    assert "配信を再開しました" in answer.content.decode()
    assert is_mailable()
    entry = Consent.objects.order_by("id").last()
    assert (entry.state, entry.basis) == ("granted", "consent")
    assert entry.wording == "株式会社もどるからのお知らせやご案内を、メールで受け取ることに同意します。"
    stranger.post(f"/u/{TOKEN}/", {"do": "again"})
    assert [event.kind for event in Event.objects.order_by("id")] == ["unsubscribed", "resubscribed"]


def test_a_complaint_is_not_taken_back_by_the_link(delivery, stranger):
    consent.suppress(channel=Channel.MAIL, address=ADDRESS, reason="complained", source="arf", at=AT)
    stranger.post(f"/u/{TOKEN}/", {"do": "again"})
    assert not is_mailable()


@pytest.mark.parametrize("token", ["x" * 43, "k" * 42, "%00", "あ", "preview", "k" * 3000])
@pytest.mark.parametrize("do", ["", "stop", "again"])
def test_an_unknown_link_answers_like_a_known_one_and_changes_nothing(delivery, stranger, token, do):
    unknown = _ask(stranger, token, do)
    assert Consent.objects.count() == 1
    assert _ask(stranger, TOKEN, do) == unknown


def _ask(stranger: Client, token: str, do: str) -> tuple[int, str]:
    """The answer without its foot, whose language form comes back to the page's own address."""
    answer = stranger.post(f"/u/{token}/", {"do": do}) if do else stranger.get(f"/u/{token}/")
    return answer.status_code, answer.content.decode().split("<footer")[0]


def test_an_unsubscribe_link_of_another_person_leaves_this_one_alone(delivery, stranger):
    other = Customer.objects.create(code="A2", name="別人")
    Delivery.objects.create(
        campaign=delivery.campaign,
        step=delivery.step,
        customer=other,
        channel=Channel.MAIL,
        address="b@example.jp",
        token="z" * 43,
        planned_at=AT,
        due_at=AT,
    )
    stranger.post(f"/u/{'z' * 43}/")
    assert is_mailable()


def test_english_is_complete(delivery, stranger):
    stranger.cookies["django_language"] = "en"
    assert "Stop e-mails?" in stranger.get(f"/u/{TOKEN}/").content.decode()


@pytest.mark.django_db(transaction=True)
def test_fifty_clicks_at_once_are_one_refusal(delivery):
    def one(_number: int) -> int:
        try:
            return Client(enforce_csrf_checks=True).post(f"/u/{TOKEN}/", {"List-Unsubscribe": "One-Click"}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as readers:
        assert set(readers.map(one, range(50))) == {200}
    assert (Suppression.objects.count(), Event.objects.count(), Consent.objects.count()) == (1, 1, 2)


def test_after_an_erasure_the_link_changes_nothing_and_looks_the_same(delivery, stranger):
    before = _ask(stranger, "x" * 43, "stop")
    Delivery.objects.update(address="")
    assert _ask(stranger, TOKEN, "stop") == before
    assert not Suppression.objects.exists()
