"""The pages of an event: who answered what, answers told on the phone, the list at the door, and its details."""

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import AuditEvent, User
from campaigns.models import Occasion, Rsvp
from tests import factories
from tests.campaigns.events import invite, occasion, say

pytestmark = pytest.mark.django_db
FAR = dt.datetime(2099, 11, 28, 5, 0, tzinfo=dt.UTC)


@pytest.fixture
def event(campaign, person) -> Occasion:
    """Two come, one waits, one declined, one has not answered."""
    made = occasion(campaign, capacity=2, starts_at=FAR, ends_at=FAR + dt.timedelta(hours=2))
    people = [person(number, name=f"参加者 {number}") for number in range(1, 6)]
    for who in people:
        invite(campaign, who)
    for who in people[:3]:
        say(made, who)
    say(made, people[3], "declined")
    return made


@pytest.fixture
def client(staff) -> Client:
    made = Client()
    made.force_login(staff)
    return made


def page(client: Client, event: Occasion, query: str = "", **more) -> str:
    return client.get(f"/campaigns/{event.campaign_id}/event/{query}", **more).content.decode()


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ("", "1234"),
        ("coming", "12"),
        ("waiting", "3"),
        ("declined", "4"),
        ("none", "5"),
        ("moved_up", ""),
        ("?", "1234"),
    ],
)
def test_each_filter_shows_its_people(client, event, wanted, names):
    words = page(client, event, f"?answer={wanted}")
    assert [n for n in "12345" if f"参加者 {n}" in words] == list(names)


def test_somebody_is_found_by_name_and_only_the_rows_are_loaded_again(client, event):
    words = page(client, event, "?q=参加者 2", headers={"HX-Request": "true", "HX-Target": "rows"})
    assert "参加者 2" in words
    assert "参加者 1" not in words
    assert "<html" not in words
    assert "当てはまる方はいません" in page(client, event, "?q=居ない")


def test_who_moved_up_is_marked_with_what_became_of_his_mail(client, event):
    say(event, Rsvp.objects.get(customer__code="C00001").customer, "declined")
    words = page(client, event, "?answer=moved_up")
    assert "参加者 3" in words
    assert "送信待ち" in words or "メール:" in words


def test_an_answer_told_on_the_phone_is_written_down_or_refused_in_words(client, event, staff):
    def tell(code: str, answer: str = "coming", seats: str = "1"):
        return client.post(
            f"/campaigns/{event.campaign_id}/event/told/", {"customer": code, "answer": answer, "seats": seats}
        )

    assert tell("C00005").status_code == 302
    assert Rsvp.objects.get(customer__code="C00005").answer == "waiting"
    assert tell("C00001", seats="2").status_code == 422
    assert tell("nobody").status_code == 422
    assert tell("C00001", seats="0").status_code == 422
    assert Rsvp.objects.get(customer__code="C00001").seats == 1


def test_a_leader_exports_the_list_and_it_is_recorded(client, event):
    address = f"/campaigns/{event.campaign_id}/event/export/"
    assert client.post(address).status_code == 403
    User.objects.update(role="manager")
    text = b"".join(client.post(address, {"form": "csv"}).streaming_content).decode()
    lines = text.splitlines()
    assert len(lines) == 6
    assert "C00003,参加者 3" in lines[3]
    assert ",waiting," in lines[3]
    assert lines[5].startswith("C00005,参加者 5,")
    assert ",none," in lines[5]
    assert AuditEvent.objects.filter(action="occasion.export").exists()


def test_the_door_ticks_one_tap_each(client, event):
    rsvp = Rsvp.objects.get(customer__code="C00001")
    address = f"/campaigns/{event.campaign_id}/event/door/"
    assert "参加者 1" in client.get(address).content.decode()
    assert (
        "参加者 2"
        not in client.get(f"{address}?q=C00001", headers={"HX-Request": "true", "HX-Target": "rows"}).content.decode()
    )
    row = client.post(f"{address}{rsvp.pk}/", {"attended": "yes"}, headers={"HX-Request": "true"}).content.decode()
    assert 'aria-pressed="true"' in row
    assert client.post(f"{address}{rsvp.pk}/", {"attended": ""}).status_code == 302
    rsvp.refresh_from_db()
    assert rsvp.has_attended is None
    assert "2名中0名" in client.get(address).content.decode()


def test_a_list_is_brought_in_as_file_or_text_and_the_rest_is_shown(client, event):
    address = f"/campaigns/{event.campaign_id}/event/attendance/"
    file = SimpleUploadedFile("came.csv", "C00001,参加\nZZ,参加\n".encode("cp932"))
    words = client.post(address, {"file": file}).content.decode()
    assert "出席1名" in words
    assert "ZZ, 参加" in words
    for bad in ({}, {"file": SimpleUploadedFile("x.csv", b"\x81\xff\xfe")}):
        assert client.post(address, bad).status_code == 422


def test_details_are_entered_changed_and_checked(client, campaign, person):
    address = f"/campaigns/{campaign.pk}/event/edit/"
    assert client.get(f"/campaigns/{campaign.pk}/event/").status_code == 404
    assert client.get(address).status_code == 200
    good = {
        "title": "内覧会", "starts_at_0": "2099-11-28", "starts_at_1": "14:00", "ends_at_0": "2099-11-28",
        "ends_at_1": "16:00", "place": "本社", "url": "", "capacity": "1", "most_each": "1", "has_waiting_list": "on",
        "answer_until_0": "2099-11-27", "answer_until_1": "18:00",
    }  # fmt: skip
    assert client.post(address, good).status_code == 302
    made = Occasion.objects.get()
    assert made.starts_at == FAR
    for number in (1, 2):
        say(made, person(number))
    assert client.post(address, good | {"capacity": "2"}).status_code == 302
    assert Rsvp.objects.filter(answer="coming").count() == 2
    wrong = [
        {"capacity": "1"},
        {"capacity": "0"},
        {"most_each": "0"},
        {"ends_at_1": "13:00"},
        {"answer_until_0": "2099-11-29"},
    ]
    for one in wrong:
        assert client.post(address, good | one).status_code == 422, one


def test_an_event_is_called_off_after_a_question(client, event):
    address = f"/campaigns/{event.campaign_id}/event/call-off/"
    assert "2名が参加予定" in client.get(address).content.decode()
    client.post(address)
    event.refresh_from_db()
    assert event.cancelled_at
    assert "中止" in page(client, event)


def test_staff_of_any_role_see_the_event(event):
    for role in ("cs", "manager", "admin"):
        client = Client()
        client.force_login(factories.user(role=role))
        assert page(client, event)
