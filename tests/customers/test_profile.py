"""The timeline of one customer: complete, in order, without repeats; what was promised, who may be written to."""

import datetime as dt

import pytest
from django.db import connection
from django.utils import translation

from common import sql
from customers import consent, editing, profile
from customers.models import (
    Channel,
    Contact,
    Event,
    Import,
    ImportChange,
    Interaction,
    Invoice,
    Login,
    Product,
)
from customers.profile import GROUPS, KINDS
from tests import factories

pytestmark = pytest.mark.django_db


def kinds(entries):
    return [one.kind for one in entries]


def entries(who):
    """The whole timeline, page by page."""
    page = profile.timeline(who)
    found = list(page.entries)
    while page.older:
        page = profile.timeline(who, before=page.older)
        found += page.entries
    return found


def test_everything_known_stands_in_the_timeline_newest_first():
    who = factories.customer()
    factories.contract(
        who,
        "2026-01-05",
        contract_id="K1",
        plan="標準",
        mrr=3000,
        cancelled_on="2026-05-01",
        ends_on="2026-07-01",
        reason="予算",
    )
    factories.purchase(who, "2026-02-01", 1000, "O1")
    factories.purchase(who, "2026-02-03", -400, "O1")
    factories.login(who, "2026-03-01")
    Interaction.objects.create(
        customer=who, occurred_at=factories.moment("2026-04-01"), kind="visit", subject="訪問", body="お元気"
    )
    Event.objects.create(
        customer=who, kind="mail_accepted", at=factories.moment("2026-04-02"), data={"campaign_name": "春の便り"}
    )
    stranger = factories.customer()
    factories.purchase(stranger, "2026-02-01", 9999)
    found = [
        (f"{one.at.astimezone(factories.Installation.get().zone):%m-%d}", one.kind, one.title, one.detail, one.amount)
        for one in entries(who)
    ]
    assert found == [
        ("06-30", "contract_end", "K1", "標準", None),
        ("05-01", "contract_notice", "K1", "予算", None),
        ("04-02", "mail_accepted", "春の便り", "", None),
        ("04-01", "contact_visit", "訪問", "お元気", None),
        ("03-01", "login", "", "", None),
        ("02-03", "refund", "O1", "", -400),
        ("02-01", "purchase", "O1", "", 1000),
        ("01-05", "contract_start", "K1", "標準", 3000),
    ]  # fmt: skip


def test_an_order_is_one_entry_with_its_sum_and_dearest_product():
    who = factories.customer()
    cheap, dear = Product.objects.create(name="鉛筆"), Product.objects.create(name="机")
    factories.purchase(who, "2026-02-01", 100, "O1", product=cheap)
    factories.purchase(who, "2026-02-01", 9000, "O1", product=dear)
    (entry,) = entries(who)
    assert (entry.amount, entry.number, entry.detail) == (9100, 2, "机")


def test_lines_without_an_order_stand_alone():
    who = factories.customer()
    factories.purchase(who, "2026-02-01", 100)
    factories.purchase(who, "2026-02-01", 100)
    assert [one.number for one in entries(who)] == [1, 1]


def test_logins_of_a_day_are_one_entry():
    who = factories.customer()
    for hour in (9, 12, 15):
        factories.login(who, "2026-02-01", hour)
    factories.login(who, "2026-02-02")
    assert [one.number for one in entries(who)] == [1, 3]


def test_a_contract_that_ended_on_its_first_day_ends_not_before_it_began():
    who = factories.customer()
    factories.contract(who, "2026-02-01", ends_on="2026-02-01")
    start, end = entries(who)
    assert (start.kind, end.kind, start.at) == ("contract_start", "contract_end", end.at)


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_pages_of_the_timeline_are_complete_and_repeat_nothing(monkeypatch, size):
    who = factories.customer()
    at = factories.moment("2026-02-01")
    for number in range(9):
        factories.purchase(who, "2026-02-01", number + 1)
        Event.objects.create(customer=who, kind="mail_accepted", at=at)
        Interaction.objects.create(customer=who, occurred_at=at + dt.timedelta(microseconds=number // 3), kind="mail")
    whole = profile.timeline(who).entries
    monkeypatch.setattr(profile, "ENTRIES", size)
    paged = entries(who)
    assert len(paged) == 27
    assert paged[: len(whole)] == whole
    assert len({(one.kind, one.source_id) for one in paged}) == 27


@pytest.mark.parametrize(
    "odd",
    [
        "x",
        "~~",
        "2026-02-01~purchase~1",
        "2026-13-41T00:00:00+00:00~purchase~1",
        "2026-02-01T00:00:00+00:00~purchase~99999999999999999999",
        "2026-02-01T00:00:00+00:00~\0~1",
        "0000-01-01T00:00:00+00:00~purchase~1",
        f"2026-02-01T00:00:00+00:00~{'x' * 41}~1",
        "2026-02-01T00:00:00~purchase~1",
    ],
)
def test_a_place_nobody_made_shows_the_newest(odd):
    who = factories.customer()
    factories.purchase(who, "2026-03-01")
    assert kinds(profile.timeline(who, before=odd, upto=odd).entries) == ["purchase"]


def test_a_place_survives_the_way_through_an_address(monkeypatch):
    monkeypatch.setattr(profile, "ENTRIES", 1)
    who = factories.customer()
    factories.purchase(who, "2026-02-01", 1)
    factories.purchase(who, "2026-03-01", 3)
    older = profile.timeline(who).older.replace("+", " ")
    assert [one.amount for one in profile.timeline(who, before=older).entries] == [1]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_an_icon_and_words(kind):
    entry = profile.Entry(factories.moment("2026-02-01"), kind, "", "", None, 1, 1)
    assert entry.icon
    assert entry.words
    assert entry.has_time is not kind.startswith("contract_")


def test_a_kind_of_tomorrow_shows_its_name():
    entry = profile.Entry(factories.moment("2026-02-01"), "nps_answered", "", "", None, 1, 1)
    assert (entry.icon, entry.words) == ("point", "nps_answered")


def test_the_earliest_open_promise_counts():
    who = factories.customer()
    at = factories.moment("2026-02-01")
    for on, done in (("2026-03-09", None), ("2026-03-05", None), ("2026-03-01", at)):
        Interaction.objects.create(customer=who, occurred_at=at, next_on=on, next_done_at=done)
    assert profile.open_promise(who).next_on == dt.date(2026, 3, 5)
    assert profile.open_promise(factories.customer()) is None


def test_standings_speak_of_contacts_with_an_address(django_assert_num_queries):
    who = factories.customer()
    made = [Contact.objects.create(customer=who, email=email) for email in ("a@example.jp", "B@Example.jp", "")]
    given = {"customer": who, "channel": Channel.MAIL, "at": factories.moment("2026-02-01"), "source": "test"}
    for email in ("a@example.jp", "b@example.jp"):
        consent.grant(address=email, basis="relation", **given)
    consent.withdraw(address="b@example.jp", **given)
    with django_assert_num_queries(2):
        found = profile.standings(made)
    assert {pk: one.is_mailable for pk, one in found.items()} == {made[0].pk: True, made[1].pk: False}
    assert found[made[1].pk] == consent.standing(channel=Channel.MAIL, address="b@example.jp")


def test_the_primary_contact_stands_first_and_who_has_left_last():
    who = factories.customer()
    for name, fields in (
        ("一", {"left_on": "2026-01-01"}),
        ("二", {}),
        ("三", {"is_primary": True}),
        ("四", {"left_on": "2026-02-01"}),
    ):
        Contact.objects.create(customer=who, name=name, **fields)
    assert [one.name for one in profile.contacts(who)] == ["三", "二", "四", "一"]


# --- where a fact came from, and what was done to it


def test_bills_consents_use_imports_and_edits_stand_in_the_timeline():
    by = factories.user(name="佐藤")
    made = Import.objects.create(kind="customers", file_name="顧客.csv", sha256="x", started_at=moment("2026-01-01"))
    who = factories.customer(imported=made, kind="person")
    Invoice.objects.create(customer=who, invoice_id="I1", closed_on="2026-01-31", amount=500, imported=made)
    Invoice.objects.create(customer=who, invoice_id="I2", due_on="2026-02-10", paid_on="2026-02-12", amount=700)
    Invoice.objects.create(customer=who, invoice_id="I3", amount=900)
    given = {"customer": who, "channel": Channel.MAIL, "address": "a@example.jp"}
    consent.grant(**given, basis="relation", at=moment("2026-03-01"), source="form", by=by)
    consent.withdraw(**given, at=moment("2026-03-02"), source="unsubscribe")
    for feature in ("検索", "検索", "印刷"):
        Login.objects.create(
            customer=who,
            logged_in_at=moment("2026-04-01"),
            logged_in_on="2026-04-01",
            feature=feature,
            usage_id=f"{feature}{Login.objects.count()}",
        )
    again = Import.objects.create(kind="customers", file_name="更新.csv", sha256="y", started_at=moment("2026-05-01"))
    ImportChange.objects.create(
        imported=again,
        line=1,
        model="customer",
        row_id=who.pk,
        before={"name": "a", "industry": "b"},
        after={"name": "c", "industry": "d"},
    )
    editing.change(customer=who, fields={"region": "関東"}, contact={}, version=1, by=by, on=dt.date(2026, 6, 1))
    with translation.override("ja"):
        found = [
            (one.kind, one.heading, one.text, one.status_words, one.by_name, one.file_name) for one in entries(who)
        ]
    assert found == [
        ("edit", "基本情報の変更", "地域", "", "佐藤", ""),
        ("import_changed", "", "業種, 名前", "", "", "更新.csv"),
        ("login", "", "印刷, 検索", "", "", ""),
        ("consent_granted", "a@example.jp", "フォーム", "", "佐藤", ""),
        ("contract_paid", "I2", "", "", "", ""),
        ("contract_invoice", "I2", "", "", "", ""),
        ("contract_invoice", "I1", "", "未入金", "", "顧客.csv"),
        ("import_made", "", "", "", "", "顧客.csv"),
    ]  # fmt: skip


def moment(day):
    return factories.moment(day)


def test_an_entry_says_what_it_was_and_whether_it_is_open():
    who, by = factories.customer(), factories.user(name="佐藤")
    Interaction.objects.create(
        customer=who, occurred_at=moment("2026-02-01"), category="complaint", status="open", by=by
    )
    Interaction.objects.create(customer=who, occurred_at=moment("2026-01-01"), category="request", status="closed")
    with translation.override("ja"):
        found = [(one.category_words, one.status_words, one.is_open, one.by_name) for one in entries(who)]
    assert found == [("クレーム", "未対応", True, "佐藤"), ("要望", "", False, "")]


@pytest.mark.parametrize("show", GROUPS)
def test_each_kind_can_be_shown_alone(show):
    who, by = factories.customer(), factories.user()
    factories.purchase(who, "2026-02-01")
    factories.login(who, "2026-02-01")
    factories.contract(who, "2026-02-01")
    Interaction.objects.create(customer=who, occurred_at=moment("2026-02-01"))
    Event.objects.create(customer=who, kind="unsubscribed", at=moment("2026-02-01"))
    Event.objects.create(customer=who, kind="Order Viewed", at=moment("2026-02-01"))
    editing.change(customer=who, fields={"region": "関東"}, contact={}, version=1, by=by, on=dt.date(2026, 6, 1))
    wanted = {"purchases": ["purchase"], "contracts": ["contract_start"], "contacts": ["contact_phone"]}
    wanted |= {"mails": ["unsubscribed"], "usage": ["Order Viewed", "login"], "changes": ["edit"]}
    found = profile.timeline(who, show=show)
    assert (sorted(kinds(found.entries)), found.show) == (wanted[show], show)


def test_a_kind_there_is_not_shows_everything():
    who = factories.customer()
    factories.purchase(who, "2026-02-01")
    found = profile.timeline(who, show="nothing")
    assert (kinds(found.entries), found.show) == (["purchase"], "")


def test_events_of_any_name_are_paged_through(monkeypatch):
    monkeypatch.setattr(profile, "ENTRIES", 2)
    who = factories.customer()
    for number in range(5):
        Event.objects.create(customer=who, kind=f"Order ~ '{number}' 完了", at=moment("2026-02-01"))
    assert len({one.source_id for one in entries(who)}) == 5


def test_who_comes_back_sees_all_down_to_where_he_was_and_the_way_on(monkeypatch):
    monkeypatch.setattr(profile, "ENTRIES", 2)
    who = factories.customer()
    for number in range(7):
        factories.purchase(who, "2026-02-01", number + 1)
    whole = entries(who)
    again = profile.timeline(who, upto=whole[4].cursor)
    assert again.entries == whole[:5]
    assert profile.timeline(who, before=again.older).entries == whole[5:]
    assert profile.timeline(who, upto=whole[6].cursor).older == ""


def test_no_more_than_so_many_are_shown_at_once(monkeypatch):
    monkeypatch.setattr(profile, "MOST_ENTRIES", 3)
    who = factories.customer()
    for number in range(7):
        factories.purchase(who, "2026-02-01", number + 1)
    whole = entries(who)
    again = profile.timeline(who, upto=whole[6].cursor)
    assert again.entries == whole[:3]
    assert profile.timeline(who, before=again.older).entries[0] == whole[3]


# --- ten thousand entries


FILL = """
INSERT INTO customers_purchase (customer_id, line_key, order_id, nth, purchased_at, purchased_on, amount)
SELECT %(who)s, gen_random_uuid(), 'O' || n / 2, n, now() - n * interval '7 hours', current_date - n / 3, n
  FROM generate_series(1, %(size)s) AS n;
INSERT INTO customers_login (customer_id, logged_in_at, logged_in_on)
SELECT %(who)s, now() - n * interval '9 hours', current_date - n / 2 FROM generate_series(1, %(size)s) AS n;
INSERT INTO customers_event (customer_id, kind, at, data)
SELECT %(who)s, 'mail_accepted', now() - n * interval '31 hours', '{}' FROM generate_series(1, %(size)s) AS n
"""


def scans(node):
    """Every node of a plan that reads a table."""
    yield from [node] if "Relation Name" in node else []
    for one in node.get("Plans", ()):
        yield from scans(one)


@pytest.fixture
def busy_customer():
    """Three thousand facts of one customer among twelve thousand of others."""
    who = factories.customer()
    others = [factories.customer() for _ in range(4)]
    with connection.cursor() as cursor:
        for one in (who, *others):
            for statement in FILL.split(";"):
                cursor.execute(statement, {"who": one.pk, "size": 1000})
        for table in ("purchase", "login", "event"):
            cursor.execute(f"ANALYZE customers_{table}")
    return who


def test_the_timeline_is_one_statement_that_reads_the_customers_own_rows_alone(busy_customer, monkeypatch):
    run, plans = sql.rows, []

    def explained(name, given):
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + sql.text(name), given)
            plans.append(cursor.fetchone()[0][0]["Plan"])
        return run(name, given)

    monkeypatch.setattr(sql, "rows", explained)
    first = profile.timeline(busy_customer)
    profile.timeline(busy_customer, before=first.older)
    assert len(plans) == 2
    for plan in plans:
        read = [
            one
            for one in scans(plan)
            if one["Relation Name"] in {"customers_purchase", "customers_login", "customers_event"}
        ]
        assert {one["Node Type"] for one in read} <= {"Index Scan", "Index Only Scan", "Bitmap Heap Scan"}
        assert sum(one["Actual Rows"] * one["Actual Loops"] for one in read) == 3000
        assert sum(one.get("Rows Removed by Filter", 0) for one in read) == 0
        assert plan["Actual Rows"] == profile.ENTRIES + 1


def test_a_kind_shown_alone_reads_no_other_table(busy_customer):
    with connection.cursor() as cursor:
        given = {
            "customer": busy_customer.pk,
            "groups": ["contacts"],
            "zone": "Asia/Tokyo",
            "edits": [],
            "mail_kinds": [],
        }
        given |= {
            "before": "infinity",
            "before_kind": "~",
            "before_id": 0,
            "upto": "-infinity",
            "upto_kind": "",
            "upto_id": 0,
        }
        cursor.execute(
            "EXPLAIN (ANALYZE, FORMAT JSON) " + sql.text("customers/sql/timeline.sql"), {**given, "limit": 26}
        )
        plan = cursor.fetchone()[0][0]["Plan"]
    assert sum(one["Actual Rows"] * one["Actual Loops"] for one in scans(plan)) == 0
