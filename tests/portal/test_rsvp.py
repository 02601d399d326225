"""Answering an invitation: only a POST answers, twice is once, and a link that leads nowhere tells nothing."""

import datetime as dt

import pytest
from django.test import Client
from icalendar import Calendar

from accounts.models import User
from campaigns import occasions
from campaigns.models import Campaign, Delivery, Occasion, Rsvp, Step
from customers.models import Contact, Customer
from segments.models import Segment
from tests import factories
from tests.campaigns.events import DETAILS, invite

pytestmark = pytest.mark.django_db
FAR = dt.datetime(2099, 11, 28, 5, 0, tzinfo=dt.UTC)  # 14:00 in Tokyo, a Saturday


@pytest.fixture
def event(db) -> Occasion:
    factories.configure(company_name="株式会社もどる", sender_email="news@modoru.example.jp")
    segment = Segment.objects.create(slug="s", name="S", rule={})
    campaign = Campaign.objects.create(name="会", segment=segment, created_by=User.objects.create_user("s@example.jp"))
    Step.objects.create(campaign=campaign, subject="件名", body="本文")
    times = {"starts_at": FAR, "ends_at": FAR + dt.timedelta(hours=2)}
    return Occasion.objects.create(campaign=campaign, capacity=1, **(DETAILS | times))


def invited(event: Occasion, code: str = "A1", **fields) -> Delivery:
    customer = Customer.objects.create(code=code, name="田中 太郎")
    Contact.objects.create(customer=customer, email=f"{code.lower()}@example.jp", is_primary=True)
    return invite(event.campaign, customer, **fields)


def page(sent: Delivery) -> str:
    return Client().get(f"/r/{sent.token}/").content.decode()


def say(sent: Delivery, answer: str = "coming", **more):
    return Client().post(f"/r/{sent.token}/", {"answer": answer} | more)


def test_the_page_shows_the_event_and_looking_answers_nothing(event):
    sent = invited(event)
    for words in ("秋の内覧会", "2099年11月28日(土曜日) 14:00〜16:00", "本社1階", "残り1席", "参加する"):
        assert words in page(sent)
    assert not Rsvp.objects.exists()
    assert "田中" not in page(sent)  # a forwarded mail gives nobody away


def test_it_speaks_english_to_those_who_chose_it(event, settings):
    sent, client = invited(event), Client()
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    words = client.get(f"/r/{sent.token}/").content.decode()
    assert "1 seat left" in words
    assert "Saturday, 28 November 2099 14:00–16:00" in words


def test_a_seat_is_taken_once_however_often_the_button_is_pressed(event):
    sent = invited(event)
    for _time in range(3):
        assert say(sent).status_code == 302
    event.refresh_from_db()
    assert event.taken == 1
    assert "承りました" in page(sent)
    assert "参加を取り消す" in page(sent)


def test_a_stranger_site_cannot_answer_for_somebody(event):
    sent = invited(event)
    assert Client(enforce_csrf_checks=True).post(f"/r/{sent.token}/", {"answer": "coming"}).status_code == 403


def test_full_it_offers_the_waiting_list_and_says_the_place(event):
    first, second = invited(event), invited(event, "B2")
    say(first)
    assert "キャンセル待ちに申し込む" in page(second)
    say(second)
    assert "現在1番目" in page(second)
    say(first, "declined")
    assert "ご参加のお申し込みを承りました" in page(second)
    assert "ご欠席" in page(first)


def test_full_without_a_waiting_list_an_answer_is_refused_in_words(event):
    Occasion.objects.update(has_waiting_list=False)
    first, second = invited(event), invited(event, "B2")
    assert "参加する" in page(second)
    say(first)
    assert "参加する</button>" not in page(second)
    answer = say(second)
    assert answer.status_code == 409
    assert "満席です" in answer.content.decode()


def test_more_than_one_seat_can_be_chosen_and_changed(event):
    Occasion.objects.update(capacity=3, most_each=3)
    sent = invited(event)
    say(sent, seats="3")
    assert "3名様" in page(sent)
    say(sent, seats="2")
    assert "2名様" in page(sent)
    assert say(sent, seats="9").status_code == 409
    assert say(sent, seats="x").status_code == 409
    assert Rsvp.objects.get().seats == 2


def test_after_the_deadline_a_seat_can_only_be_given_back(event):
    sent, late = invited(event), invited(event, "B2")
    say(sent)
    Occasion.objects.update(answer_until="2026-01-01T00:00:00Z")
    assert "受付は終了しました" in page(late)
    assert "参加を取り消す" in page(sent)
    assert say(late).status_code == 409
    assert say(sent, "declined").status_code == 302
    assert "ご連絡ありがとうございました" in page(sent)


def test_an_event_called_off_says_so(event):
    sent = invited(event)
    occasions.call_off(occasion=event, by=User.objects.get(), now=factories.moment("2026-11-20"))
    assert "中止になりました" in page(sent)
    assert '<button class="btn btn-primary"' not in page(sent)


def test_only_who_comes_sees_the_online_room(event):
    Occasion.objects.update(url="https://meet.example.jp/room", place="")
    sent = invited(event)
    assert "meet.example.jp" not in page(sent)
    assert "meet.example.jp" not in Client().get(f"/r/{sent.token}/event.ics").content.decode()
    say(sent)
    assert "meet.example.jp" in page(sent)
    assert "meet.example.jp" in Client().get(f"/r/{sent.token}/event.ics").content.decode()


@pytest.mark.parametrize("what", ["unknown", "erased", "without event"])
@pytest.mark.parametrize("address", ["/r/{}/", "/r/{}/event.ics"])
def test_links_that_lead_nowhere_look_alike(event, what, address):
    sent = invited(event)
    nothing = Client().get(address.format("x" * 43))
    if what == "erased":
        Customer.objects.update(erased_at=factories.moment("2026-11-20"))
    if what == "without event":
        Occasion.objects.all().delete()
    token = "y" * 43 if what == "unknown" else sent.token
    answer = Client().get(address.format(token))
    assert answer.status_code == nothing.status_code == 404
    strip = [one.content.decode().replace(token, "").replace("x" * 43, "") for one in (answer, nothing)]
    without_csrf = [[line for line in text.splitlines() if "csrf" not in line] for text in strip]
    assert without_csrf[0] == without_csrf[1]


def test_the_answer_of_someone_merged_counts_for_the_one_he_became(event):
    sent = invited(event)
    say(sent)
    winner = Customer.objects.create(code="W", name="W")
    Contact.objects.update(customer=winner)
    Rsvp.objects.update(customer=winner)
    Delivery.objects.update(customer=winner)
    say(sent, "declined")
    assert list(Rsvp.objects.values_list("customer", "answer")) == [(winner.pk, "declined")]


def test_the_calendar_file_holds_the_event_in_the_companys_time(event, settings):
    settings.BASE_URL = "https://crm.example.jp"
    sent = invited(event)
    answer = Client().get(f"/r/{sent.token}/event.ics")
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8; method=PUBLISH"
    calendar = Calendar.from_ical(answer.content)
    assert (calendar["METHOD"], calendar["VERSION"]) == ("PUBLISH", "2.0")
    assert [str(zone["TZID"]) for zone in calendar.walk("VTIMEZONE")] == ["Asia/Tokyo"]
    entry = calendar.walk("VEVENT")[0]
    assert entry["UID"] == f"event-{event.pk}@crm.example.jp"
    assert entry["DTSTART"].dt.isoformat() == "2099-11-28T14:00:00+09:00"
    assert entry["DTEND"].dt.isoformat() == "2099-11-28T16:00:00+09:00"
    assert entry["DTSTART"].params["TZID"] == "Asia/Tokyo"
    assert (entry["SUMMARY"], entry["LOCATION"], entry["STATUS"]) == ("秋の内覧会", "本社1階", "CONFIRMED")
    assert entry["ORGANIZER"] == "mailto:news@modoru.example.jp"
    assert entry["URL"] == f"https://crm.example.jp/r/{sent.token}/"
    assert all(len(line) <= 75 for line in answer.content.split(b"\r\n"))
    Occasion.objects.update(cancelled_at=FAR)
    again = Calendar.from_ical(Client().get(f"/r/{sent.token}/event.ics").content).walk("VEVENT")[0]
    assert (again["UID"], again["STATUS"]) == (entry["UID"], "CANCELLED")
