"""The members of staff that files name: joined once by a person, and known from then on."""

import datetime as dt

import pytest
from django.core.files.base import ContentFile

from accounts import people
from accounts.models import AuditEvent, User
from customers.importing import owners, previewing, running, staging
from customers.models import Customer, Import, OwnerName
from tests import factories

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 21, 3, tzinfo=dt.UTC)
FILE = "customer_id,name,owner,担当営業,副担当\n1,あ,さとう,田中,\n2,い,さとう,鈴木,田中\n3,う,hanako@example.jp,,\n"


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def admin():
    return factories.user(role="admin")


def bring(text=FILE, kind="customers"):
    given = {"kind": kind, "file_name": "f.csv", "mapping": {}, "options": {}, "by": None}
    done = running.run(import_id=running.start(source=ContentFile(text.encode()), **given).pk, now=NOW)
    assert done.state == Import.State.DONE, done.error
    return done


def unknown(text=FILE, kind="customers"):
    given = {"kind": kind, "file_name": "f.csv", "mapping": {}, "options": {}, "by": None}
    draft = running.start(source=ContentFile(text.encode()), state=Import.State.DRAFT, **given)
    return previewing.preview(draft, *staging.layout_and_mapping(draft)).owners


def staff_of(code):
    who = Customer.objects.select_related("owner", "sales_owner", "deputy").get(code=code)
    return who.owner, who.sales_owner, who.deputy


def test_the_dry_run_lists_the_names_nobody_is_known_by_with_their_rows():
    factories.user("hanako@example.jp")
    factories.user("t1@example.jp", name="鈴木 一")
    factories.user("t2@example.jp", name="鈴木 二")
    assert unknown() == [("さとう", 2), ("田中", 2), ("鈴木", 1)]
    assert unknown("customer_id,purchased_at,amount\n1,2024-04-01,1\n", kind="purchases") == []


def test_a_name_joined_to_a_person_is_known_in_this_file_and_the_next(admin):
    sato, tanaka = factories.user(name="佐藤 花子"), factories.user(name="多中 一郎")
    owners.remember(text="さとう", user=sato, by=admin)
    owners.remember(text=" 田中 ", user=tanaka, by=admin)
    assert unknown() == [("hanako@example.jp", 1), ("鈴木", 1)]
    bring()
    assert staff_of("1") == (sato, tanaka, None)
    assert staff_of("2")[0] == sato
    assert staff_of("2")[2] == tanaka
    assert AuditEvent.objects.filter(action="owner_name.remember", actor=admin).count() == 2
    done = bring()
    assert (done.created, done.updated, done.unchanged, done.rejected) == (0, 0, 3, 0)


def test_a_joined_name_comes_before_address_name_and_surname(admin):
    right = factories.user()
    factories.user(name="佐藤")
    owners.remember(text="佐藤", user=right, by=admin)
    bring("customer_id,name,owner\n1,あ,佐藤\n")
    assert staff_of("1")[0] == right


def test_who_came_in_under_a_name_is_passed_on_when_it_is_joined(admin):
    bring()
    assert User.objects.filter(is_placeholder=True).count() == 4
    tanaka = factories.user(name="多中 一郎")
    owners.remember(text="田中", user=tanaka, by=admin)
    assert staff_of("1")[1] == tanaka
    assert staff_of("2")[2] == tanaka
    assert not User.objects.filter(is_placeholder=True, name="田中").exists()
    assert unknown() == [("さとう", 2), ("hanako@example.jp", 1), ("鈴木", 1)]


def test_a_placeholder_joined_among_the_users_is_remembered_too(admin):
    bring()
    person = factories.user()
    for name in ("さとう", "鈴木"):
        people.join_placeholder(placeholder=User.objects.get(name=name), user=person, by=admin)
    assert staff_of("2")[:2] == (person, person)
    done = bring(FILE + "4,え,さとう,鈴木,\n")
    assert (done.created, done.unchanged) == (1, 3)
    assert staff_of("4")[:2] == (person, person)
    assert OwnerName.objects.get(text="さとう").user == person


def test_a_name_may_be_joined_to_somebody_else_later(admin):
    one, other = factories.user(), factories.user()
    owners.remember(text="さとう", user=one, by=admin)
    owners.remember(text="さとう", user=other, by=admin)
    bring()
    assert staff_of("1")[0] == other


def test_nonsense_is_not_joined(admin):
    placeholder = User.objects.create(name="田中", email=None, is_active=False, is_placeholder=True)
    for text, user in (("", admin), ("x" * 101, admin), ("田中", placeholder)):
        with pytest.raises(owners.OwnerNameError):
            owners.remember(text=text, user=user, by=admin)
    assert not OwnerName.objects.exists()
