"""The one row of settings, business days, roles, and the log that is only added to."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, connection, transaction

from accounts import audit
from accounts.models import AuditEvent, Installation, Role, Team, User
from accounts.roles import PERMISSIONS, allows
from tests import factories

pytestmark = pytest.mark.django_db


def test_there_is_one_row_of_settings():
    assert Installation.get() == Installation.get()
    assert str(Installation.get()) == "Modoru"
    with pytest.raises(IntegrityError), transaction.atomic():
        Installation.objects.create(id=2)


def test_the_business_day_follows_the_zone():
    row = factories.configure(time_zone="Asia/Tokyo", company_name="戻る商事")
    late = dt.datetime(2026, 3, 31, 15, 0, tzinfo=dt.UTC)
    assert row.day_of(late) == dt.date(2026, 4, 1)
    row.time_zone = "Europe/London"
    assert row.day_of(late) == dt.date(2026, 3, 31)
    assert str(row) == "戻る商事"


def test_an_unknown_zone_is_refused():
    with pytest.raises(ValidationError) as refused:
        Installation(time_zone="Tokyo").full_clean()
    assert list(refused.value.message_dict) == ["time_zone"]


def test_the_five_items_of_the_sender_are_missed_one_by_one():
    row = Installation.get()
    assert len(row.missing_sender_items) == 5
    row.sender_name, row.complaint_contact = "戻る商事", "03-0000-0000"
    assert row.missing_sender_items == ["sender_email", "sender_address", "refusal_notice"]


@pytest.mark.parametrize(
    "statement", ["UPDATE accounts_auditevent SET action = 'x'", "DELETE FROM accounts_auditevent"]
)
def test_the_audit_log_cannot_be_changed(statement):
    audit.record("user_made", by=None)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert str(AuditEvent.objects.get()).strip() == "user_made"


def test_an_event_names_who_and_what():
    user = User.objects.create_user("a@example.jp", name="あ")
    event = audit.record("user_changed", by=user, on=user, role="cs")
    assert (event.actor, event.object_type, event.object_id) == (user, "accounts.User", str(user.pk))


def test_everything_of_a_role_is_in_one_table():
    for role in Role.values:
        user = User(role=role, is_active=True)
        assert {one for one in PERMISSIONS if allows(user, one)} == {
            one for one, roles in PERMISSIONS.items() if role in roles
        }
    assert not allows(User(role=Role.ADMIN, is_active=False), "pages.view")


def test_names_stand_for_people():
    user = User(name="佐藤 美咲")
    assert (user.get_full_name(), user.get_short_name(), str(Team(name="東日本"))) == (
        "佐藤 美咲",
        "佐藤 美咲",
        "東日本",
    )


def test_addresses_are_found_whatever_their_case():
    user = User.objects.create_user("Mixed@Example.jp", name="混")
    assert User.objects.get_by_natural_key("mixed@EXAMPLE.jp") == user
