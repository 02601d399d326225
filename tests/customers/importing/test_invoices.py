import datetime as dt
from decimal import Decimal

import pytest

from customers.models import Customer, ImportChange, Invoice
from tests import factories

from .by_command import bring, counts, rejects

pytestmark = pytest.mark.django_db
JAPANESE = """得意先コード,請求書番号,締日,支払期限,入金日,請求金額,支払方法
1,INV-1,2024/3/31,R6.4.30,2024年4月28日,"¥110,000",銀行振込
1,INV-2,2024/4/30,2024/5/31,,"1,000.5円",
2,INV-3,,,,△500,
"""


@pytest.fixture(autouse=True)
def _files_and_customers(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    factories.customer("1")
    factories.customer("2")


def test_invoices_come_in_as_they_were_billed(tmp_path):
    factories.configure(tax="excluded")
    assert counts(tmp_path, "invoices", JAPANESE) == (3, 0, 0, 0)
    one, two, three = Invoice.objects.order_by("invoice_id")
    assert (one.closed_on, one.due_on, one.paid_on) == (
        dt.date(2024, 3, 31), dt.date(2024, 4, 30), dt.date(2024, 4, 28),
    )  # fmt: skip
    assert (one.customer.code, one.amount, one.method) == ("1", 110_000, "銀行振込")
    assert (two.amount, two.paid_on) == (Decimal("1000.5"), None)
    assert (three.customer.code, three.amount, three.closed_on) == ("2", -500, None)


def test_a_payment_that_arrives_is_an_update_with_its_before_image(tmp_path):
    bring(tmp_path, "invoices", JAPANESE)
    text = "customer_id,invoice_id,paid_on,amount\n1,INV-2,2024-05-20,1000.5\n1,INV-1,,110000\n"
    assert counts(tmp_path, "invoices", text) == (0, 1, 1, 0)
    change = ImportChange.objects.get()
    assert (change.model, change.line) == ("invoice", 2)
    assert (change.before, change.after) == ({"paid_on": None}, {"paid_on": "2024-05-20"})
    assert Invoice.objects.get(invoice_id="INV-1").paid_on == dt.date(2024, 4, 28)
    assert counts(tmp_path, "invoices", text, "--clear-empty") == (0, 1, 1, 0)
    assert Invoice.objects.get(invoice_id="INV-1").paid_on is None
    assert Invoice.objects.get(invoice_id="INV-1").method == "銀行振込"


def test_invoices_that_cannot_stand(tmp_path):
    factories.contract(Customer.objects.get(code="1"), "2024-01-01", contract_id="K1")
    rows = [
        "1,,A,100,,",
        "2,,A,100,,",  # belongs to customer 1 by its first line
        "1,,A,200,,",  # a later row of the same counts instead
        "9,,B,100,,",
        "1,,,100,,",
        "1,,C,,,",
        "1,,D,百円,,",
        "1,,E,100,USD,",
        "1,,F,9999999999999,,",
        ",K1,G,100,,",
        "2,K1,H,100,,",
        ",K9,I,100,,",
        f"1,,J,100,,{'x' * 51}",
    ]
    text = "customer_id,contract_id,invoice_id,amount,currency,method\n" + "\n".join(rows) + "\n"
    assert counts(tmp_path, "invoices", text) == (2, 0, 1, 10)
    assert rejects() == [
        (3, "taken_id", "invoice_id"),
        (5, "unknown_customer", "customer_id"),
        (6, "missing", "invoice_id"),
        (7, "missing", "amount"),
        (8, "bad_amount", "amount"),
        (9, "other_currency", "currency"),
        (10, "amount_too_large", "amount"),
        (12, "other_customer", "contract_id"),
        (13, "unknown_contract", "contract_id"),
        (14, "too_long", "method"),
    ]
    assert set(Invoice.objects.values_list("customer__code", "invoice_id", "amount")) == {
        ("1", "A", Decimal(200)),
        ("1", "G", Decimal(100)),
    }


def test_an_invoice_stays_the_merged_customers(tmp_path):
    bring(tmp_path, "invoices", JAPANESE)
    one, two = Customer.objects.order_by("code")
    Invoice.objects.update(customer=two)
    Customer.objects.filter(pk=one.pk).update(merged_into=two)
    assert counts(tmp_path, "invoices", JAPANESE) == (0, 0, 3, 0)


def test_a_file_without_numbers_gets_them_from_its_key(tmp_path):
    text = "顧客番号,締日,金額\n1,2024-03-31,100\n1,2024-04-30,100\n"
    mapping = {"key": ["顧客番号", "締日"]}
    assert counts(tmp_path, "invoices", text, mapping=mapping) == (2, 0, 0, 0)
    assert set(Invoice.objects.values_list("invoice_id", flat=True)) == {"1/2024-03-31", "1/2024-04-30"}
