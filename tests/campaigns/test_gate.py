"""Who may be written to: every combination against a table written by hand, and the same asked of the database."""

from itertools import product

import pytest

from campaigns import audience, compliance, gate, sending
from campaigns.models import Campaign, Delivery, Exclusion, Offer, Step, Way
from customers import consent
from customers.models import Consent, Contact, Suppression
from tests.campaigns.moments import NOW, TODAY

# Rows: the last entry of the ledger and its ground. Columns: no stop, bounced (B), refused (R), complained (C), RB, BC,
# RC, all three. Letters: . may go, n no ground, and the stop that is named. From the law and the rules of the house.
PROMOTION = {
    ("", ""): "n B R C R C C C",
    ("granted", "consent"): ". B R C R C C C",
    ("granted", "relation"): ". B R C R C C C",
    ("granted", "business_card"): ". B R C R C C C",
    ("granted", "published_address"): ". B R C R C C C",
    ("withdrawn", ""): "R B R C R C C C",
}
NOTICE = {**PROMOTION, ("", ""): ". B R C R C C C"}
WITHOUT_GROUND = {**PROMOTION, ("", ""): ". B R C R C C C"}  # a colleague calls; another system is told
STOPS = ["", "b", "r", "c", "rb", "bc", "rc", "rbc"]
NAMES = {"b": "bounced", "r": "refused", "c": "complained"}
LETTERS = {".": "", "n": "no_consent", "B": "bounced", "R": "refused", "C": "complained"}
COMBINATIONS = [
    (is_promotion, channel, entry, basis, stops, LETTERS[cells.split()[column]])
    for is_promotion, channel in product([True, False], Way.values)
    for (entry, basis), cells in (
        NOTICE if not is_promotion else WITHOUT_GROUND if channel in ("task", "webhook") else PROMOTION
    ).items()
    for column, stops in enumerate(STOPS)
]


def person(entry: str, basis: str, stops: str, **more) -> gate.Person:
    return gate.Person(entry=entry, basis=basis, stops=frozenset(NAMES[letter] for letter in stops), **more)


def test_all_576_combinations_are_judged_as_the_table_says_and_each_no_names_its_rule():
    assert len(COMBINATIONS) == 576
    wrong = []
    for is_promotion, channel, entry, basis, stops, expected in COMBINATIONS:
        verdict = gate.of_person(person(entry, basis, stops), channel=channel, is_promotion=is_promotion)
        is_named = bool(verdict.sentence) is bool(expected)
        if verdict.code != expected or verdict.may_go is bool(expected) or not is_named:
            wrong.append((is_promotion, channel, entry, basis, stops, verdict.code, expected))
    assert wrong == []


@pytest.mark.parametrize(("address", "code"), [("none", "no_address"), ("bad", "bad_address")])
@pytest.mark.parametrize("stops", STOPS)
def test_without_an_address_nothing_else_is_asked(address, code, stops):
    someone = person("granted", "consent", stops, address=address, is_excluded=True)
    assert gate.of_person(someone, channel="mail", is_promotion=True).code == code


@pytest.mark.parametrize(("stops", "code"), [("", "excluded"), ("r", "refused")])
@pytest.mark.parametrize("is_promotion", [True, False])
def test_exclusions_and_archives_hold_for_notices_too_but_the_law_is_named_first(stops, code, is_promotion):
    someone = person("granted", "relation", stops, is_excluded=True, is_archived=True)
    assert gate.of_person(someone, channel="mail", is_promotion=is_promotion).code == code
    gone = person("granted", "relation", "", is_archived=True)
    assert gate.of_person(gone, channel="mail", is_promotion=is_promotion).code == "archived"


@pytest.mark.parametrize("missing", [frozenset(), *[frozenset([item]) for item in gate.ITEMS], frozenset(gate.ITEMS)])
@pytest.mark.parametrize("is_promotion", [True, False])
@pytest.mark.parametrize("has_offer", [True, False])
@pytest.mark.parametrize("is_stopped", [True, False])
def test_the_companys_side_stops_everybody(
    db, segment, staff, installation, missing, is_promotion, has_offer, is_stopped
):
    """The pure table and what is checked before every sending say the same."""
    if is_stopped:
        expected = "stopped"
    elif missing & ({"sender_name", "sender_email"} if not is_promotion else set(gate.ITEMS)):
        expected = "display_items"
    else:
        expected = "offer_in_notice" if has_offer and not is_promotion else ""
    verdict = gate.of_campaign(is_promotion=is_promotion, missing=missing, has_offer=has_offer, is_stopped=is_stopped)
    assert verdict.code == expected
    for item in missing:
        setattr(installation, item, "")
    installation.sending_stopped = "stop" if is_stopped else ""
    installation.save()
    campaign = Campaign.objects.create(
        name="C", segment=segment, created_by=staff, message_class="promotion" if is_promotion else "business"
    )
    Step.objects.create(campaign=campaign, subject="S", body="B")
    if has_offer:
        Offer.objects.create(campaign=campaign, text="10%")
    found = compliance.problems(Campaign.objects.get(pk=campaign.pk), as_of=TODAY)
    assert bool(found) is bool(expected)


@pytest.fixture
def people(request):
    """Everybody of the table for mail: an address for each way to stand."""
    make = request.getfixturevalue("person")
    made = {}
    for number, ((entry, basis), stops) in enumerate(product(PROMOTION, STOPS)):
        made[f"p{number}@example.jp"] = (entry, basis, stops)
        make(number)
    return made


def bring_about(people: dict[str, tuple[str, str, str]]) -> None:
    """Refusals, complaints and grounds as the table has them."""
    Consent.objects.all().delete()
    for address, (entry, basis, stops) in people.items():
        who = Contact.objects.get(email=address).customer
        common = {"customer": who, "channel": "mail", "address": address, "at": NOW, "source": "form"}
        if entry:
            Consent.objects.create(state=entry, basis=basis, wording="w", **common)
        for letter in stops:
            Suppression.objects.create(channel="mail", address=address, reason=NAMES[letter], source="test", at=NOW)


def expected_of(people: dict[str, tuple[str, str, str]], is_promotion: bool) -> dict[str, str]:
    return {
        address: gate.of_person(person(entry, basis, stops), channel="mail", is_promotion=is_promotion).code
        for address, (entry, basis, stops) in people.items()
    }


def ledger() -> dict[str, str]:
    rows = Delivery.objects.exclude(address="")
    return {row.address: row.reason if row.state == "suppressed" else "" for row in rows}


@pytest.mark.parametrize("message_class", ["promotion", "business"])
def test_planning_says_the_same_as_the_table(campaign, people, staff, message_class):
    launchable(campaign, message_class)
    bring_about(people)
    audience.launch(campaign=Campaign.objects.get(), by=staff, now=NOW)
    audience.plan_due(now=NOW)
    assert ledger() == expected_of(people, message_class == "promotion")


@pytest.mark.parametrize("message_class", ["promotion", "business"])
def test_the_commit_before_handing_over_says_the_same_as_the_table(campaign, people, staff, mail_server, message_class):
    launchable(campaign, message_class)
    audience.launch(campaign=Campaign.objects.get(), by=staff, now=NOW)
    audience.plan_due(now=NOW)
    bring_about(people)  # after planning: in the middle of the campaign
    sending.run(now=NOW)
    expected = expected_of(people, message_class == "promotion")
    assert ledger() == expected
    assert set(mail_server.recipients) == {address for address, code in expected.items() if not code}


def launchable(campaign: Campaign, message_class: str) -> None:
    Campaign.objects.update(message_class=message_class)
    if message_class == "business":
        Offer.objects.all().delete()
        Step.objects.update(subject="お知らせ", body="{{ 宛名 }}\n\n休業日のお知らせです。")


def test_an_exclusion_is_the_tables_too(campaign, person, staff):
    who = person(1)
    Exclusion.objects.create(customer=who, reason="dispute", at=NOW, by=staff)
    audience.launch(campaign=campaign, by=staff, now=NOW)
    audience.plan_due(now=NOW)
    assert ledger() == {"p1@example.jp": "excluded"}


def test_a_published_address_whose_page_wants_no_advertising_is_no_ground(db, person):
    page = "https://kaisha.example.jp/contact"
    common = {"address": "p1@example.jp", "page": page, "at": NOW, "customer": person(1, agreed=False)}
    assert consent.note_published(**common, wants_no_ads=False)
    assert Consent.objects.get().wording == page
    assert not consent.note_published(**common, wants_no_ads=True)
    assert not consent.note_published(**common, wants_no_ads=False)
    assert not consent.standing(channel="mail", address="p1@example.jp").is_mailable
