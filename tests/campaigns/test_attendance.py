"""Who came: ticked or brought in as a list, corrected without counting twice, and nothing of a list is lost."""

import pytest

from accounts.models import AuditEvent
from campaigns import attendance
from campaigns.models import Rsvp
from campaigns.occasions import OccasionError
from customers.models import Contact, Event
from tests.campaigns.events import occasion, say
from tests.campaigns.moments import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def event(campaign, person):
    made = occasion(campaign, capacity=9)
    for number in (1, 2, 3):
        say(made, person(number))
    return made


def came() -> dict[str, bool | None]:
    return dict(Rsvp.objects.order_by("pk").values_list("customer__code", "has_attended"))


def kinds() -> list[str]:
    return list(Event.objects.filter(kind__in=attendance.KINDS.values()).order_by("pk").values_list("kind", flat=True))


def bring(event, text: str, staff) -> attendance.Brought:
    return attendance.bring(occasion=event, text=text, by=staff, now=NOW)


def test_a_tick_is_kept_corrected_and_taken_back(event, staff):
    rsvp = Rsvp.objects.get(customer__code="C00001")
    for mark, expected in [(True, ["rsvp_attended"]), (True, ["rsvp_attended"]), (False, ["rsvp_absent"]), (None, [])]:
        attendance.mark(rsvp=rsvp, has_attended=mark, by=staff, now=NOW)
        assert kinds() == expected
        assert came()["C00001"] is mark
    assert AuditEvent.objects.filter(action="occasion.attendance").count() == 3


@pytest.mark.parametrize(
    "text",
    [
        "顧客コード,出欠\nC00001,参加\np2@example.jp,欠席\n",
        "C00001\t出席\nP2@EXAMPLE.JP\t×\n",
        "\ufeffcode,name,came\r\nC00001,田中 1,1\r\np2@example.jp,田中 2,no\r\n",
        "Ｃ00001,○\n\np2@example.jp,不参加",
    ],
)
def test_a_list_marks_by_code_or_address_in_whatever_form_it_comes(event, staff, text):
    brought = bring(event, text, staff)
    assert (brought.attended, brought.absent, brought.unmatched) == (1, 1, [])
    assert came() == {"C00001": True, "C00002": False, "C00003": None}
    bring(event, text, staff)
    assert kinds() == ["rsvp_attended", "rsvp_absent"]


def test_lines_that_match_nobody_are_handed_back_and_the_others_count(event, staff, person):
    person(4, email="both@example.jp")
    person(5, email="both@example.jp")
    person(6)
    brought = bring(
        event, "C00001,参加\nZZ9,参加\nx@example.jp,参加\nboth@example.jp,参加\nC00002,?\nC00006,欠席", staff
    )
    assert brought.attended == 1
    assert [one.line for one in brought.unmatched] == [2, 3, 4, 5, 6]
    assert [one.text for one in brought.unmatched][:2] == ["ZZ9, 参加", "x@example.jp, 参加"]
    assert len({one.why for one in brought.unmatched}) == 5


def test_who_came_without_having_answered_is_entered_and_takes_no_seat(event, staff, person):
    person(7)
    bring(event, "C00007,参加\nC00007,参加", staff)
    rsvp = Rsvp.objects.get(customer__code="C00007")
    assert (rsvp.has_attended, rsvp.answer) == (True, "declined")
    event.refresh_from_db()
    assert event.taken == 3
    assert kinds() == ["rsvp_attended"]


def test_a_code_behind_which_several_answered_needs_the_address(event, staff):
    who = Rsvp.objects.get(customer__code="C00001").customer
    second = Contact.objects.create(customer=who, email="second@example.jp")
    Rsvp.objects.create(occasion=event, customer=who, contact=second, answer="coming", answered_at=NOW)
    brought = bring(event, "C00001,参加\nsecond@example.jp,参加", staff)
    assert brought.attended == 1
    assert "メールアドレスで指定" in brought.unmatched[0].why


def test_a_list_too_long_is_refused_whole(event, staff, monkeypatch):
    monkeypatch.setattr(attendance, "MOST_LINES", 1)
    with pytest.raises(OccasionError):
        bring(event, "C00001,参加\nC00002,参加", staff)
    assert kinds() == []
