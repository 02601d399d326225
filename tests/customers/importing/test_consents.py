"""Consents from files: refusals at once, agreements only with their ground and an admin, nothing refused is lifted."""

import datetime as dt

import pytest
from django.core.files.base import ContentFile

from accounts import api_keys
from accounts.models import AuditEvent
from customers import consent
from customers.importing import granting, previewing, running, staging
from customers.models import Channel, Consent, Contact, Import, ImportReject, Suppression
from tests import factories

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 21, 3, tzinfo=dt.UTC)
MAIL = Channel.MAIL


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def customers():
    made = [factories.customer(code) for code in ("1", "2", "3")]
    for who in made:
        Contact.objects.create(
            customer=who, email=f"c{who.code}@example.jp", phone=f"031234000{who.code}", is_primary=True
        )
    return made


def bring(text, *, kind="consents", mapping=None, by=None, source=Import.Source.BROWSER, **options):
    """The import, and that the dry run before it promised the very counts."""
    given = {"kind": kind, "file_name": "f.csv", "mapping": mapping or {}, "options": options, "by": by}
    draft = running.start(source=ContentFile(text.encode()), state=Import.State.DRAFT, **given)
    Import.objects.filter(pk=draft.pk).update(source=source)
    draft.refresh_from_db()
    found = previewing.preview(draft, *staging.layout_and_mapping(draft))
    assert running.confirm(imported=draft, by=by, options={})
    done = running.run(import_id=draft.pk, now=NOW)
    assert done.state == Import.State.DONE, done.error
    promised = (found.counts.created, found.counts.updated, found.counts.unchanged, found.rejected)
    assert promised == (done.created, done.updated, done.unchanged, done.rejected)
    return done


def counts(imported):
    assert imported.created + imported.updated + imported.unchanged + imported.rejected == imported.rows
    return imported.created, imported.updated, imported.unchanged, imported.rejected


def rejects(imported):
    return [(reject.line, reject.code) for reject in ImportReject.objects.filter(imported=imported).order_by("line")]


def ledger(*fields):
    return list(Consent.objects.order_by("id").values_list(*(fields or ("channel", "address", "state"))))


def suppressed():
    return set(Suppression.objects.filter(lifted_at=None).values_list("channel", "address"))


REFUSALS = (
    "顧客番号,チャネル,アドレス,同意,日時,取得元\n"
    "1,メール,Ｃ1@Example.jp,拒否,2026/4/1 10:00,電話で申出\n"
    "2,DM,東京都千代田区1-1,不可,2026/4/1,はがき\n"
    "3,電話,03-1234-0003,withdrawn,2026/4/1,電話で申出\n"
)


def test_refusals_take_hold_at_once_whoever_brings_them(customers):
    done = bring(REFUSALS, by=factories.user(role="cs"))
    assert counts(done) == (3, 0, 0, 0)
    assert ledger() == [
        ("mail", "c1@example.jp", "withdrawn"), ("postal", "2", "withdrawn"), ("phone", "0312340003", "withdrawn"),
    ]  # fmt: skip
    assert suppressed() == {("mail", "c1@example.jp"), ("postal", "2"), ("phone", "0312340003")}
    entry = Consent.objects.first()
    assert (entry.at, entry.source) == (dt.datetime(2026, 4, 1, 1, tzinfo=dt.UTC), "電話で申出")
    assert (entry.contact.customer, entry.by, entry.imported) == (customers[0], done.by, done)
    assert counts(bring(REFUSALS, by=factories.user(role="cs"))) == (0, 0, 3, 0)
    assert Consent.objects.count() == 3


def test_a_refusal_without_a_day_is_news_once(customers):
    text = "customer_id,channel,address,state\n1,mail,c1@example.jp,拒否\n1,mail,c1@example.jp,拒否\n"
    assert counts(bring(text)) == (1, 0, 1, 0)
    assert ledger("at", "source") == [(NOW, "import")]
    assert counts(bring(text)) == (0, 0, 2, 0)


def test_a_refusal_of_the_customer_holds_for_every_address_also_later_ones(customers):
    Contact.objects.create(customer=customers[0], email="second@example.jp")
    assert counts(bring("customer_id,channel,state\n1,メール,拒否\n")) == (1, 0, 0, 0)
    assert suppressed() == {("mail", "c1@example.jp"), ("mail", "second@example.jp")}
    assert counts(bring("customer_id,channel,state\n1,メール,拒否\n")) == (0, 0, 1, 0)
    Contact.objects.create(customer=customers[0], email="third@example.jp")
    consent.settle([customers[0].pk])
    assert ("mail", "third@example.jp") in suppressed()
    admin = factories.user(role="admin")
    late = bring(AGREED.replace("c1@example.jp", "fourth@example.jp"), by=admin)
    assert rejects(late) == [(2, "refused_before")]


AGREED = (
    "customer_id,channel,address,state,at,source,wording\n"
    "1,mail,c1@example.jp,許諾,2026-04-01,登録フォーム,お得な情報をメールで受け取ります。\n"
)


def test_an_admin_brings_agreements_with_source_day_and_words(customers):
    admin = factories.user(role="admin")
    done = bring(AGREED, by=admin)
    assert counts(done) == (1, 0, 0, 0)
    entry = Consent.objects.get()
    assert (entry.state, entry.basis, entry.wording) == ("granted", "consent", "お得な情報をメールで受け取ります。")
    assert consent.standing(channel=MAIL, address="c1@example.jp").is_mailable
    event = AuditEvent.objects.get(action="consent.import")
    assert (event.actor, event.detail) == (admin, {"granted": 1, "withdrawn": 0})
    assert counts(bring(AGREED, by=admin)) == (0, 0, 1, 0)
    assert counts(bring(AGREED, by=factories.user(role="cs"))) == (0, 0, 1, 0)  # what stands already grants nothing


@pytest.mark.parametrize("role", ["cs", "manager"])
def test_nobody_else_brings_agreements(customers, role):
    done = bring(AGREED, by=factories.user(role=role))
    assert counts(done) == (0, 0, 0, 1)
    assert rejects(done) == [(2, "grant_needs_admin")]
    assert Consent.objects.count() == 0


def test_the_command_line_may_grant(customers):
    done = bring(AGREED, source=Import.Source.COMMAND)
    assert granting.consents_may_grant(done)
    assert counts(done) == (1, 0, 0, 0)


@pytest.mark.parametrize(("scope", "may"), [("consents:write", True), ("customers:write", False)])
def test_a_key_may_grant_only_with_its_scope_whoever_made_it(customers, scope, may):
    admin = factories.user(role="admin")
    key, _secret = api_keys.make(name="会員サイト", scopes=[scope], by=admin)
    done = bring(AGREED, source=Import.Source.API, by=admin, api_key=key.pk)
    assert counts(done) == ((1, 0, 0, 0) if may else (0, 0, 0, 1))
    key.revoked_at = NOW
    key.save()
    assert not granting.consents_may_grant(done)
    assert not granting.consents_may_grant(Import(kind="consents", source=Import.Source.API))


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("1,mail,c1@example.jp,同意,,フォーム,文言,", "grant_without_ground"),
        ("1,mail,c1@example.jp,同意,2026-04-01,,文言,", "grant_without_ground"),
        ("1,mail,c1@example.jp,同意,2026-04-01,フォーム,,", "grant_without_ground"),
        ("1,mail,c1@example.jp,同意,2026-04-01,フォーム,,謎", "bad_basis"),
        ("1,mail,c1,同意,2026-04-01,フォーム,文言,", "bad_email"),
        ("1,電話,なし?,同意,2026-04-01,フォーム,文言,", "bad_phone"),
        ("1,鳩,c1@example.jp,同意,2026-04-01,フォーム,文言,", "bad_channel"),
        ("1,mail,c1@example.jp,たぶん,2026-04-01,フォーム,文言,", "bad_state"),
        ("9,mail,c9@example.jp,拒否,2026-04-01,,,", "unknown_customer"),
        ("1,mail,c1@example.jp,同意,2026-04-01,名刺交換会,,名刺", ""),
        ("1,mail,c1@example.jp,同意,2026-04-01,契約書,,既存取引", ""),
        ("1,DM,,希望,2026-04-01,フォーム,文言,", ""),
        ("1,電話,,可,2026-04-01,フォーム,文言,", ""),
    ],
)
def test_what_an_entry_needs(customers, row, code):
    header = "customer_id,channel,address,state,at,source,wording,basis\n"
    done = bring(header + row + "\n", by=factories.user(role="admin"))
    assert rejects(done) == ([(2, code)] if code else [])
    assert counts(done) == ((0, 0, 0, 1) if code else (1, 0, 0, 0))


def test_an_agreement_without_an_address_is_for_the_primary_contact(customers):
    who = factories.customer("4")
    text = AGREED.replace("c1@example.jp", "") + "4,mail,,許諾,2026-04-01,フォーム,文言\n"
    assert rejects(bring(text, by=factories.user(role="admin"))) == [(3, "no_address")]
    assert ledger("address", "customer__code") == [("c1@example.jp", "1")]
    assert not who.consents.exists()


def test_a_basis_declared_for_the_file_fills_what_its_rows_do_not_say(customers):
    text = "customer_id,channel,address,state\n1,mail,c1@example.jp,可\n2,mail,c2@example.jp,不可\n"
    options = {"basis": "relation", "basis_at": "2026-04-01T00:00:00+09:00"}
    done = bring(text, by=factories.user(role="admin"), **options)
    assert counts(done) == (2, 0, 0, 0)
    assert ledger("address", "state", "basis", "source") == [
        ("c1@example.jp", "granted", "relation", "declaration"), ("c2@example.jp", "withdrawn", "", "import"),
    ]  # fmt: skip
    assert counts(bring(text, by=factories.user(role="admin"), **options)) == (0, 0, 2, 0)


@pytest.mark.parametrize("reason", ["refused", "bounced", "complained"])
def test_no_import_lifts_a_suppression(customers, reason):
    consent.suppress(channel=MAIL, address="c1@example.jp", reason=reason, source="x", at=NOW)
    done = bring(AGREED, by=factories.user(role="admin"))
    assert rejects(done) == [(2, "refused_before")]
    assert suppressed() == {("mail", "c1@example.jp")}
    assert Consent.objects.count() == 0


def test_a_history_of_agreement_then_refusal_comes_in_as_it_was_and_ends_refused(customers, monkeypatch):
    text = AGREED + "1,mail,c1@example.jp,拒否,2026-05-01,リンク,\n1,mail,c1@example.jp,同意,2026-06-01,電話,文言\n"
    monkeypatch.setattr(running, "CHUNK", 1)
    done = bring(text, by=factories.user(role="admin"))
    assert counts(done) == (2, 0, 0, 1)
    assert rejects(done) == [(4, "refused_before")]
    assert ledger("state") == [("granted",), ("withdrawn",)]
    assert not consent.standing(channel=MAIL, address="c1@example.jp").is_mailable
    assert counts(bring(text, by=factories.user(role="admin"))) == (0, 0, 2, 1)


def test_what_an_admin_lifted_is_not_refused_again_by_the_same_file(customers):
    admin = factories.user(role="admin")
    bring(REFUSALS)
    consent.lift(channel=MAIL, address="c1@example.jp", at=NOW, by=admin, why="ご本人から連絡")
    assert counts(bring(REFUSALS)) == (0, 0, 3, 0)
    assert ("mail", "c1@example.jp") not in suppressed()


def test_who_unsubscribes_while_the_file_is_read_stays_refused(customers, monkeypatch):
    def unsubscribed_in_between(*args, **kwargs):
        consent.suppress(channel=MAIL, address="c1@example.jp", reason="refused", source="link", at=NOW)
        return 20_000

    admin = factories.user(role="admin")
    source = ContentFile(AGREED.encode())
    queued = running.start(kind="consents", source=source, file_name="f", mapping={}, options={}, by=admin)
    monkeypatch.setattr(running.applying, "lock_customers", unsubscribed_in_between)
    assert counts(running.run(import_id=queued.pk, now=NOW)) == (0, 0, 1, 0)
    assert Consent.objects.count() == 0


def test_a_thousand_refused_people_imported_as_consented_stay_refused_and_each_is_reported():
    codes = [f"R{n:04}" for n in range(1000)]
    everybody = "customer_id,name,email,mail_ok\n" + "".join(f"{c},㈱{c},{c}@example.jp,不可\n" for c in codes)
    assert counts(bring(everybody, kind="customers")) == (1000, 0, 0, 0)
    header = "customer_id,channel,address,state,at,source,wording\n"
    agreed = header + "".join(f"{c},mail,{c}@example.jp,同意,2026-10-01,フォーム,文言\n" for c in codes)
    done = bring(agreed, by=factories.user(role="admin"))
    assert counts(done) == (0, 0, 0, 1000)
    assert {code for _line, code in rejects(done)} == {"refused_before"}
    assert len(suppressed()) == 1000
    assert not consent.mailable(Contact.objects.all()).exists()


@pytest.mark.parametrize(
    ("header", "cells", "refused"),
    [
        ("メルマガ可否", ("可", "不可"), {("mail", "b@example.jp")}),
        ("DM可否", ("可", "不可"), {("postal", "2")}),
        ("DM不可", ("", "○"), {("postal", "2")}),
        ("電話NG", ("0", "1"), {("phone", "0312340002")}),
        ("メルマガ", ("1", "0"), {("mail", "a@example.jp"), ("mail", "b@example.jp")}),  # which way? no, till confirmed
    ],
)
def test_columns_of_consent_among_customers_withdraw_by_what_their_values_say(header, cells, refused):
    text = f"customer_id,name,email,phone,{header}\n1,㈱あ,a@example.jp,0312340001,{cells[0]}\n"
    text += f"2,㈱い,b@example.jp,0312340002,{cells[1]}\n"
    assert counts(bring(text, kind="customers")) == (2, 0, 0, 0)
    assert suppressed() == refused
    assert not Consent.objects.filter(state="granted").exists()
    assert counts(bring(text, kind="customers")) == (0, 0, 2, 0)


@pytest.mark.parametrize(
    ("header", "later", "refused"),
    [
        ("メルマガ可否", "email\n1,㈱あ,a@example.jp", ("mail", "a@example.jp")),
        ("電話NG", "phone\n1,㈱あ,0312340001", ("phone", "0312340001")),
    ],
)
def test_a_refusal_in_a_row_without_an_address_is_not_lost(header, later, refused):
    no = "不可" if "可否" in header else "1"
    text = f"customer_id,name,{header}\n1,㈱あ,{no}\n"
    assert counts(bring(text, kind="customers")) == (1, 0, 0, 0)
    assert suppressed() == set()
    assert counts(bring(text, kind="customers")) == (0, 0, 1, 0)
    assert counts(bring(f"customer_id,name,{later}\n", kind="customers")) == (0, 1, 0, 0)
    assert suppressed() == {refused}
    assert counts(bring(text, kind="customers")) == (0, 0, 1, 0)
