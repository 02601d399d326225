"""Mails that come back: what they mean, for whom, and which of them are lies."""

import random
import uuid

import pytest

from campaigns import bounces, reporting, return_paths
from campaigns.models import Delivery, Report
from customers.models import Suppression
from tests.campaigns import returned
from tests.campaigns.moments import NOW
from tests.campaigns.returned import KEY, WHO


@pytest.fixture(autouse=True)
def bounce_address(settings):
    settings.BOUNCE_ADDRESS = "bounces@modoru.example.jp"


@pytest.fixture
def to() -> str:
    return return_paths.of(KEY)


@pytest.fixture
def delivery(campaign, person) -> Delivery:
    who = person(1, email=WHO)
    return Delivery.objects.create(
        campaign=campaign,
        step=campaign.steps.get(),
        customer=who,
        contact=who.contacts.get(),
        channel="mail",
        address=WHO,
        state=Delivery.State.ACCEPTED,
        message_key=KEY,
        token="t" * 43,
        planned_at=NOW,
        due_at=NOW,
    )


def test_of_320_samples_98_percent_are_classed_right_and_nobody_is_stopped_wrongly(to):
    wrong, stopped_wrongly = [], []
    samples = returned.samples(to)
    for name, expected, raw in samples:
        found = bounces.read(raw)
        kind = found.kind if found and found.key == KEY else None
        if kind != expected:
            wrong.append((name, expected, kind))
        if kind == Report.Kind.BOUNCED != expected:
            stopped_wrongly.append(name)
    assert len(samples) >= 300
    assert stopped_wrongly == []
    assert len(wrong) <= len(samples) * 0.02, wrong


def test_forged_ones_are_ignored_every_one():
    """Without our address, with a wrong signature, with the signature of another installation."""
    good = return_paths.of(KEY)
    swapped = good[:-30] + ("a" if good[-30] != "a" else "b") + good[-29:]
    for to in ("bounces@modoru.example.jp", "news@modoru.example.jp", swapped, good.replace("+", "-")):
        for name, _expected, raw in returned.samples(to):
            assert bounces.read(raw) is None, (to, name)


@pytest.mark.parametrize(
    ("action", "kind"), [("delayed", "deferred"), ("delivered", "delivered"), ("relayed", "accepted")]
)
def test_not_every_report_is_a_failure(to, action, kind):
    assert bounces.read(returned.dsn(to, "4.4.1", "still trying", action=action)).kind == kind


@pytest.mark.parametrize("header", ["Delivered-To", "X-Original-To"])
def test_the_signed_address_may_stand_in_the_envelope_alone(to, header):
    raw = f"{header}: {to.upper()}\r\n".encode() + returned.dsn("undisclosed:;", "5.1.1", "550 5.1.1 user unknown")
    assert bounces.read(raw).key == KEY


@pytest.mark.parametrize(
    "subject", ["Re: hello", "Out of office: hello", "自動返信: ありがとうございます", "Delivery receipt"]
)
def test_answers_and_out_of_office_notes_are_no_bounces(to, subject):
    raw = returned._plain(to, subject, "休暇中です。 550 5.1.1 user unknown", sender="tanaka@kaisha.example.jp")
    assert bounces.read(raw) is None


def test_without_a_bounce_address_the_message_id_tells(settings):
    settings.BOUNCE_ADDRESS = ""
    found = bounces.read(returned.dsn("news@modoru.example.jp", "5.1.1", "550 5.1.1 user unknown"))
    assert (found.key, found.kind, found.recipient) == (KEY, "bounced", WHO)


@pytest.mark.parametrize("kind", ["abuse", "fraud"])
@pytest.mark.parametrize("is_marked", [True, False])
def test_a_complaint_names_the_mail_it_is_about(to, kind, is_marked):
    key = uuid.uuid4() if is_marked else KEY
    found = bounces.read(returned.complaint(kind=kind, mail_from=to if is_marked else "", key=key))
    assert (found.provider, found.kind, found.key) == ("arf", "complained", KEY)


@pytest.mark.parametrize("kind", ["not-spam", "auth-failure", "virus", ""])
def test_other_feedback_is_no_complaint(to, kind):
    assert bounces.read(returned.complaint(kind=kind, mail_from=to)) is None


def test_what_came_back_is_stored_once_applied_and_holds_no_address(delivery, to):
    raw = returned.dsn(to, "5.1.1", f"550 5.1.1 <{WHO}>: user unknown")
    for _time in range(3):
        assert bounces.take_in([raw, b"no report"], now=NOW) == 1
        reporting.apply_waiting(now=NOW)
    report = Report.objects.get()
    assert WHO not in report.detail
    assert report.detail.startswith("5.1.1 smtp; 550 5.1.1")
    assert Suppression.objects.get().reason == "bounced"
    delivery.refresh_from_db()
    assert delivery.bounced_at == NOW


def test_a_report_about_somebody_elses_address_or_an_unknown_message_is_dropped(delivery, settings):
    settings.BOUNCE_ADDRESS = ""
    raw = returned.dsn("news@modoru.example.jp", "5.1.1", "550 5.1.1 user unknown")
    assert bounces.take_in([raw.replace(b"rfc822; tanaka@", b"rfc822; suzuki@")], now=NOW) == 0
    assert bounces.take_in([raw.replace(b"12345678-1234", b"87654321-1234")], now=NOW) == 0
    assert bounces.take_in([raw], now=NOW) == 1


def hostile(dice: random.Random, seeds: list[bytes]) -> bytes:
    """A mail bent somewhere: cut, doubled, nested, with bytes and charsets nobody has."""
    raw = bytearray(dice.choice(seeds))
    for _time in range(dice.randint(1, 6)):
        at = dice.randrange(len(raw))
        piece = dice.choice(
            [b"\0", b"\xff\xfe", b"--b\r\n", b"\r\n\r\n", b"Content-Type: multipart/report\r\n", b"=?x?q?"]
        )
        match dice.randrange(4):
            case 0:
                raw[at:at] = piece * dice.randint(1, 50)
            case 1:
                del raw[at : at + dice.randint(1, 400)]
                raw += b"x"
            case 2:
                raw = bytearray(raw.replace(b"utf-8", dice.choice([b"utf-99", b"\xff", b"idna", b"unicode_escape"])))
            case 3:
                raw[at : at + 1] = bytes([dice.randrange(256)])
    return bytes(raw)


def fuzz(count: int, to: str) -> None:
    dice = random.Random(45)
    seeds = [*[raw for _name, _kind, raw in returned.samples(to)][::7], returned.complaint(mail_from=to)]
    for _time in range(count):
        found = bounces.read(hostile(dice, seeds))
        assert found is None or found.kind in Report.Kind.values


def test_hostile_mime_is_read_or_ignored(to):
    fuzz(400, to)


@pytest.mark.prove
def test_hostile_mime_is_read_or_ignored_20000_times(to):
    fuzz(20_000, to)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\0" * 100,
        b"x" * 2_000_001,
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\nContent-Type: message/rfc822\r\n\r\n" * 3000,
        b"".join(f'Content-Type: multipart/mixed; boundary="{n}"\r\n\r\n--{n}\r\n'.encode() for n in range(2000)),
        b"To: " + b"a" * 500_000,
    ],
)
def test_bombs_are_ignored(raw):
    assert bounces.read(raw) is None
