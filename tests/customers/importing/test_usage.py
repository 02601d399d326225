import datetime as dt
from decimal import Decimal

import pytest

from customers.models import Contact, Customer, ImportChange, Login, Touched
from tests import factories

from .by_command import bring, counts, rejects

pytestmark = pytest.mark.django_db
USAGE = """usage_id,customer_id,contact_id,feature,quantity,used_at
U1,1,P1,帳票,3,2024-04-01 10:00
U2,1,,検索,,2024-04-01 10:00
U3,1,,検索,1.5,2024-04-01 23:59
"""


@pytest.fixture(autouse=True)
def _files_and_customers(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    factories.customer("1")
    factories.customer("2")
    Contact.objects.create(customer=of("1"), code="P1", name="山田")


def of(code):
    return Customer.objects.get(code=code)


def test_usage_is_logins_that_say_by_whom_of_what_and_how_much(tmp_path):
    plain = "customer_id,logged_in_at\n1,2024-04-01 10:00\n"
    assert counts(tmp_path, "logins", plain) == (1, 0, 0, 0)
    assert counts(tmp_path, "usage", USAGE) == (3, 0, 0, 0)  # the same moment as the login, and as one another
    assert counts(tmp_path, "logins", plain) == (0, 0, 1, 0)
    found = Login.objects.order_by("id").values_list("usage_id", "contact__code", "feature", "quantity")
    assert list(found) == [
        ("", None, "", None),
        ("U1", "P1", "帳票", 3),
        ("U2", None, "検索", None),
        ("U3", None, "検索", Decimal("1.5")),
    ]
    assert set(Login.objects.values_list("customer__code", "logged_in_on")) == {("1", dt.date(2024, 4, 1))}
    assert Login.objects.get(usage_id="U3").logged_in_at == dt.datetime(2024, 4, 1, 14, 59, tzinfo=dt.UTC)
    assert set(Touched.objects.values_list("customer__code", flat=True)) == {"1"}


def test_another_quantity_is_an_update_with_its_before_image(tmp_path):
    bring(tmp_path, "usage", USAGE)
    text = (
        "usage_id,customer_id,quantity,used_at\nU1,1,5,2024-04-01 10:00\nU2,1,,2024-04-02\nU3,1,1.50,2024-04-01 23:59\n"
    )
    assert counts(tmp_path, "usage", text) == (0, 2, 1, 0)
    one = Login.objects.get(usage_id="U1")
    assert (one.quantity, one.feature, one.contact.code) == (5, "帳票", "P1")
    moved = Login.objects.get(usage_id="U2")
    assert moved.logged_in_on == dt.date(2024, 4, 2)
    changes = {c.row_id: (c.model, c.before, c.after) for c in ImportChange.objects.all()}
    assert changes[one.pk] == ("login", {"quantity": 3.0}, {"quantity": 5.0})
    assert changes[moved.pk][1]["logged_in_on"] == "2024-04-01"
    cleared = "usage_id,customer_id,feature,used_at\nU1,1,,2024-04-01 10:00\n"
    assert counts(tmp_path, "usage", cleared, "--clear-empty") == (0, 1, 0, 0)
    assert Login.objects.filter(usage_id="U1").values_list("feature", "quantity").get() == ("", 5)


def test_rows_without_a_number_are_told_by_their_values_and_equal_ones_each_count(tmp_path):
    row = "1,検索,1,2024-04-01\n"
    header = "customer_id,feature,quantity,used_at\n"
    assert counts(tmp_path, "usage", header + row + row) == (2, 0, 0, 0)
    assert counts(tmp_path, "usage", header + row.replace("検索", "帳票") + row * 3) == (2, 0, 2, 0)
    assert all(number.startswith("~") for number in Login.objects.values_list("usage_id", flat=True))


def test_usage_that_cannot_stand(tmp_path):
    factories.contract(of("1"), "2024-01-01", contract_id="K1")
    rows = [
        "A,1,,,1,2024-04-01",
        "A,2,,,1,2024-04-01",  # the number is another customer's
        "A,1,,,2,2024-04-01",  # a later row of the same counts instead
        "B,1,,,0,2024-04-01",
        "C,1,,,-1,2024-04-01",
        "D,9,,,1,2024-04-01",
        "E,1,,P9,1,2024-04-01",
        "F,2,,P1,1,2024-04-01",  # the contact is another customer's
        "G,1,,,1,",
        "H,1,,,1000000000000,2024-04-01",
        "I,,K1,,1,2024-04-01",
        "J,2,K1,,1,2024-04-01",
        "K,,K9,,1,2024-04-01",
        "A,1,,,3,2199-04-01",
    ]
    text = "usage_id,customer_id,contract_id,contact_id,quantity,used_at\n" + "\n".join(rows) + "\n"
    assert counts(tmp_path, "usage", text) == (2, 0, 1, 11)
    assert rejects() == [
        (3, "taken_id", "usage_id"),
        (5, "no_use", "quantity"),
        (6, "no_use", "quantity"),
        (7, "unknown_customer", "customer_id"),
        (8, "unknown_contact", "contact_id"),
        (9, "unknown_contact", "contact_id"),
        (10, "missing", "used_at"),
        (11, "bad_number", "quantity"),
        (13, "other_customer", "contract_id"),
        (14, "unknown_contract", "contract_id"),
        (15, "future_date", "used_at"),
    ]
    assert set(Login.objects.values_list("customer__code", "usage_id", "quantity")) == {("1", "A", 2), ("1", "I", 1)}


def test_logins_may_name_a_contract(tmp_path):
    factories.contract(of("1"), "2023-01-01", contract_id="K1", ends_on="2024-01-01")
    factories.contract(of("1"), "2024-01-01", contract_id="K1")
    text = "契約番号,ログイン日時\nK1,2024-04-01\nK9,2024-04-01\n,2024-04-01\n"
    assert counts(tmp_path, "logins", text) == (1, 0, 0, 2)
    assert rejects() == [(3, "unknown_contract", "契約番号"), (4, "missing", "customer_id")]
    assert Login.objects.get().customer == of("1")
    both = "contract_id,customer_id,logged_in_at\nK1,2,2024-04-01\nK1,1,2024-04-02\n"
    assert counts(tmp_path, "logins", both) == (1, 0, 0, 1)
    assert rejects() == [(2, "other_customer", "contract_id")]


def test_an_unknown_contract_never_makes_a_customer(tmp_path):
    text = "contract_id,logged_in_at\nK9,2024-04-01\n"
    assert counts(tmp_path, "logins", text, "--create-customers") == (0, 0, 0, 1)
    assert Customer.objects.count() == 2


def test_usage_stays_with_the_customer_a_contracts_holder_was_merged_into(tmp_path):
    factories.contract(of("1"), "2024-01-01", contract_id="K1")
    text = "contract_id,customer_id,feature,used_at\nK1,1,検索,2024-04-01\n"
    bring(tmp_path, "usage", text)
    Customer.objects.filter(code="1").update(merged_into=of("2"))
    Login.objects.update(customer=of("2"))
    assert counts(tmp_path, "usage", text) == (0, 0, 1, 0)
