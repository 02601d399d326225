"""Erasing a person: nothing of him is found any more, no figure moves, and his address stays refused."""

import json

import pytest
from django.db import connection, models
from django.test import Client
from django.urls import reverse
from django.utils import translation

from accounts.models import AuditEvent, Role
from customers import belonging, consent, editing, erasing, exporting, listing, personal, personal_columns
from customers.models import (
    Channel,
    Contact,
    Contract,
    Customer,
    Duplicate,
    ErasedAddress,
    Event,
    Import,
    ImportChange,
    ImportReject,
    Interaction,
    Received,
    Suppression,
)
from metrics import reports
from retention_crm import pipeline
from tests import factories

from .everything import CODE, EMAIL, NAME, NOW, PHONE, TODAY, WORDS, somebody

pytestmark = pytest.mark.django_db
WHY = "本人の請求(窓口)"


@pytest.fixture
def by():
    return factories.user(role=Role.ADMIN)


@pytest.fixture
def who(by):
    return somebody(by)


def erase(who, by, **more):
    with translation.override("ja"):
        return erasing.erase(customer=who, by=by, now=NOW, why=WHY, **more)


def found_in_the_database(words):
    """table → the words that stand in one of its rows, in any column; spaces, hyphens and case don't hide them."""
    found = {}
    for table in connection.introspection.table_names():
        with connection.cursor() as cursor:
            name = connection.ops.quote_name(table)
            cursor.execute(f"SELECT lower(normalize(one::text, NFKC)) FROM {name} AS one")
            text = "\n".join(row[0] for row in cursor.fetchall())
        text += text.replace("-", "").replace(" ", "")
        if hits := {word for word in words if word.lower() in text}:
            found[table] = hits
    return found


def test_the_person_stood_nearly_everywhere_before(who):
    assert len(found_in_the_database(WORDS)) >= 15


def test_afterwards_nothing_of_the_person_is_found_in_any_table(who, by, django_capture_on_commit_callbacks):
    storage, name = Import.objects.get().file.storage, Import.objects.get().file.name
    with django_capture_on_commit_callbacks(execute=True):
        erase(who, by)
    assert found_in_the_database(WORDS) == {}
    assert not storage.exists(name)


def test_search_pages_exports_and_the_persons_own_file_show_a_number_only(who, by, client):
    erase(who, by)
    client.force_login(by, backend="accounts.backends.StaffBackend")
    pages = [
        client.get(reverse("customers:detail", args=[who.pk])),
        client.get("/customers/", {"scope": "all"}),
        client.post(reverse("customers:export") + "?scope=all"),
        client.post(reverse("customers:personal", args=[who.pk]), {"why": WHY}),
    ]
    for answer in pages:
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        assert answer.status_code == 200
        assert not [word for word in WORDS if word.encode() in body]
    assert f"削除済み{who.pk}" in pages[0].content.decode()
    wanted = [listing.Wanted(q=word) for word in ("権田原", EMAIL, "5678", CODE)]
    assert [listing.matching(one, user=by).count() for one in wanted] == [0, 0, 0, 0]
    assert listing.matching(listing.Wanted(q="削除済み"), user=by).get() == who


def test_no_figure_moves(who, by):
    factories.configure(churn_policy="inactivity")
    for number in range(5):
        factories.purchase(factories.customer(region="関東"), f"2026-0{number + 3}-01", 1000)
    pipeline.nightly(as_of=TODAY, now=NOW)

    def figures():
        asked = [("churn", "region"), ("churn", ""), ("ltv", "industry"), ("ltv", ""), ("cohorts", ""), ("rfm", "")]
        found = [reports.compute(name, as_of=TODAY, now=NOW, by=cut) for name, cut in asked]
        return json.loads(json.dumps(found, default=str))

    before = figures()
    assert any(row["lost"] for row in before[1])
    erase(who, by)
    pipeline.nightly(as_of=TODAY, now=NOW)
    assert figures() == before


def test_days_amounts_and_reasons_stay_without_the_persons_words(who, by):
    erase(who, by)
    assert sorted(who.purchases.values_list("amount", flat=True)) == [-2000, 12000]
    contract = Contract.objects.get(customer=who)
    assert (contract.mrr, contract.reason, contract.competitor) == (5000, "＊の退職", "他社")
    assert Event.objects.get(customer=who).data == {"reason": "予算", "points": 5}
    assert Interaction.objects.get(customer=who).competitor == "＊の知人の会社"
    who.refresh_from_db()
    assert (who.industry, who.region, who.kind, who.erased_at) == ("小売", "関東", "person", NOW)
    assert ImportChange.objects.get(model="customer").before == {"region": "近畿"}


def test_others_keep_what_is_theirs(who, by):
    erase(who, by)
    neighbour = Customer.objects.get(code="N-1")
    assert neighbour.name == "隣の人"
    assert neighbour.interactions.get().body == "連絡先は ＊ とのこと"
    assert ImportReject.objects.get(line=4).cells == ["other", "kept"]
    assert Received.objects.get(message_id="m2").payload == {"userId": "other"}
    assert Duplicate.objects.get().state == "gone"


def test_the_merged_record_goes_with_him(who, by):
    erase(who, by)
    loser = Customer.objects.get(merged_into=who)
    assert (loser.name, loser.code, loser.erased_at) == (f"削除済み{loser.pk}", f"erased-{loser.pk}", NOW)


@pytest.mark.parametrize(
    ("channel", "address"), [(Channel.MAIL, EMAIL), (Channel.PHONE, PHONE), (Channel.POSTAL, CODE)]
)
def test_what_comes_in_again_is_suppressed(who, by, channel, address):
    erase(who, by)
    assert ErasedAddress.objects.filter(hash=consent.address_hash(channel, address)).exists()
    back = editing.add(customer=Customer(code=CODE, name="新しい人"), email=EMAIL, phone=PHONE, by=by)
    assert consent.standing(channel=channel, address=address).suppressions
    assert not consent.mailable(back.contacts.all()).exists()


def test_a_suppression_others_share_stays_theirs(who, by):
    Contact.objects.create(customer=factories.customer(), email="kankuro.old@example.jp")
    erase(who, by)
    assert Suppression.objects.filter(address="kankuro.old@example.jp", lifted_at=None).exists()


def test_the_uploaded_files_stay_where_one_says_so(who, by, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        erase(who, by, files=False)
    made = Import.objects.get()
    assert made.file.storage.exists(made.file.name)


def test_a_file_still_on_its_way_in_is_not_deleted(who, by):
    Import.objects.update(state="applying")
    erase(who, by)
    assert Import.objects.get().file


def test_the_reason_and_numbers_alone_are_recorded(who, by):
    erase(who, by)
    row = AuditEvent.objects.get(action="customer.erase")
    assert (row.actor, row.object_id, row.detail["why"], row.detail["files"]) == (by, str(who.pk), WHY, 1)
    assert row.detail["rows"] > 10


@pytest.mark.parametrize("role", [Role.CS, Role.MANAGER])
def test_only_an_admin_may(who, role):
    with pytest.raises(erasing.ErasureError):
        erase(who, factories.user(role=role))
    assert Customer.objects.get(pk=who.pk).name == NAME


@pytest.mark.parametrize("why", ["", "  ", f"{NAME}様の請求", "権田原勘九郎 本人", f"{EMAIL} から", PHONE])
def test_without_a_reason_or_with_one_that_names_him_nothing_is_erased(who, by, why):
    with pytest.raises(erasing.ErasureError):
        erasing.erase(customer=who, by=by, now=NOW, why=why)
    assert Customer.objects.get(pk=who.pk).name == NAME


def test_who_is_erased_or_merged_is_not_erased_again(who, by):
    loser = Customer.objects.get(merged_into=who)
    with pytest.raises(erasing.ErasureError, match="統合"):
        erase(loser, by)
    erase(who, by)
    with pytest.raises(erasing.ErasureError, match="すでに"):
        erase(who, by)


def test_nobody_edits_or_logs_on_who_is_erased(who, by, client):
    erase(who, by)
    client.force_login(by, backend="accounts.backends.StaffBackend")
    who.refresh_from_db()
    assert not editing.may_edit(by, who)
    for name in ("edit", "contact-new"):
        assert client.get(reverse(f"customers:{name}", args=[who.pk])).status_code == 403
    for name in ("log", "erase"):
        assert client.get(reverse(f"customers:{name}", args=[who.pk])).status_code == 404
    page = client.get(reverse("customers:detail", args=[who.pk])).content.decode()
    assert reverse("customers:log", args=[who.pk]) not in page


# --- every table says what is personal


@pytest.mark.parametrize("model", belonging.tables(), ids=lambda model: model._meta.label)
def test_every_table_that_leads_to_a_person_says_what_is_personal_in_it(model):
    said = personal_columns.PERSONAL.get(model, getattr(model, "PERSONAL", None))
    assert said is not None or not personal_columns.texts(model), (
        f"{model}: give it PERSONAL = {{column: what stands there afterwards}}"
    )


def test_a_table_that_says_nothing_loses_every_text():
    class Meta:
        app_label = "customers"
        managed = False

    columns = {
        "kind": models.CharField(max_length=5, choices=[("a", "A")]),
        "note": models.TextField(),
        "data": models.JSONField(),
        "code": models.CharField(max_length=5, unique=True),
        "amount": models.IntegerField(),
    }
    silent = type("SilentOfTheTest", (models.Model,), {"__module__": "customers.models", "Meta": Meta, **columns})
    lost = personal_columns.personal(silent)
    assert (lost["note"], lost["data"]) == ("", {})
    assert set(lost) == {"note", "data", "code"}


def test_every_way_to_a_person_has_a_row_in_this_test(who):
    empty = [model._meta.label for model in belonging.tables() if not model._default_manager.exists()]
    assert empty == []


# --- the page


@pytest.fixture
def admin(client, by):
    client.force_login(by, backend="accounts.backends.StaffBackend")
    return client


def test_the_page_says_what_goes_what_stays_and_asks_for_the_code(who, by, admin):
    factories.customer("S-1", name="同じ番号の人")
    Contact.objects.create(customer=Customer.objects.get(code="S-1"), phone=PHONE)
    Interaction.objects.create(customer=Customer.objects.get(code="N-1"), occurred_at=NOW, body=f"{NAME}の紹介", by=by)
    Import.objects.create(kind="customers", state="queued", file_name="待っている.csv", sha256="y")
    page = admin.get(reverse("customers:erase", args=[who.pk])).content.decode()
    for words in ("同じ番号の人", "隣の人", "待っている.csv", "会員.csv", "OLD-1", CODE, "元に戻せません"):
        assert words in page
    assert Customer.objects.get(pk=who.pk).name == NAME


@pytest.mark.parametrize("wrong", [{"code": "x"}, {"code": ""}, {"why": ""}, {"why": EMAIL}])
def test_without_the_right_code_and_a_reason_nothing_happens(who, admin, wrong):
    answer = admin.post(reverse("customers:erase", args=[who.pk]), {"code": CODE, "why": WHY, **wrong})
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == list(wrong)
    assert Customer.objects.get(pk=who.pk).name == NAME


def test_with_the_code_and_a_reason_he_is_gone(who, admin):
    answer = admin.post(
        reverse("customers:erase", args=[who.pk]), {"code": CODE, "why": WHY, "files": "on"}, follow=True
    )
    assert "個人情報を削除しました" in answer.content.decode()
    assert Customer.objects.get(pk=who.pk).name == f"削除済み{who.pk}"
    assert Import.objects.get().file.name == ""


def test_a_manager_finds_no_way_to_erase(who):
    manager = Client()
    manager.force_login(factories.user(role=Role.MANAGER), backend="accounts.backends.StaffBackend")
    link = reverse("customers:erase", args=[who.pk])
    assert link not in manager.get(reverse("customers:detail", args=[who.pk])).content.decode()
    assert manager.post(link, {"code": CODE, "why": WHY}).status_code == 403


def test_what_is_left_out_of_a_persons_file_is_explained():
    assert all(len(why) > 20 for why in personal.LEFT_OUT.values())


def test_no_file_of_contacts_notes_or_consents_holds_his_empty_rows(who, by):
    kinds = ("contacts", "interactions", "consents")
    before = {kind: exporting.KINDS[kind].rows().count() for kind in kinds}
    erase(who, by)
    after = {kind: exporting.KINDS[kind].rows().count() for kind in kinds}
    assert before["consents"] > 0
    assert after == {"contacts": 0, "interactions": 1, "consents": 0}


# --- one person at a company


@pytest.fixture
def colleague(who):
    """Somebody at the person's company, with words of his own in its notes."""
    Customer.objects.filter(pk=who.pk).update(kind="company")
    one = Contact.objects.create(
        customer=who,
        name="同僚 花子",
        kana="ドウリョウ ハナコ",
        email="hanako@example.jp",
        phone="0455556666",
        title="部長",
    )
    Interaction.objects.create(customer=who, contact=one, occurred_at=NOW, body="本人と話した")
    Interaction.objects.create(customer=who, occurred_at=NOW, body="同僚花子さん(hanako@example.jp)に転送")
    Event.objects.create(customer=who, kind="x", at=NOW, data={"to": "hanako@example.jp", "n": 1})
    Event.objects.create(customer=who, contact=one, kind="y", at=NOW, data={"said": "秘密", "reason": "予算"})
    ImportReject.objects.create(imported=Import.objects.get(), line=9, code="x", cells=["同僚　花子", "a"])
    return one


HIS = ("同僚 花子", "同僚花子", "ドウリョウハナコ", "hanako@example.jp", "0455556666")


def test_of_one_person_at_a_company_nothing_is_found_and_the_others_stay(colleague, who, by):
    assert len(found_in_the_database(HIS)) == 4
    with translation.override("ja"):
        assert erasing.erase_contact(contact=colleague, by=by, now=NOW, why=WHY) > 0
    assert found_in_the_database(HIS) == {}
    colleague.refresh_from_db()
    assert (colleague.name, colleague.title, colleague.version) == (f"削除済み{colleague.pk}", "", 2)
    who.refresh_from_db()
    assert (who.name, who.erased_at) == (NAME, None)
    assert who.contacts.get(is_primary=True).email == EMAIL
    bodies = set(who.interactions.values_list("body", flat=True))
    assert bodies == {"", f"{EMAIL} {PHONE}", "＊さん(＊)に転送"}
    assert {one.kind: one.data for one in Event.objects.filter(kind__in="xy")} == {
        "x": {"n": 1},
        "y": {"reason": "予算"},
    }
    again = editing.add_contact(contact=Contact(customer=who, email="hanako@example.jp"), by=by)
    assert not consent.mailable(Contact.objects.filter(pk=again.pk)).exists()
    assert consent.standing(channel=Channel.MAIL, address="hanako@example.jp").suppressions


def test_who_is_the_customer_is_erased_as_the_customer(who, by):
    with pytest.raises(erasing.ErasureError):
        erasing.erase_contact(contact=who.contacts.get(is_primary=True), by=by, now=NOW, why=WHY)


@pytest.mark.parametrize(("role", "why"), [(Role.MANAGER, WHY), (Role.ADMIN, ""), (Role.ADMIN, "同僚 花子さんの請求")])
def test_one_person_is_erased_by_admins_with_a_reason_alone(colleague, role, why):
    with pytest.raises(erasing.ErasureError):
        erasing.erase_contact(contact=colleague, by=factories.user(role=role), now=NOW, why=why)
    assert Contact.objects.get(pk=colleague.pk).name == "同僚 花子"


def test_one_person_is_erased_on_a_page_that_asks_for_the_code(colleague, who, admin):
    link = reverse("customers:contact-erase", args=[who.pk, colleague.pk])
    assert link in admin.get(reverse("customers:contact", args=[who.pk, colleague.pk])).content.decode()
    assert "同僚 花子" in admin.get(link).content.decode()
    for wrong in ({"code": "x"}, {"why": "hanako@example.jp"}):
        assert admin.post(link, {"code": CODE, "why": WHY, **wrong}).status_code == 422
    assert admin.post(link, {"code": CODE, "why": WHY}).url == reverse("customers:detail", args=[who.pk])
    assert Contact.objects.get(pk=colleague.pk).email == ""
