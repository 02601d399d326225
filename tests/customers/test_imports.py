"""The pages of bringing a file in, by HTTP: upload → columns → preview → run → rejected rows."""

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role, User
from customers.importing import running
from customers.importing.labels import FIELDS
from customers.models import Customer, Import, SavedMapping
from tests import factories

pytestmark = pytest.mark.django_db
CSV = "顧客番号,氏名,メール,メルマガ可否,血液型\r\n1,山田 太郎,taro@example.jp,1,A\r\n2,鈴木,壊れた,0,B\r\n"


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def admin(client):
    user = User.objects.create_user("kanri@example.jp", name="管理者", role=Role.ADMIN)
    client.force_login(user, backend="accounts.backends.StaffBackend")
    return client


def upload(client, text=CSV, kind="customers", codec="cp932", name="顧客.csv"):
    file = SimpleUploadedFile(name, text.encode(codec))
    return client.post(reverse("customers:imports"), {"kind": kind, "file": file})


def test_a_file_goes_from_upload_to_its_rejected_rows(admin, django_capture_on_commit_callbacks, monkeypatch):
    woken = []
    monkeypatch.setattr("customers.tasks.run_import.apply_async", lambda args, **_: woken.append(args))
    answer = upload(admin)
    draft = Import.objects.get()
    assert answer.url == reverse("customers:import-mapping", args=[draft.pk])

    page = admin.get(answer.url).content.decode()
    assert "cp932" in page
    assert "taro@example.jp" in page
    choices = {
        "column_0": "customer_id",
        "column_1": "name",
        "column_2": "email",
        "column_3": "mail_ok",
        "column_4": "+",
    }
    answer = admin.post(answer.url, choices)
    assert answer.url == reverse("customers:import-preview", args=[draft.pk])

    preview = admin.get(answer.url)
    assert (preview.context["found"].counts.created, preview.context["found"].rejected) == (1, 1)
    assert Customer.objects.count() == 0
    with django_capture_on_commit_callbacks(execute=True):
        answer = admin.post(answer.url, {"basis": "relation"})
    assert woken == [(draft.pk,)]
    assert answer.url == reverse("customers:import-detail", args=[draft.pk])

    progress = admin.get(answer.url, headers={"HX-Request": "true"})
    assert "every 1s" in progress.content.decode()
    running.run(import_id=draft.pk, now=timezone.now())
    done = admin.get(answer.url, headers={"HX-Request": "true"})
    assert done.headers["HX-Refresh"] == "true"
    assert Customer.objects.get().attributes == {"血液型": "A"}
    assert Customer.objects.get().consents.get().basis == "relation"

    rejected = admin.get(reverse("customers:import-rejects", args=[draft.pk]))
    text = rejected.getvalue().decode("cp932")
    assert text.splitlines()[0] == "顧客番号,氏名,メール,メルマガ可否,血液型,理由,行"
    assert text.splitlines()[1].startswith("2,鈴木,壊れた,0,B,bad_email: ")
    assert text.splitlines()[1].endswith(",3")
    assert rejected.headers["Content-Disposition"].startswith("attachment")

    assert SavedMapping.objects.get().mapping["columns"]["#4"] == "attributes.血液型"
    upload(admin, text=CSV + "3,佐藤,,,\r\n")
    again = admin.get(reverse("customers:import-mapping", args=[Import.objects.order_by("-id")[0].pk]))
    assert again.context["is_remembered"]
    assert all(not row.is_asked for row in again.context["rows"])


def test_an_unclear_consent_column_is_asked(admin):
    upload(admin)
    page = admin.get(reverse("customers:import-mapping", args=[Import.objects.get().pk]))
    assert [row.header for row in page.context["rows"] if row.is_asked] == ["メルマガ可否"]


def test_a_missing_required_column_stays_on_the_page_and_says_so(admin):
    upload(admin)
    address = reverse("customers:import-mapping", args=[Import.objects.get().pk])
    page = admin.post(address, {"column_0": "-", "column_1": "name"})
    assert page.status_code == 200
    assert "customer_id" in page.content.decode()


def test_a_file_that_is_no_text_says_so(admin):
    file = SimpleUploadedFile("x.csv", b"PK\x03\x04" + bytes(50))
    answer = admin.post(reverse("customers:imports"), {"kind": "customers", "file": file})
    page = admin.get(answer.url)
    assert page.status_code == 200
    assert page.context["refusal"]
    preview = admin.get(reverse("customers:import-preview", args=[Import.objects.get().pk]))
    assert preview.url == answer.url


def test_reading_again_with_another_delimiter_and_encoding(admin):
    upload(admin, text="id;name\n1;あ\n", codec="utf-8")
    address = reverse("customers:import-mapping", args=[Import.objects.get().pk])
    page = admin.post(
        address, {"reread": "1", "delimiter": "comma", "encoding": "utf-8", "header_row": "1", "date_order": "DMY"}
    )
    assert page.context["layout"].header == ["id;name"]
    assert Import.objects.get().mapping == {"delimiter": ",", "encoding": "utf-8", "header_row": 1, "date_order": "DMY"}
    page = admin.post(address, {"reread": "1", "header_row": "0"})
    assert page.context["layout"].header == ["0", "1"]


def test_consent_needs_its_words(admin):
    upload(admin, text="id,name,email\n1,あ,a@example.jp\n")
    pk = Import.objects.get().pk
    answer = admin.post(reverse("customers:import-preview", args=[pk]), {"basis": "consent"})
    assert answer.url == reverse("customers:import-preview", args=[pk])
    assert Import.objects.get().state == Import.State.DRAFT


def test_stopping_an_import(admin):
    upload(admin)
    pk = Import.objects.get().pk
    assert admin.post(reverse("customers:import-cancel", args=[pk])).url == reverse("customers:imports")
    assert Import.objects.get().state == Import.State.CANCELLED
    assert admin.get(reverse("customers:import-detail", args=[pk])).status_code == 200


def test_without_redis_the_import_waits_in_the_table(admin, django_capture_on_commit_callbacks, monkeypatch):
    from kombu.exceptions import OperationalError

    def away(*_args, **_options):
        raise OperationalError

    monkeypatch.setattr("customers.tasks.run_import.apply_async", away)
    upload(admin, text="id,name\n1,あ\n")
    with django_capture_on_commit_callbacks(execute=True):
        admin.post(reverse("customers:import-preview", args=[Import.objects.get().pk]))
    assert running.due() == [Import.objects.get().pk]


def test_an_upload_without_a_file_is_refused_at_the_field(admin):
    answer = admin.post(reverse("customers:imports"), {"kind": "customers"})
    assert answer.status_code == 422
    assert "file" in answer.context["form"].errors


@pytest.mark.parametrize("role", [Role.CS, Role.MANAGER])
def test_only_admins_import(client, role):
    client.force_login(
        User.objects.create_user("x@example.jp", name="x", role=role), backend="accounts.backends.StaffBackend"
    )
    assert client.get(reverse("customers:imports")).status_code == 403


def test_the_list_and_the_examples_of_changed_rows(admin):
    upload(admin, text="id,name,industry\n1,あ,小売\n")
    first = Import.objects.get()
    running.confirm(imported=first, by=User.objects.get(), options={})
    running.run(import_id=first.pk, now=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    upload(admin, text="id,name,industry\n1,あ,製造\n")
    page = admin.get(reverse("customers:import-preview", args=[Import.objects.order_by("-id")[0].pk]))
    assert page.context["found"].updated[0].changes == [(FIELDS["industry"], "小売", "製造")]
    assert admin.get(reverse("customers:imports")).status_code == 200


def test_the_preview_of_a_company_shows_its_own_name_not_that_of_the_person_there(admin):
    company = factories.customer("1", kind="company", name="株式会社青空", kana="アオゾラ")
    company.contacts.create(name="濵田 直子", kana="ハマダ ナオコ", email="hamada@example.jp", is_primary=True)
    answer = upload(admin, "customer_id,name,industry\n1,株式会社青空,宿泊\n")
    answer = admin.post(answer.url, {"column_0": "customer_id", "column_1": "name", "column_2": "industry"})
    (example,) = admin.get(answer.url).context["found"].updated
    assert [(str(label), old, new) for label, old, new in example.changes] == [("業種", "", "宿泊")]
