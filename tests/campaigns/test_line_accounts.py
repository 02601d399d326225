"""Joining a LINE account by a code that works once."""

import datetime as dt
import re
from urllib.parse import unquote

import pytest

from accounts.models import AuditEvent
from campaigns import line_accounts
from customers import consent
from customers.models import Channel, Consent, Contact, Event, Suppression
from tests.campaigns.moments import NOW

LINE = "U4af4980629"


@pytest.fixture
def contact(person) -> Contact:
    return person(1).contacts.get()


@pytest.fixture
def code(contact, staff) -> str:
    return line_accounts.invite(contact=contact, by=staff, now=NOW).code


def take(code: str, line_id: str = LINE, now: dt.datetime = NOW) -> Contact | None:
    return line_accounts.take(code=code, line_id=line_id, now=now)


def test_the_code_joins_whoever_sends_it_once(contact, code):
    assert take(code) == contact
    contact.refresh_from_db()
    assert contact.line_id == LINE
    assert take(code, "Uother") is None
    assert Event.objects.filter(kind="line_joined").count() == 1


def test_joining_is_agreeing_in_the_words_shown(installation, code):
    take(code)
    entry = Consent.objects.get(channel=Channel.LINE)
    assert (entry.state, entry.address, entry.source) == ("granted", LINE, "line")
    assert "株式会社もどる" in entry.wording


def test_an_earlier_refusal_of_the_same_person_ends(contact, code):
    given = {"customer": contact.customer, "channel": Channel.LINE, "address": LINE, "source": "line"}
    consent.withdraw(**given, at=NOW - dt.timedelta(1))
    take(code)
    assert not Suppression.objects.filter(lifted_at=None).exists()


def test_a_new_invitation_ends_the_ones_before(contact, code, staff):
    newer = line_accounts.invite(contact=contact, by=staff, now=NOW).code
    assert take(code) is None
    assert take(newer) == contact


def test_it_ends_after_a_week(code):
    assert line_accounts.find(code, now=NOW + dt.timedelta(days=6, hours=23)) is not None
    assert take(code, now=NOW + dt.timedelta(days=7)) is None


@pytest.mark.parametrize("wrong", ["", "x", "1-short", "0-" + "a" * 22, "9" * 18 + "-" + "a" * 22, "１-" + "a" * 22])
def test_an_invented_code_joins_nobody(code, wrong):
    assert take(wrong) is None


def test_the_secret_is_what_counts(contact, code):
    number, _dash, secret = code.partition("-")
    assert take(f"{number}-{secret[::-1]}") is None
    assert take(code, " ") is None
    kept = Event.objects.get(kind="line_invited").data
    assert secret not in str(kept)


def test_an_account_belongs_to_one_contact(contact, code, person):
    before = person(2).contacts.get()
    Contact.objects.filter(pk=before.pk).update(line_id=LINE)
    take(code)
    before.refresh_from_db()
    assert before.line_id == ""


def test_parting_keeps_no_id(contact, code, staff):
    take(code)
    assert line_accounts.leave(contact=contact, by=staff, now=NOW)
    assert not line_accounts.leave(contact=contact, by=staff, now=NOW)
    assert not Contact.objects.exclude(line_id="").exists()
    actions = AuditEvent.objects.filter(action__startswith="line.").order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["line.invite", "line.join", "line.leave"]


def test_the_way_into_line_has_the_code_written_already(settings, code):
    settings.LINE_ACCOUNT_ID = "@modoru"
    url = unquote(line_accounts.chat_url(code))
    assert url.startswith("https://line.me/R/oaMessage/@modoru/?")
    assert line_accounts.code_in(url) == code
    assert line_accounts.dialogue_url(code, "lt").endswith(f"linkToken=lt&nonce={code}")


@pytest.mark.parametrize("text", ["こんにちは", "", "12-abc", "x1-" + "a" * 22])
def test_other_messages_hold_no_code(text):
    assert line_accounts.code_in(text) == ""


def test_the_code_is_hard_to_guess(code):
    assert re.fullmatch(r"\d+-[A-Za-z0-9_-]{22}", code)
