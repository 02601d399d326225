"""Contacts written down: logged in twenty seconds, changed and closed later, never over someone else's change."""

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent, Role
from customers import consent, editing, interactions
from customers.models import Channel, Consent, Contact, Interaction, Suppression
from tests import factories

pytestmark = pytest.mark.django_db
DAY = dt.date(2026, 11, 21)
NOW = dt.datetime(2026, 11, 21, 3, 0, tzinfo=dt.UTC)
LATER = NOW + dt.timedelta(hours=5)


@pytest.fixture
def by():
    return factories.user(role=Role.MANAGER)


def interaction(who, **fields):
    return Interaction(customer=who, **{"occurred_at": NOW, "subject": "電話しました", **fields})


def log(who, by, *, refuses=(), keeps=False, **fields):
    one = interaction(who, **fields)
    one.stopped = interactions.log(interaction=one, refuses=refuses, keeps=keeps, by=by, now=NOW)
    return one


def change(one, by, *, version=None, **fields):
    return interactions.change(interaction=one, fields=fields, version=version or one.version, by=by, now=LATER)


# --- writing down


def test_a_contact_is_written_down_by_whom(by):
    log(factories.customer(), by)
    assert Interaction.objects.get().by == by
    assert AuditEvent.objects.get(action="interaction.log").detail == {"kind": "phone", "refuses": []}


def test_the_new_entry_ticks_off_what_was_promised_but_not_its_own(by):
    who, other = factories.customer(), factories.customer()
    log(who, by, next_on=DAY)
    log(who, by, next_on=DAY)
    log(other, by)
    assert list(who.interactions.order_by("id").values_list("next_done_at", flat=True)) == [NOW, None]


def test_a_promise_may_stay_open(by):
    who = factories.customer()
    log(who, by, next_on=DAY)
    log(who, by, keeps=True)
    assert who.interactions.filter(next_on=DAY, next_done_at=None).count() == 1


@pytest.mark.parametrize(
    ("category", "status", "resolved_at"),
    [("complaint", "closed", NOW), ("complaint", "open", None), ("", "closed", None)],
)
def test_what_had_a_category_and_is_closed_was_resolved_now(by, category, status, resolved_at):
    assert log(factories.customer(), by, category=category, status=status).resolved_at == resolved_at


def may_be_written_to(who):
    found = who.contacts.exclude(email="").order_by("email")
    return [one.email for one in found if consent.standing(channel=Channel.MAIL, address=one.email).is_mailable]


def with_addresses(by, *emails):
    who = factories.customer()
    for email in emails:
        Contact.objects.create(customer=who, email=email)
        if email:
            given = {"basis": "relation", "at": NOW, "source": "test"}
            consent.grant(customer=who, channel=Channel.MAIL, address=email, by=by, **given)
    return who


def test_please_send_me_nothing_more_stops_every_address_of_the_customer(by):
    who = with_addresses(by, "one@example.jp", "two@example.jp", "")
    assert log(who, by, refuses=[Channel.MAIL]).stopped == 2
    assert may_be_written_to(who) == []
    assert AuditEvent.objects.filter(action="consent.withdraw").count() == 2


def test_of_a_contact_who_is_named_only_his_own_address_stops(by):
    who = with_addresses(by, "one@example.jp", "two@example.jp")
    assert log(who, by, contact=who.contacts.get(email="one@example.jp"), refuses=[Channel.MAIL]).stopped == 1
    assert may_be_written_to(who) == ["two@example.jp"]


def test_of_a_contact_without_an_address_everybodys_stop(by):
    who = with_addresses(by, "one@example.jp", "")
    assert log(who, by, contact=who.contacts.get(email=""), refuses=[Channel.MAIL]).stopped == 1
    assert may_be_written_to(who) == []


def test_calls_and_letters_stop_on_their_own_channels(by):
    who = factories.customer("A-1")
    Contact.objects.create(customer=who, email="one@example.jp", phone="0312345678")
    assert log(who, by, refuses=[Channel.PHONE, Channel.POSTAL]).stopped == 2
    assert set(Suppression.objects.values_list("channel", "address")) == {("phone", "0312345678"), ("postal", "A-1")}


def test_a_refusal_without_any_address_waits_for_the_first_that_comes_in(by):
    who = factories.customer()
    assert log(who, by, refuses=[Channel.MAIL]).stopped == 0
    assert Consent.objects.get().state == "withdrawn"
    editing.add_contact(contact=Contact(customer=who, email="new@example.jp"), by=by)
    assert consent.standing(channel=Channel.MAIL, address="new@example.jp").suppressions


# --- changing and closing


def test_a_change_is_written_counted_and_recorded_without_its_words(by):
    one = log(factories.customer(), by)
    changed = change(one, by, subject="内緒の件", category="request", status="open")
    assert (changed.subject, changed.status, changed.version, changed.resolved_at) == ("内緒の件", "open", 2, None)
    row = AuditEvent.objects.get(action="interaction.change")
    assert row.detail == {"interaction": one.pk, "fields": ["category", "status", "subject"]}


def test_closing_notes_when_and_opening_again_forgets_it(by):
    one = log(factories.customer(), by, category="complaint", status="open")
    assert interactions.close(interaction=one, by=by, now=LATER)
    assert not interactions.close(interaction=one, by=by, now=LATER)
    one.refresh_from_db()
    assert (one.status, one.resolved_at, one.version) == ("closed", LATER, 2)
    assert change(one, by, status="working").resolved_at is None


def test_a_new_day_for_what_is_next_opens_the_promise_again(by):
    one = log(factories.customer(), by, next_on=DAY, next_action="見積")
    Interaction.objects.update(next_done_at=NOW)
    assert change(one, by, subject="別の件").next_done_at == NOW
    one.refresh_from_db()
    assert change(one, by, next_on=DAY + dt.timedelta(days=7)).next_done_at is None


def test_nothing_changed_is_no_change(by):
    one = log(factories.customer(), by)
    assert change(one, by, subject=one.subject).version == 1
    assert not AuditEvent.objects.filter(action="interaction.change").exists()


def test_who_saw_an_older_version_changes_nothing(by):
    one = log(factories.customer(), by)
    change(one, by, subject="二")
    with pytest.raises(editing.ConflictError) as conflict:
        change(one, by, version=1, subject="三")
    assert conflict.value.current.subject == "二"
    assert Interaction.objects.get().subject == "二"


def test_who_wrote_it_and_who_may_edit_the_customer_may_change_it(by):
    writer, owner, other = (factories.user(role=Role.CS) for _ in range(3))
    one = log(factories.customer(owner=owner), writer)
    assert [interactions.may_change(user, one) for user in (writer, owner, other, by)] == [True, True, False, True]


def test_open_complaints_are_those_nobody_closed(by):
    who = factories.customer()
    for category, status in (
        ("complaint", "open"),
        ("complaint", "working"),
        ("complaint", "closed"),
        ("request", "open"),
    ):
        log(who, by, category=category, status=status, subject=f"{category} {status}")
    assert [one.subject for one in interactions.open_complaints(who)] == ["complaint open", "complaint working"]


# --- the pages


@pytest.fixture
def staff(client):
    return signed_in(client, Role.CS)


def signed_in(client, role):
    client.user = factories.user(role=role)
    client.force_login(client.user, backend="accounts.backends.StaffBackend")
    return client


def address(name, who, *more):
    return reverse(f"customers:{name}", args=[who.pk, *more])


def text(answer):
    return answer.content.decode()


def entry(**fields):
    return {"kind": "phone", "direction": "inbound", "occurred_at": "2026-11-20T10:00", "subject": "用件", **fields}


def test_a_call_about_a_colleagues_customer_is_written_down(staff):
    who = factories.customer(owner=factories.user())
    answer = staff.post(address("log", who), entry(next_action="折り返す", next_on="2026-11-25"))
    assert answer.url == address("detail", who)
    written = Interaction.objects.get()
    found = (written.by, written.kind, written.direction, str(written.next_on), written.status)
    assert found == (staff.user, "phone", "inbound", "2026-11-25", "closed")
    assert "2026/11/20 10:00" in text(staff.get(answer.url))


def test_everything_there_is_to_say_of_a_contact_is_written_down(staff):
    who = factories.customer()
    person = Contact.objects.create(customer=who, name="田中")
    typed = {"category": "complaint", "status": "open", "priority": "urgent", "contact": person.pk}
    typed |= {"satisfaction": "2.5", "competitor": "他社", "body": "怒っている"}
    staff.post(address("log", who), entry(**typed))
    written = Interaction.objects.get()
    assert (written.category, written.status, written.priority, written.contact) == (
        "complaint",
        "open",
        "urgent",
        person,
    )
    assert (float(written.satisfaction), written.competitor, written.body) == (2.5, "他社", "怒っている")


@pytest.mark.parametrize(
    "missing",
    [{"subject": ""}, {"next_action": "折り返す"}, {"occurred_at": ""}, {"kind": "telepathy"}, {"satisfaction": "101"}],
)
def test_what_is_missing_is_said_at_the_field_and_nothing_typed_is_lost(staff, missing):
    who = factories.customer()
    for source in ({"from": "page"}, {}):
        answer = staff.post(
            address("log", who), entry(body="" if "subject" in missing else "大事な話", **missing, **source)
        )
        assert answer.status_code == 422
        assert "invalid-feedback" in text(answer)
        assert "subject" in missing or "大事な話" in text(answer)
        assert not source or '<details class="card-body" open' in text(answer)
    assert not Interaction.objects.exists()


def test_a_contact_of_another_customer_is_not_taken(staff):
    stranger = Contact.objects.create(customer=factories.customer(), name="他人")
    assert staff.post(address("log", factories.customer()), entry(contact=stranger.pk)).status_code == 422


def test_send_me_nothing_more_is_one_tick_and_shows_at_once(staff):
    who = factories.customer()
    Contact.objects.create(customer=who, email="info@example.jp", is_primary=True)
    answer = staff.post(address("log", who), entry(is_refusal="on"), follow=True)
    assert Suppression.objects.get().address == "info@example.jp"
    assert "tag tag-bad" in text(answer)
    assert "1件の宛先を配信停止にしました" in text(answer)


def test_a_promise_is_ticked_off_unless_it_is_kept(staff):
    who = factories.customer()
    staff.post(address("log", who), entry(next_on="2026-11-25"))
    assert 'name="keeps"' in text(staff.get(address("detail", who)))
    staff.post(address("log", who), entry(keeps="on"))
    assert who.interactions.filter(next_on__isnull=False, next_done_at=None).exists()
    staff.post(address("log", who), entry())
    assert not who.interactions.filter(next_on__isnull=False, next_done_at=None).exists()
    assert 'name="keeps"' not in text(staff.get(address("detail", who)))


def test_from_the_list_one_writes_it_down_and_stands_in_the_list_again(staff):
    who = factories.customer(owner=staff.user)
    page = text(staff.get("/customers/", {"sort": "ltv"}))
    assert f"{address('log', who)}?back=%2Fcustomers%2F%3F" in page
    back = "/customers/?scope=mine&sort=ltv"
    assert 'name="back" value="/customers/?scope=mine&amp;sort=ltv"' in text(
        staff.get(address("log", who), {"back": back})
    )
    assert staff.post(address("log", who), entry(back=back)).url == back


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", ""])
def test_one_comes_back_to_pages_of_ours_alone(staff, back):
    who = factories.customer()
    assert staff.post(address("log", who), entry(back=back)).url == address("detail", who)


def test_an_open_complaint_stands_above_the_page_until_it_is_closed(staff):
    who = factories.customer(owner=staff.user)
    one = Interaction.objects.create(
        customer=who, occurred_at=timezone.now(), category="complaint", status="open", subject="納期が遅い"
    )
    page = text(staff.get(address("detail", who)))
    assert page.count("納期が遅い") == 2
    close = address("interaction-close", who, one.pk)
    assert close in page
    assert staff.get(close).status_code == 405
    assert staff.post(close).url == address("detail", who)
    assert text(staff.get(address("detail", who))).count("納期が遅い") == 1


def test_an_entry_is_changed_on_its_page(staff):
    who = factories.customer()
    one = Interaction.objects.create(customer=who, occurred_at=NOW, subject="前", by=staff.user, body="一\n二")
    page = staff.get(address("interaction", who, one.pk))
    typed = sent(page.context["form"])
    assert typed["occurred_at"] == "2026-11-21T12:00"
    answer = staff.post(address("interaction", who, one.pk), {**typed, "subject": "後", "body": "一\r\n二"})
    assert answer.url == address("detail", who)
    one.refresh_from_db()
    assert (one.subject, one.occurred_at) == ("後", NOW)
    assert staff.post(address("interaction", who, one.pk), {**typed, "occurred_at": ""}).status_code == 422


def sent(form):
    """What a browser sends of a form it was shown."""
    found = {name: form[name].value() for name in form.fields}
    shown = {name: form[name].field.widget.format_value(value) for name, value in found.items() if value is not None}
    return {name: value[0] if isinstance(value, list) else value for name, value in shown.items() if value is not None}


def test_of_two_who_change_an_entry_at_once_neither_loses_anything(staff):
    who = factories.customer()
    one = Interaction.objects.create(customer=who, occurred_at=NOW, subject="前", body="本文", by=staff.user)
    page, other = address("interaction", who, one.pk), signed_in(Client(), Role.MANAGER)
    typed = sent(staff.get(page).context["form"])
    other.post(page, {**typed, "subject": "相手の件名", "status": "open"})
    answer = staff.post(page, {**typed, "subject": "私の件名", "body": "私の本文\r\n二行目"})
    assert answer.status_code == 409
    again = answer.context["form"]
    assert [(clash.name, clash.mine, clash.theirs) for clash in again.clashes] == [
        ("subject", "私の件名", "相手の件名")
    ]
    assert [(clash.name, clash.mine, clash.theirs) for clash in again.followed] == [("status", "完了", "未対応")]
    answer = staff.post(page, {**sent(again), "take_subject": "theirs"})
    assert answer.status_code == 302
    one.refresh_from_db()
    assert (one.subject, one.status, one.body) == ("相手の件名", "open", "私の本文\n二行目")


def test_entries_of_others_with_others_customers_cannot_be_changed(staff):
    who = factories.customer(owner=factories.user())
    one = Interaction.objects.create(customer=who, occurred_at=NOW, subject="前", by=factories.user())
    for name in ("interaction", "interaction-close"):
        assert staff.post(address(name, who, one.pk)).status_code == 403
    assert staff.get(address("interaction", factories.customer(), one.pk)).status_code == 404
