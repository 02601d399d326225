"""Taking an import back by HTTP and on the command line: what would happen, the progress, the result, what stayed."""

import csv
import io
import json

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone, translation

from accounts.models import AuditEvent, Role
from customers import tasks
from customers.importing import undo_kept, undo_tables, undoing
from customers.models import Contact, Customer, DimensionChange, Import, ImportChange, Purchase, UndoKept
from tests import factories
from tests.customers.importing.undone import LATER, PEOPLE, PEOPLE_CHANGED, TERMS, TERMS_CHANGED, bring

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def admin(client):
    user = factories.user(role=Role.ADMIN, name="管理者")
    client.force_login(user, backend="accounts.backends.StaffBackend")
    return client


@pytest.fixture
def woken(monkeypatch):
    found = []
    monkeypatch.setattr("customers.tasks.undo_import.apply_async", lambda args, **_: found.append(args))
    return found


def page(client, name, imported, **query):
    return client.get(reverse(f"customers:{name}", args=[imported.pk]), query)


def begin(client, imported):
    return client.post(reverse("customers:import-undo", args=[imported.pk]))


def text(answer):
    return answer.content.decode()


def test_an_admin_sees_what_would_happen_does_it_and_sees_what_came_of_it(
    admin, woken, django_capture_on_commit_callbacks
):
    bring("customers", PEOPLE)
    done = bring("customers", PEOPLE_CHANGED, now=LATER)
    Customer.objects.filter(code="C1").update(name="手で直した名前")
    assert reverse("customers:import-undo", args=[done.pk]) in text(page(admin, "import-detail", done))

    before = page(admin, "import-undo", done)
    assert before.context["totals"] == {"created": 2, "changed": 3, "kept": 1}
    line = before.context["lines"][0]
    assert (line.now, line.before) == ("手で直した名前", "山田 太郎")
    assert "元に戻されるもの" in text(before)
    assert Import.objects.get(pk=done.pk).state == Import.State.DONE  # looking changes nothing
    assert not UndoKept.objects.exists()

    with django_capture_on_commit_callbacks(execute=True):
        answer = begin(admin, done)
    assert answer.url == reverse("customers:import-undo", args=[done.pk])
    assert woken == [(done.pk,)]
    running = page(admin, "import-undo", done)
    assert "hx-trigger" in text(running)
    assert "hx-trigger" in text(page(admin, "import-detail", done))
    polled = admin.get(answer.url, headers={"HX-Request": "true"})
    assert "<html" not in text(polled)

    tasks.run_due_imports()
    after = page(admin, "import-undo", done)
    assert after.context["totals"] == before.context["totals"]
    assert after.context["figures"] == before.context["figures"]
    assert "手で直した名前" in text(after)
    assert "管理者" in text(after)
    assert admin.get(answer.url, headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"
    detail = text(page(admin, "import-detail", done))
    assert "手で直した名前" in detail
    assert "元に戻したもの" in detail


def test_the_history_says_who_undid_what(admin, woken):
    bring("customers", PEOPLE)
    done = bring("customers", PEOPLE_CHANGED, now=LATER)
    begin(admin, done)
    tasks.undo_import(done.pk)
    event = AuditEvent.objects.get(action="import.undo", object_type="customers.Import")
    undone = Import.objects.get(pk=done.pk)
    assert (event.actor, event.object_id) == (undone.undone_by, str(done.pk))
    assert event.detail["changed"] == undone.undone["changed"] == {"contact": 1, "customer": 2}
    touched = AuditEvent.objects.filter(action="import.undo", object_type="customers.Customer")
    codes = Customer.objects.filter(pk__in=[row.object_id for row in touched]).values_list("code", flat=True)
    assert (touched.count(), set(codes)) == (2, {"C1", "C2"})


def test_a_second_click_says_that_it_is_under_way(admin, woken):
    done = bring("customers", PEOPLE)
    begin(admin, done)
    answer = admin.post(reverse("customers:import-undo", args=[done.pk]), follow=True)
    assert "すでに元に戻しているところです" in text(answer)
    tasks.undo_import(done.pk)
    answer = admin.post(reverse("customers:import-undo", args=[done.pk]), follow=True)
    assert "すでに元に戻されています" in text(answer)


@pytest.mark.parametrize("state", ["queued", "staging", "applying", "draft"])
def test_an_import_that_is_not_over_cannot_be_undone(admin, state):
    running = Import.objects.create(kind="customers", state=state, file_name="f.csv", rows=1)
    assert page(admin, "import-undo", running).status_code == 302
    begin(admin, running)
    assert Import.objects.get().state == state


@pytest.mark.parametrize("state", ["cancelled", "failed"])
def test_what_a_stopped_or_failed_import_wrote_can_be_undone(admin, woken, state):
    done = bring("customers", PEOPLE)
    Import.objects.update(state=state)
    begin(admin, done)
    tasks.undo_import(done.pk)
    assert not Customer.objects.exists()


@pytest.mark.parametrize("role", [Role.CS, Role.MANAGER])
def test_only_admins_undo(client, role):
    done = bring("customers", PEOPLE)
    client.force_login(factories.user(role=role), backend="accounts.backends.StaffBackend")
    assert begin(client, done).status_code == 403
    assert page(client, "import-undo", done).status_code == 403
    assert page(client, "import-kept", done).status_code == 403


def test_without_a_queue_the_clock_takes_the_undo_up(admin, monkeypatch, django_capture_on_commit_callbacks):
    from kombu.exceptions import OperationalError

    def refuse(*_args, **_options):
        raise OperationalError

    monkeypatch.setattr("customers.tasks.undo_import.apply_async", refuse)
    done = bring("customers", PEOPLE)
    with django_capture_on_commit_callbacks(execute=True):
        assert begin(admin, done).status_code == 302
    tasks.run_due_imports()
    assert Import.objects.get().state == Import.State.UNDONE


def test_what_stayed_is_paged_and_comes_as_a_file(admin, monkeypatch):
    monkeypatch.setattr(undo_kept, "PAGE", 2)
    monkeypatch.setattr(undo_kept, "_BATCH", 2)
    done = bring("customers", PEOPLE)
    for customer in Customer.objects.all():
        Contact.objects.create(customer=customer, name="別の方")
    undoing.begin(import_id=done.pk, by=None)
    undoing.run(import_id=done.pk, now=LATER)
    first = page(admin, "import-undo", done)
    assert len(first.context["lines"]) == 2
    second = admin.get(reverse("customers:import-undo", args=[done.pk]) + first.context["next_url"])
    assert [line.name for line in second.context["lines"]] == ["鈴木 花子"]
    assert second.context["next_url"] == ""
    answer = page(admin, "import-kept", done)
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert rows[0] == ["データ", "名前", "項目", "理由", "現在の値", "元に戻すはずだった値"]
    assert [row[1] for row in rows[1:]] == ["山田 太郎", "青木商店", "鈴木 花子"]
    assert admin.get(reverse("customers:import-undo", args=[done.pk]), {"after": "x"}).status_code == 200


def test_values_that_stay_are_told_in_words(admin):
    sato, tanaka = factories.user(name="佐藤"), factories.user(name="田中")
    customer = factories.customer("C1", name="山田商店", owner=sato, tags=["VIP"], attributes={"血液型": "A"})
    contact = Contact.objects.create(customer=customer, name="田村", is_primary=True, role="window")
    bought = factories.purchase(customer, "2024-04-01", 100)
    region = DimensionChange.objects.create(customer=customer, dimension="region", since="2026-11-21", value="九州")
    done = Import.objects.create(kind="customers", state="undone", file_name="f.csv")

    def stays(model, row, field, now, before):
        return UndoKept.objects.create(
            imported=done, model=model, row_id=row, field=field, why="edited", now=now, before=before
        )

    kept = [
        stays("customer", customer.pk, "owner_id", str(sato.pk), str(tanaka.pk)),
        stays("customer", customer.pk, "tags", '["VIP"]', "[]"),
        stays("customer", customer.pk, "attributes", '{"血液型": "A"}', "{}"),
        stays("customer", customer.pk, "owner_id", "", "987654"),
        stays("contact", contact.pk, "is_primary", "true", "false"),
        stays("contact", contact.pk, "role", "window", ""),
        stays("purchase", bought.pk, "purchased_at", "2024-04-01T03:00:00+00:00", ""),
        stays("dimension", region.pk, "value", "九州", "関東"),
        stays("purchase", 987654, "", "", ""),
    ]
    with translation.override("ja"):
        lines = undo_kept.lines(kept)
        primary = str(Contact._meta.get_field("is_primary").verbose_name)
    assert [(line.field, line.now, line.before) for line in lines] == [
        ("担当CS", "佐藤", "田中"),
        ("タグ", "VIP", ""),
        ("その他の項目", "血液型: A", ""),
        ("担当CS", "", "#987654"),
        (primary, "はい", "いいえ"),
        ("役割", "窓口", ""),
        ("購入日時", "2024/04/01 12:00", ""),
        ("地域", "九州", "関東"),
        ("", "", ""),
    ]
    assert [line.name for line in lines][3:] == [
        "山田商店",
        "山田商店: 田村",
        "山田商店: 田村",
        "山田商店: 2024-04-01 100.00",
        "山田商店",
        "#987654",
    ]
    assert lines[-1].url == ""


def test_every_field_an_import_may_change_has_a_name():
    unnamed = []
    for table in undo_tables.TABLES:
        for column in table.columns:
            kept = UndoKept(model=table.name, row_id=1, field=column, why="edited")
            with translation.override("ja"):
                if undo_kept.label(kept).isascii():
                    unnamed.append(f"{table.name}.{column}")
    identity = {"line_key", "nth", "dimension", "since", "value"}  # of a dated value the page says which field it is
    others = {"archived_at", "erased_at", "merged_into_id", "next_done_at"}  # only people write these
    assert {one.split(".")[1] for one in unnamed} - identity - others == set()


def test_every_table_has_a_name_on_the_page():
    assert set(undo_kept.NAMES) == set(undo_tables.BY_NAME)


def command(*arguments):
    out = io.StringIO()
    call_command("undo_import", *map(str, arguments), stdout=out)
    return out.getvalue()


def test_the_command_looks_and_undoes():
    bring("contracts", TERMS, create_customers=True)
    done = bring("contracts", TERMS_CHANGED, create_customers=True, now=LATER)
    looked = json.loads(command(done.pk, "--dry-run", "--json"))
    assert Import.objects.get(pk=done.pk).state == Import.State.DONE
    undone = json.loads(command(done.pk, "--json"))
    assert looked == undone
    assert undone == {
        "import_id": done.pk,
        "created": {"contract": 2, "customer": 1},
        "changed": {"contract": 2},
        "kept": {},
        "consents": 0,
        "suppressions": 0,
    }


def test_the_command_says_it_in_a_sentence_and_refuses_in_one():
    done = bring("customers", PEOPLE)
    assert command(done.pk) == "f.csv: 6 gone, 0 as before, 0 kept\n"
    for flags in ([], ["--dry-run"]):
        with translation.override("en"), pytest.raises(CommandError, match="undone already"):
            command(done.pk, *flags)
    with pytest.raises(CommandError, match="no such import"):
        command(987654)


def test_the_command_goes_on_with_an_undo_left_by_a_killed_process():
    done = bring("customers", PEOPLE)
    undoing.begin(import_id=done.pk, by=None)
    command(done.pk)
    assert not Customer.objects.exists()


def test_nothing_is_left_behind_by_looking():
    done = bring("customers", PEOPLE)
    undoing.look(done, now=timezone.now())
    assert UndoKept.objects.count() == 0  # the real table again
    assert ImportChange.objects.filter(imported=done).count() == 0
    assert Purchase.objects.count() == 0
