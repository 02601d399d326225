"""The timeline of one customer: complete, in order, without repeats; what was promised, who may be written to."""

import datetime as dt

import pytest

from customers import profile
from customers.models import Contact, Event, Interaction, Product
from customers.profile import KINDS
from tests import factories

pytestmark = pytest.mark.django_db


def kinds(entries):
    return [one.kind for one in entries]


def entries(who):
    """The whole timeline, page by page."""
    page = profile.timeline(who)
    found = list(page.entries)
    while page.older:
        page = profile.timeline(who, page.older)
        found += page.entries
    return found


def test_everything_known_stands_in_the_timeline_newest_first():
    who = factories.customer()
    factories.contract(
        who,
        "2026-01-05",
        contract_id="K1",
        plan="標準",
        mrr=3000,
        cancelled_on="2026-05-01",
        ends_on="2026-07-01",
        reason="予算",
    )
    factories.purchase(who, "2026-02-01", 1000, "O1")
    factories.purchase(who, "2026-02-03", -400, "O1")
    factories.login(who, "2026-03-01")
    Interaction.objects.create(
        customer=who, occurred_at=factories.moment("2026-04-01"), kind="visit", subject="訪問", body="お元気"
    )
    Event.objects.create(
        customer=who, kind="mail_accepted", at=factories.moment("2026-04-02"), data={"campaign_name": "春の便り"}
    )
    stranger = factories.customer()
    factories.purchase(stranger, "2026-02-01", 9999)
    found = [
        (f"{one.at.astimezone(factories.Installation.get().zone):%m-%d}", one.kind, one.title, one.detail, one.amount)
        for one in entries(who)
    ]
    assert found == [
        ("06-30", "contract_end", "K1", "標準", None),
        ("05-01", "contract_notice", "K1", "予算", None),
        ("04-02", "mail_accepted", "春の便り", "", None),
        ("04-01", "contact_visit", "訪問", "お元気", None),
        ("03-01", "login", "", "", None),
        ("02-03", "refund", "O1", "", -400),
        ("02-01", "purchase", "O1", "", 1000),
        ("01-05", "contract_start", "K1", "標準", 3000),
    ]  # fmt: skip


def test_an_order_is_one_entry_with_its_sum_and_dearest_product():
    who = factories.customer()
    cheap, dear = Product.objects.create(name="鉛筆"), Product.objects.create(name="机")
    factories.purchase(who, "2026-02-01", 100, "O1", product=cheap)
    factories.purchase(who, "2026-02-01", 9000, "O1", product=dear)
    (entry,) = entries(who)
    assert (entry.amount, entry.number, entry.detail) == (9100, 2, "机")


def test_lines_without_an_order_stand_alone():
    who = factories.customer()
    factories.purchase(who, "2026-02-01", 100)
    factories.purchase(who, "2026-02-01", 100)
    assert [one.number for one in entries(who)] == [1, 1]


def test_logins_of_a_day_are_one_entry():
    who = factories.customer()
    for hour in (9, 12, 15):
        factories.login(who, "2026-02-01", hour)
    factories.login(who, "2026-02-02")
    assert [one.number for one in entries(who)] == [1, 3]


def test_a_contract_that_ended_on_its_first_day_ends_not_before_it_began():
    who = factories.customer()
    factories.contract(who, "2026-02-01", ends_on="2026-02-01")
    start, end = entries(who)
    assert (start.kind, end.kind, start.at) == ("contract_start", "contract_end", end.at)


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_pages_of_the_timeline_are_complete_and_repeat_nothing(monkeypatch, size):
    who = factories.customer()
    at = factories.moment("2026-02-01")
    for number in range(9):
        factories.purchase(who, "2026-02-01", number + 1)
        Event.objects.create(customer=who, kind="mail_accepted", at=at)
        Interaction.objects.create(customer=who, occurred_at=at + dt.timedelta(microseconds=number // 3), kind="mail")
    whole = profile.timeline(who).entries
    monkeypatch.setattr(profile, "ENTRIES", size)
    paged = entries(who)
    assert len(paged) == 27
    assert paged[: len(whole)] == whole
    assert len({(one.kind, one.source_id) for one in paged}) == 27


@pytest.mark.parametrize(
    "odd",
    [
        "x",
        "~~",
        "2026-02-01~purchase~1",
        "2026-13-41T00:00:00+00:00~purchase~1",
        "2026-02-01T00:00:00+00:00~purchase~99999999999999999999",
        "2026-02-01T00:00:00+00:00~\0~1",
        "0000-01-01T00:00:00+00:00~purchase~1",
        "2026-02-01T00:00:00+00:00~' OR 1=1~1",
    ],
)
def test_a_place_nobody_made_shows_the_newest(odd):
    who = factories.customer()
    factories.purchase(who, "2026-03-01")
    assert kinds(profile.timeline(who, odd).entries) == ["purchase"]


def test_a_place_survives_the_way_through_an_address(monkeypatch):
    monkeypatch.setattr(profile, "ENTRIES", 1)
    who = factories.customer()
    factories.purchase(who, "2026-02-01", 1)
    factories.purchase(who, "2026-03-01", 3)
    older = profile.timeline(who).older.replace("+", " ")
    assert [one.amount for one in profile.timeline(who, older).entries] == [1]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_an_icon_and_words(kind):
    entry = profile.Entry(factories.moment("2026-02-01"), kind, "", "", None, 1, 1)
    assert entry.icon
    assert entry.words
    assert entry.has_time is not kind.startswith("contract_")


def test_a_kind_of_tomorrow_shows_its_name():
    entry = profile.Entry(factories.moment("2026-02-01"), "nps_answered", "", "", None, 1, 1)
    assert (entry.icon, entry.words) == ("point", "nps_answered")


def test_the_earliest_open_promise_counts():
    who = factories.customer()
    at = factories.moment("2026-02-01")
    for on, done in (("2026-03-09", None), ("2026-03-05", None), ("2026-03-01", at)):
        Interaction.objects.create(customer=who, occurred_at=at, next_on=on, next_done_at=done)
    assert profile.open_promise(who).next_on == dt.date(2026, 3, 5)
    assert profile.open_promise(factories.customer()) is None


def test_standings_speak_of_contacts_with_an_address_the_primary_first():
    who = factories.customer()
    Contact.objects.create(customer=who, email="b@example.jp")
    Contact.objects.create(customer=who, email="a@example.jp", is_primary=True)
    Contact.objects.create(customer=who, phone="0312345678")
    found = profile.standings(who)
    assert [contact.email for _channel, contact, _standing in found] == ["a@example.jp", "b@example.jp"]
    assert not found[0][2].is_mailable
