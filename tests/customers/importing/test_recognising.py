"""The exports people have, recognised by their headers: one small invented file of each, through the whole import."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest

from customers.importing import recognising, staging
from customers.models import Contact, Contract, Customer, Import, Purchase
from tests import factories

from .bringing import bring, bring_file, counts, rejects

pytestmark = pytest.mark.django_db
EXPORTS = Path(__file__).parent / "exports"


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def twice(kind, name, **options):
    """The counts of the first time; the second time nothing may change."""
    first = bring_file(kind, EXPORTS / name, **options)
    created, updated, unchanged, rejected = counts(first)
    assert counts(bring_file(kind, EXPORTS / name, **options)) == (0, 0, created + updated + unchanged, rejected)
    return first


def stored():
    rows = Purchase.objects.order_by("order_id", "product__name").select_related("customer", "product")
    return [(p.order_id, p.customer.code, p.product.name, p.quantity, p.amount, p.tax_rate) for p in rows]


def notices(imported):
    return staging.layout_and_mapping(imported)[1].notices


def header_of(name):
    text = (EXPORTS / name).read_bytes()
    try:
        text = text.decode()
    except UnicodeDecodeError:
        text = text.decode("cp932")
    return [cell.strip('"') for cell in text.splitlines()[0].split(",")]


@pytest.mark.parametrize(
    ("file", "kind", "code"),
    [
        ("shopify_orders.csv", "purchases", "shopify_orders"),
        ("stripe_subscriptions.csv", "contracts", "stripe_subscriptions"),
        ("salesforce_accounts.csv", "customers", "salesforce_accounts"),
        ("salesforce_report.csv", "customers", "salesforce_accounts"),
        ("hubspot_companies.csv", "customers", "hubspot_companies"),
        ("eccube_orders.csv", "purchases", "eccube_orders"),
        ("base_orders.csv", "purchases", "base_orders"),
    ],
)
def test_an_export_is_known_by_its_header_alone(file, kind, code):
    found = recognising.recognise(header_of(file))
    assert (found.kind, found.code) == (kind, code)
    assert recognising.recognise(header_of(file), "logins") is None


def test_contacts_of_hubspot_are_contacts_or_where_that_is_wanted_customers():
    header = header_of("hubspot_contacts.csv")
    assert recognising.recognise(header).kind == "contacts"
    assert recognising.recognise(header, "customers").kind == "customers"


def test_a_header_that_only_begins_like_one_is_not_recognised():
    assert recognising.recognise(["Name", "Email", "Total", "Created at"]) is None


def test_shopify_orders_are_price_by_quantity_less_discounts_and_what_was_paid_back():
    done = twice("purchases", "shopify_orders.csv", create_customers=True)
    assert stored() == [
        ("#1001", "hanako@example.jp", "コーヒー豆 200g", 2, Decimal(2700), None),  # 2 × 1,600 less the coupon of 500
        ("#1001", "hanako@example.jp", "マグカップ", 1, Decimal(2000), None),
        ("#1002", "taro@example.jp", "ドリッパー", 1, Decimal(0), None),  # 1,500 of 3,000 was paid back
        ("#1002", "taro@example.jp", "フィルター", 2, Decimal(1500), None),
    ]
    assert set(Purchase.objects.values_list("purchased_on", flat=True)) == {dt.date(2026, 4, 1), dt.date(2026, 4, 2)}
    assert [(line, code) for line, code, _column in rejects(done)] == [
        (6, "cancelled_order"),
        (7, "cancelled_order"),  # its state stands on the first line of the order
        (8, "other_currency"),
        (9, "other_currency"),
    ]
    assert any("does not say whether it includes tax" in text for text in notices(done))


def test_subscriptions_of_stripe_become_terms_in_business_days():
    for code in "ABCDE":
        factories.customer(f"cus_{code}")
    done = twice("contracts", "stripe_subscriptions.csv")
    rows = Contract.objects.order_by("contract_id").values_list(
        "contract_id", "customer__code", "plan", "mrr", "billing_cycle", "seats", "starts_on", "cancelled_on", "ends_on"
    )
    assert list(rows) == [
        # 2026-01-05 20:10 UTC is the 6th in Tokyo; 1,200 × 5 a month
        ("sub_A1", "cus_A", "price_team", 6000, "monthly", 5, dt.date(2026, 1, 6), None, None),
        (
            *("sub_B1", "cus_B", "price_year", 10_000, "yearly", 1, dt.date(2025, 3, 1)),
            *(dt.date(2026, 2, 10), dt.date(2026, 3, 1)),
        ),
        ("sub_C1", "cus_C", "price_team", 2400, "monthly", 2, dt.date(2026, 11, 10), None, None),
    ]
    assert list(Contract.objects.filter(is_trial=True).values_list("contract_id", flat=True)) == ["sub_C1"]
    assert done.skipped == 2  # the header, and one that was never paid for
    assert [(line, code) for line, code, _column in rejects(done)] == [(6, "other_currency")]


def test_accounts_of_salesforce_are_companies_with_their_addresses():
    done = twice("customers", "salesforce_accounts.csv")
    assert done.skipped == 2  # the header, and an account that was deleted there
    alpha, beta = Customer.objects.order_by("code")
    assert (alpha.code, alpha.name, alpha.kind) == ("0015g00000AAAAAAA1", "(株)アルファ", "company")
    assert (alpha.address, alpha.postal_code) == ("東京都千代田区丸の内1-1-1 丸の内ビル", "1000005")
    assert (alpha.industry, alpha.acquired_via, beta.acquired_via) == ("Technology", "Web", "Partner")
    assert alpha.joined_on == dt.date(2024, 4, 1)  # 16:30 UTC on 31 March is 1 April in Tokyo
    assert alpha.attributes["Website"] == "https://alpha.example.jp"
    assert not {"IsDeleted", "OwnerId", "SystemModstamp"} & set(alpha.attributes)
    assert Contact.objects.get(customer=alpha).phone == "0312345678"


def test_a_report_of_salesforce_names_the_owner():
    owner = factories.user("suzuki@example.jp", name="鈴木 一郎")
    assert counts(twice("customers", "salesforce_report.csv")) == (1, 0, 0, 0)
    one = Customer.objects.get()
    assert (one.owner, one.kind, one.attributes) == (owner, "company", {"Type": "Customer - Direct"})


def test_companies_and_contacts_of_hubspot():
    assert counts(twice("customers", "hubspot_companies.csv")) == (2, 0, 0, 0)
    gamma = Customer.objects.get(code="9001")
    assert (gamma.name, gamma.kind, gamma.address) == ("株式会社ガンマ", "company", "神奈川県横浜市みなとみらい1-1")
    assert (gamma.joined_on, gamma.attributes["Lifecycle Stage"]) == (dt.date(2025, 2, 1), "customer")
    assert counts(twice("customers", "hubspot_contacts.csv")) == (2, 0, 0, 0)
    hanako = Customer.objects.get(code="501")
    assert (hanako.name, hanako.kind, hanako.company) == ("山田 花子", "person", "株式会社ガンマ")
    assert Contact.objects.get(customer=hanako).email == "hanako@gamma.example.jp"


def test_contacts_of_hubspot_stand_with_their_companies():
    bring_file("customers", EXPORTS / "hubspot_companies.csv")
    assert counts(twice("contacts", "hubspot_contacts.csv")) == (2, 0, 0, 0)
    hanako = Contact.objects.get(email="hanako@gamma.example.jp")
    assert (hanako.customer.code, hanako.name) == ("9001", "山田 花子")
    assert (hanako.title, hanako.phone) == ("部長", "0399990000")


def test_orders_of_ec_cube_come_without_postage_and_after_points():
    done = twice("purchases", "eccube_orders.csv", create_customers=True)
    assert done.encoding == "cp932"
    assert stored() == [
        # 2,000 and 1,000 less 600 points in proportion: 1,600 and 800
        ("A0011", "7", "お米", 1, Decimal(800), Decimal(8)),
        ("A0011", "7", "チェリーアイスサンド", 2, Decimal(1600), Decimal(10)),
        ("A0011", "7", "ポイント", 1, Decimal(0), Decimal(0)),
        ("A0012", "jiro@example.jp", "チェリーアイスサンド", 1, Decimal(1000), Decimal(10)),  # a guest: by e-mail
    ]
    assert done.skipped == 2  # the header and the postage
    assert [(line, code) for line, code, _column in rejects(done)] == [(7, "cancelled_order")]


def test_orders_of_base_are_turned_to_before_tax_by_the_rate_of_each_line():
    done = twice("purchases", "base_orders.csv", create_customers=True)
    assert stored() == [
        ("AB12CD", "hanako@example.jp", "クッキー", 1, Decimal(1000), Decimal(8)),
        ("AB12CD", "hanako@example.jp", "手さげ", 2, Decimal(2000), Decimal(10)),
    ]
    assert rejects(done) == [(4, "cancelled_order", "発送状況")]


def test_what_a_person_says_of_the_columns_counts_instead_of_the_recipe():
    header = header_of("shopify_orders.csv")
    assert recognising.completed("purchases", header, {"columns": {"Total": "amount"}}) == {
        "columns": {"Total": "amount"}
    }
    known = recognising.completed(
        "purchases", header, {"columns": {"Total": "amount"}, "recognised_as": "shopify_orders"}
    )
    assert (known["products"], known["columns"]) == ({}, {"Total": "amount"})
    assert known["once_per_order"]


def test_the_recognised_file_says_what_it_was_taken_for():
    done = bring("purchases", (EXPORTS / "base_orders.csv").read_bytes(), create_customers=True)
    mapping = staging.layout_and_mapping(Import.objects.get(pk=done.pk))[1]
    assert mapping.recognised_as == "base_orders"
    assert recognising.name_of(mapping) == "BASE orders"
    assert "Read as an export: BASE orders." in mapping.notices
