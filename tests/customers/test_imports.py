"""The pages of bringing a file in, by HTTP: upload → columns → preview → run → rejected rows."""

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role, User
from customers.importing import running
from customers.importing.labels import FIELDS
from customers.models import Customer, Import, OwnerName, SavedMapping, Suppression
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
    page = admin.post(address, {"column_0": "-", "column_1": "name", "header_row": "1"})
    assert page.status_code == 422
    assert "customer_id" in page.context["refusal"]
    assert [row.chosen for row in page.context["rows"]][:2] == ["-", "name"]
    assert page.context["is_keyed"]


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


def address_of(page: str = "mapping", *, of: Import | None = None) -> str:
    return reverse(f"customers:import-{page}", args=[(of or Import.objects.order_by("-id")[0]).pk])


def test_what_was_typed_stays_when_two_columns_are_one_field(admin):
    upload(admin, "顧客番号,氏名,登録日,開始日\n1,あ,2026/1/1,2026/1/2\n")
    typed = {"column_0": "customer_id", "column_1": "name", "column_2": "joined_on", "column_3": "joined_on"}
    page = admin.post(address_of(), typed)
    assert page.status_code == 422
    assert "joined_on" in page.context["refusal"]
    assert [row.chosen for row in page.context["rows"]] == list(typed.values())
    assert [row.chosen for row in admin.get(address_of()).context["rows"]] == list(typed.values())


def test_reading_again_keeps_what_was_typed_for_columns_of_the_same_header(admin):
    upload(admin, "作成,2026年\n顧客番号,氏名,区分\n1,あ,い\n")
    typed = {"column_0": "customer_id", "column_1": "name", "column_2": "industry", "reread": "1"}
    page = admin.post(address_of(), typed | {"date_order": "DMY"})
    assert [row.chosen for row in page.context["rows"]] == ["customer_id", "name", "industry"]
    page = admin.post(address_of(), typed | {"header_row": "1"})  # other headers: those columns are guessed
    assert [row.header for row in page.context["rows"]] == ["作成", "2026年"]
    assert "columns" not in Import.objects.get().mapping


def test_another_header_is_shown_before_the_dry_run(admin):
    upload(admin, "顧客番号,氏名\n1,あ\n顧客コード,顧客名\n")
    page = admin.post(address_of(), {"column_0": "customer_id", "column_1": "name", "header_row": "3"})
    assert page.status_code == 200
    assert [row.header for row in page.context["rows"]] == ["顧客コード", "顧客名"]


def test_a_file_without_codes_gets_them_from_ticked_columns(admin):
    upload(admin, "氏名,電話,業種\n山田 太郎,0312345678,小売\n山田 太郎,0312345679,製造\n")
    page = admin.get(address_of())
    assert page.context["is_keyed"]
    typed = {"column_0": "name", "column_1": "phone", "column_2": "industry"}
    assert admin.post(address_of(), typed).status_code == 422
    answer = admin.post(address_of(), typed | {"key_0": "1", "key_1": "1", "source": " ECサイト "})
    assert answer.url == address_of("preview")
    assert Import.objects.get().mapping["key"] == ["#0", "#1"]
    assert Import.objects.get().mapping["constants"] == {"source": "ECサイト"}
    assert admin.get(answer.url).context["found"].counts.created == 2
    assert [row.is_key for row in admin.get(address_of()).context["rows"]] == [True, True, False]


def test_open_columns_are_asked_in_words_with_their_answers_first(admin):
    upload(admin, "顧客番号,顧客名,担当者,メルマガ可否\n1,青空,田中,2\n")
    staff, mail = [row for row in admin.get(address_of()).context["rows"] if row.is_asked]
    assert "自社" in staff.question
    assert [name for name, _label in staff.likely] == ["owner", "contact_name"]
    assert "送ってよい" in mail.question
    assert [name for name, _label in mail.likely] == ["mail_ok", "mail_ng"]
    upload(admin, "契約番号,顧客番号,解約日\n1,1,2026/1/1\n", kind="contracts")
    (day,) = [row for row in admin.get(address_of()).context["rows"] if row.is_asked]
    assert "申し出" in day.question
    upload(admin, "顧客番号,購入日,価格,数量\n1,2026/1/1,100,2\n", kind="purchases")
    (price,) = [row for row in admin.get(address_of()).context["rows"] if row.is_asked]
    assert "単価" in price.question


def test_the_unit_a_person_names_counts(admin):
    factories.customer("1")
    upload(admin, "顧客番号,購入日,金額\n1,2026/1/1,12\n", kind="purchases")
    row = admin.get(address_of()).context["rows"][2]
    assert (row.unit, row.scale) == ("", 1)
    typed = {"column_0": "customer_id", "column_1": "purchased_at", "column_2": "amount", "unit_2": "1000"}
    page = admin.get(admin.post(address_of(), typed).url)
    (example,) = page.context["found"].created
    assert {str(label): new for label, _old, new in example.changes}["金額"].startswith("12000")
    assert admin.get(address_of()).context["rows"][2].unit == 1000


def test_a_remembered_mapping_is_said_and_can_be_forgotten(admin):
    upload(admin, "顧客番号,氏名,区分\n1,あ,い\n")
    typed = {"column_0": "customer_id", "column_1": "name", "column_2": "industry"}
    admin.post(address_of(), typed)
    upload(admin, "顧客番号,氏名,区分\n2,う,え\n")
    page = admin.get(address_of())
    assert page.context["is_remembered"]
    assert page.context["rows"][2].chosen == "industry"
    page = admin.post(address_of(), {"forget": "1"}, follow=True)
    assert not page.context["is_remembered"]
    assert page.context["rows"][2].chosen == "+"
    assert not SavedMapping.objects.exists()


def test_a_known_export_is_named(admin):
    header = "Record ID,Company name,Company owner,Phone Number"
    upload(admin, f"{header}\n1,Aozora,,0312345678\n")
    assert admin.get(address_of()).context["export"] == "HubSpot の会社"


def test_names_of_staff_are_joined_on_the_dry_run_and_count_at_once(admin):
    person = User.objects.create_user("sato@example.jp", name="佐藤 花子", role=Role.CS)
    upload(admin, "顧客番号,顧客名,担当営業,自社担当者\n1,青空,,ハナ\n2,緑,,ハナ\n3,赤,,マサ\n")
    admin.post(
        address_of(),
        {"column_0": "customer_id", "column_1": "name", "column_2": "sales_owner", "column_3": "owner"},
    )
    page = admin.get(address_of("preview"))
    assert page.context["owners"] == [("ハナ", 2), ("マサ", 1)]
    answer = admin.post(address_of("owners"), {"text": ["ハナ", "マサ"], "user": [str(person.pk), ""]})
    assert answer.url == address_of("preview")
    page = admin.get(answer.url)
    assert page.context["owners"] == [("マサ", 1)]
    assert ("担当CS", "", "佐藤 花子") in [
        tuple(map(str, change)) for change in page.context["found"].created[0].changes
    ]
    assert OwnerName.objects.get().user == person


def test_the_same_file_under_another_name_is_said_with_day_and_state(admin):
    text = "id,name\n1,あ\n"
    upload(admin, text, name="一月.csv")
    first = Import.objects.get()
    running.confirm(imported=first, by=User.objects.get(), options={})
    running.run(import_id=first.pk, now=timezone.now())
    upload(admin, text, name="二月.csv")
    page = admin.get(address_of("preview"))
    assert page.context["same"] == [first]
    assert "一月.csv" in page.content.decode()
    assert [example.code for example in page.context["found"].unchanged] == ["1"]
    assert page.context["found"].counts.unchanged == 1


def test_equal_purchases_from_another_file_are_counted_those_of_this_file_are_not(admin):
    factories.customer("1")
    both, more = "顧客番号,購入日,金額\n1,2026/1/1,100\n", "顧客番号,購入日,金額\n1,2026/1/1,100\n1,2026/2/1,200\n"
    upload(admin, both, kind="purchases")
    running.confirm(imported=Import.objects.get(), by=User.objects.get(), options={})
    running.run(import_id=Import.objects.get().pk, now=timezone.now())
    upload(admin, more, kind="purchases")
    found = admin.get(address_of("preview")).context["found"]
    assert (found.counts.created, found.counts.unchanged, found.met) == (1, 1, 1)
    upload(admin, both, kind="purchases")
    found = admin.get(address_of("preview")).context["found"]
    assert (found.counts.unchanged, found.met) == (1, 0)


def test_the_number_who_become_mailable_leaves_out_refusals_and_who_agreed_before(admin):
    known = factories.customer("1", kind="person")
    known.contacts.create(name="あ", email="granted@example.jp", is_primary=True)
    known.consents.create(
        channel="mail", address="granted@example.jp", state="granted", basis="relation", source="x", at=timezone.now()
    )
    Suppression.objects.create(channel="mail", address="gone@example.jp", reason="refused", at=timezone.now())
    rows = ["1,granted@example.jp", "2,gone@example.jp", "3,new@example.jp", "4,other@example.jp", "5,"]
    upload(admin, "id,name,email\n" + "".join(f"{row.replace(',', ',な,')}\n" for row in rows))
    assert admin.get(address_of("preview")).context["found"].mailable == 2


def test_a_failed_import_is_tried_again_from_where_it_stood(admin, django_capture_on_commit_callbacks, monkeypatch):
    woken = []
    monkeypatch.setattr("customers.tasks.run_import.apply_async", lambda args, **_: woken.append(args))
    upload(admin, "id,name\n1,あ\n2,い\n")
    imported = Import.objects.get()
    running.confirm(imported=imported, by=User.objects.get(), options={})
    Import.objects.update(state=Import.State.FAILED, error="止まりました", finished_at=timezone.now())
    assert "止まりました" in admin.get(address_of("detail")).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        assert admin.post(address_of("again")).url == address_of("detail")
        admin.post(address_of("again"))  # twice is once
    assert woken == [(imported.pk,)]
    running.run(import_id=imported.pk, now=timezone.now())
    done = Import.objects.get()
    assert (done.state, done.created, done.error) == (Import.State.DONE, 2, "")


def test_the_list_pages_on_and_narrows_down_and_hides_calls(admin):
    by = User.objects.get()
    made = [
        Import.objects.create(kind="customers", file_name=f"{number}.csv", by=by, state=Import.State.DONE)
        for number in range(52)
    ]
    call = Import.objects.create(kind="customers", file_name="call", source=Import.Source.API, by=by)
    failed = Import.objects.create(kind="purchases", file_name="x.csv", by=by, state=Import.State.FAILED)
    page = admin.get(reverse("customers:imports"))
    assert page.context["imports"][0] == failed
    assert (len(page.context["imports"]), page.context["count"]) == (50, 53)
    page = admin.get(reverse("customers:imports") + page.context["next_url"])
    assert page.context["imports"] == [made[2], made[1], made[0]]
    assert (page.context["next_url"], page.context["first_url"]) == ("", "?")
    narrow = {"of": "purchases", "state": "failed"}
    assert admin.get(reverse("customers:imports"), narrow).context["imports"] == [failed]
    assert call in admin.get(reverse("customers:imports"), {"calls": "1"}).context["imports"]
    none = admin.get(reverse("customers:imports"), {"of": "events"} | {"before": "9" * 30})
    assert none.context["imports"] == []


def test_companies_of_cp932_without_header_or_codes_come_to_the_dry_run(admin, sample_data):
    path = sample_data / "japan" / "companies_cp932.csv"
    file = SimpleUploadedFile("企業一覧.csv", path.read_bytes())
    page = admin.post(reverse("customers:imports"), {"kind": "customers", "file": file}, follow=True)
    assert "見出し" in page.context["refusal"]  # asks where it stands, or that there is none
    page = admin.post(address_of(), {"reread": "1", "header_row": "0"})
    assert (page.context["layout"].encoding, len(page.context["rows"])) == ("cp932", 13)
    assert page.context["is_keyed"]
    fields = {1: "kana", 2: "name", 3: "prefecture", 4: "city", 5: "street", 6: "building", 7: "postal_code"}
    answers = {f"column_{index}": fields.get(index, "-") for index in range(13)}
    page = admin.post(
        address_of(), answers | {"header_row": "0", "key_2": "1", "key_7": "1", "clear_empty": ""}, follow=True
    )
    found = page.context["found"]
    assert (found.counts.created, found.rejected, found.rows) == (3000, 0, 3000)
    assert not SavedMapping.objects.exists()  # there is no header to know the next file by


def test_customers_of_utf8_with_a_mark_come_to_the_dry_run_as_guessed(admin, sample_data):
    path = sample_data / "japan" / "customers_utf8bom.csv"
    file = SimpleUploadedFile("顧客.csv", path.read_bytes())
    page = admin.post(reverse("customers:imports"), {"kind": "customers", "file": file}, follow=True)
    rows = page.context["rows"]
    assert not [row for row in rows if row.is_asked]
    page = admin.post(address_of(), {f"column_{row.index}": row.chosen for row in rows}, follow=True)
    found = page.context["found"]
    assert (found.counts.created, found.rejected, found.rows) == (21_971, 0, 21_971)
