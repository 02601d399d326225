"""A person's data to hand out: complete against a walk of all tables, streamed, recorded with the reason."""

import csv
import io
import json
import tempfile
import zipfile

import pytest
from django.urls import reverse

from accounts.models import AuditEvent, Role
from customers import belonging, personal
from customers.models import Contact, Customer
from tests import factories

from .everything import CODE, EMAIL, NAME, PHONE, somebody

pytestmark = pytest.mark.django_db
WHY = "本人の請求(書面)"


@pytest.fixture
def by():
    return factories.user(role=Role.MANAGER, name="責任者")


@pytest.fixture
def who(by):
    return somebody(by)


@pytest.fixture
def archive(who, by):
    return opened(personal.hand_out(person=who, by=by, why=WHY))


def opened(pieces):
    return zipfile.ZipFile(io.BytesIO(b"".join(pieces)))


def data_of(archive):
    return json.loads(archive.read("data.json"))


def rows_of(archive, name):
    return list(csv.DictReader(io.StringIO(archive.read(f"{name}.csv").decode("utf-8-sig"))))


def test_every_table_that_leads_to_a_person_is_handed_out_or_left_out_with_a_reason(who):
    """A new table of any app must come in, or be named in LEFT_OUT."""
    walked = {model._meta.label_lower for model in belonging.tables()}
    handed_out = {rows.model._meta.label_lower for _name, _columns, rows in personal.tables(who)}
    assert walked == (handed_out - {"customers.customer", "customers.suppression"}) | set(personal.LEFT_OUT)
    assert not handed_out & set(personal.LEFT_OUT)


def test_json_and_csv_hold_the_same_rows_of_every_table(archive):
    data = data_of(archive)
    assert set(archive.namelist()) == {"data.json", *(f"{name}.csv" for name in data)}
    assert {name: len(rows) for name, rows in data.items()} == {name: len(rows_of(archive, name)) for name in data}
    assert [name for name, rows in data.items() if not rows] == []


def test_it_holds_what_is_known_of_the_person_and_of_the_record_merged_into_his(archive):
    data = data_of(archive)
    assert [one["name"] for one in data["customer"]] == [NAME, NAME]
    assert data["customer"][0]["attributes"] == {"趣味": NAME}
    assert {(one["email"], one["phone"]) for one in data["contact"]} >= {(EMAIL, PHONE)}
    assert {one["amount"] for one in data["purchase"]} == {"12000.00", "-2000.00", "3000.00"}
    assert data["interaction"][0]["by"] == "責任者"
    assert data["purchase"][0]["product"] == "机"
    assert {one["address"] for one in data["suppression"]} == {"kankuro.old@example.jp", PHONE, CODE}
    assert data["delivery"][0]["campaign"] == "春の便り"
    assert rows_of(archive, "customer")[0]["attributes"] == json.dumps({"趣味": NAME}, ensure_ascii=False)


def test_it_holds_nothing_of_others_and_no_secret(archive):
    text = archive.read("data.json").decode()
    assert "隣の人" not in text
    assert "t" * 43 not in text
    assert not {"token", "line_key", "search_text"} & {name for rows in data_of(archive).values() for name in rows[0]}


def test_it_comes_in_pieces_and_leaves_nothing_on_the_disk(who, by, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise AssertionError("a temporary file")

    for name in ("NamedTemporaryFile", "TemporaryFile", "mkstemp", "mkdtemp", "SpooledTemporaryFile"):
        monkeypatch.setattr(tempfile, name, refuse)
    who.events.bulk_create(
        [who.events.model(customer=who, kind="x", at="2026-01-01T00:00Z", data={"n": n}) for n in range(3000)]
    )
    pieces = list(personal.hand_out(person=who, by=by, why=WHY))
    assert len(pieces) > 1000
    assert len(data_of(opened(pieces))["event"]) == 3001


def test_who_asked_is_recorded_before_the_first_piece(who, by):
    personal.hand_out(person=who, by=by, why=f"  {WHY} ")
    row = AuditEvent.objects.get(action="customer.personal")
    assert (row.actor, row.object_id, row.detail) == (by, str(who.pk), {"why": WHY})


@pytest.mark.parametrize("why", ["", " ", f"{NAME}の請求", EMAIL])
def test_without_a_reason_or_with_one_that_names_him_nothing_is_handed_out(who, by, why):
    with pytest.raises(personal.PersonalError):
        personal.hand_out(person=who, by=by, why=why)
    assert not AuditEvent.objects.filter(action="customer.personal").exists()


def test_cs_staff_may_not(who, client):
    staff = factories.user(role=Role.CS)
    with pytest.raises(personal.PersonalError):
        personal.hand_out(person=who, by=staff, why=WHY)
    client.force_login(staff, backend="accounts.backends.StaffBackend")
    link = reverse("customers:personal", args=[who.pk])
    assert link not in client.get(reverse("customers:detail", args=[who.pk])).content.decode()
    assert client.post(link, {"why": WHY}).status_code == 403


def test_the_page_says_what_it_holds_and_sends_it(who, by, client):
    client.force_login(by, backend="accounts.backends.StaffBackend")
    link = reverse("customers:personal", args=[who.pk])
    page = client.get(link).content.decode()
    assert "対応記録" in page
    answer = client.post(link, {"why": WHY})
    assert answer["Content-Disposition"] == f'attachment; filename="personal-data-{who.pk}.zip"'
    assert data_of(opened(answer.streaming_content))["customer"][0]["code"] == CODE
    assert client.post(link, {"why": ""}).status_code == 422
    assert client.post(link, {"why": EMAIL}).status_code == 422


def test_of_a_customer_of_whom_nothing_is_known_there_is_a_file_too(by):
    who = factories.customer()
    assert [len(rows) for rows in data_of(opened(personal.hand_out(person=who, by=by, why=WHY))).values()].count(1) == 1
    assert Customer.objects.filter(pk=who.pk).exists()


def test_of_a_contact_only_his_own_data_are_handed_out(who, by, client):
    colleague = Contact.objects.create(customer=who, name="同僚 花子", email="hanako@example.jp")
    link = reverse("customers:contact-personal", args=[who.pk, colleague.pk])
    client.force_login(by, backend="accounts.backends.StaffBackend")
    assert link in client.get(reverse("customers:contact", args=[who.pk, colleague.pk])).content.decode()
    data = data_of(opened(client.post(link, {"why": WHY}).streaming_content))
    assert [one["name"] for one in data["contact"]] == ["同僚 花子"]
    assert {name for name, rows in data.items() if rows} == {"contact"}
    assert AuditEvent.objects.get(action="customer.personal").detail == {"why": WHY, "contact": colleague.pk}
    assert client.post(link, {"why": "hanako@example.jp"}).status_code == 422
    person = who.contacts.get(is_primary=True)
    data = data_of(opened(personal.hand_out(person=person, by=by, why=WHY)))
    assert {name for name, rows in data.items() if rows} >= {"contact", "interaction", "event", "delivery", "consent"}
    assert {one["address"] for one in data["suppression"]} == {PHONE}
    assert "purchase" not in data


def test_every_table_that_leads_to_a_contact_is_handed_out(who):
    walked = {model._meta.label_lower for model in belonging.tables(Contact)}
    handed_out = {rows.model._meta.label_lower for _name, _columns, rows in personal.tables(who.contacts.first())}
    assert handed_out == walked | {"customers.contact", "customers.suppression"}
