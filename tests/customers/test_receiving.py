"""Segment's own client against our addresses, and what becomes of each kind of call."""

import contextlib
import datetime as dt
import json
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone
from segment.analytics.client import Client as Segment

from accounts import api_keys
from accounts.models import Role
from customers import receiving, tasks, tracking_plan
from customers.importing import gate, records
from customers.models import Customer, Event, Import, Login, Purchase, Received, Suppression
from customers.views import received as pages
from tests import factories

pytestmark = pytest.mark.django_db
AT = "2026-05-01T03:00:00+00:00"
NOW = dt.datetime(2026, 5, 1, 3, 0, 5, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def write_key():
    return make_key()


def make_key() -> str:
    return api_keys.make(name="app", scopes=["segment:write"], by=factories.user(role=Role.ADMIN))[1]


@pytest.fixture
def take(write_key):
    """Sends messages as one batch, drains, and gives the sentences of those that were not taken."""

    def send(*messages):
        numbered = [
            {"messageId": f"m{number}-{Received.objects.count()}", "timestamp": AT, **message}
            for number, message in enumerate(messages)
        ]
        assert post("batch", {"batch": numbered}, write_key).json() == {"success": True}
        receiving.drain(now=NOW)
        assert not Received.objects.filter(taken_at=None).exists()
        return list(Received.objects.exclude(error="").order_by("id").values_list("error", flat=True))

    return send


def post(call, body, key, **headers):
    headers = {"Authorization": f"Bearer {key}"} | headers
    return Client().generic("POST", f"/v1/{call}", json.dumps(body), "application/json", headers=headers)


def track(event, properties=None, user="u1", **more):
    more = {"timestamp": AT} | more
    return {"type": "track", "userId": user, "event": event, "properties": properties or {}, **more}


def identify(traits=None, user="u1", **more):
    return {"type": "identify", "userId": user, "traits": traits or {}, **more}


# --- The real client -------------------------------------------------------------------------------


@pytest.fixture
def segment(live_server, transactional_db):
    """Clients of Segment's SDK that send to us; errors they report are in `client.errors`."""
    made = []

    def make(**options):
        errors = []
        client = Segment(
            make_key(), host=live_server.url, on_error=lambda error, batch: errors.append(error),
            upload_interval=0.05, max_retries=3, **options,
        )  # fmt: skip
        client.errors = errors
        made.append(client)
        return client

    yield make
    for client in made:
        client.join()


@pytest.mark.parametrize("gzip", [False, True])
def test_segments_client_brings_customers_logins_purchases_and_events(segment, gzip):
    client = segment(gzip=gzip)
    when = dt.datetime(2026, 5, 1, 12, 0, tzinfo=dt.UTC)
    client.identify("u1", {"name": "佐藤 花子", "email": "Hanako@Example.jp", "plan": "pro", "createdAt": "2025-01-31"})
    client.track("u1", "Signed In", {}, timestamp=when)
    order = {
        "order_id": "A-1", "revenue": 3000, "currency": "JPY",
        "products": [{"name": "豆", "price": 1000, "quantity": 2}, {"name": "缶", "price": 1000}],
    }  # fmt: skip
    client.track("u1", "Order Completed", order, timestamp=when)
    client.track("u1", "Plan Changed", {"to": "team", "seats": 5}, timestamp=when)
    client.page("u1", None, "Pricing", {"path": "/pricing"}, timestamp=when)
    client.group("u1", "g1", {"name": "青空商事株式会社", "industry": "小売"})
    client.flush()
    client.join()
    assert client.errors == []
    assert Received.objects.count() == 6
    assert receiving.drain(now=timezone.now()) == 6
    assert list(Received.objects.exclude(error="").values_list("kind", "error")) == []
    person, company = Customer.objects.get(code="u1"), Customer.objects.get(code="g1")
    assert (person.name, person.kind, person.company) == ("佐藤 花子", "person", "青空商事株式会社")
    assert (person.joined_on.isoformat(), person.attributes) == ("2025-01-31", {"plan": "pro"})
    assert person.contacts.get().email == "hanako@example.jp"
    assert (company.name, company.kind, company.industry) == ("青空商事株式会社", "company", "小売")
    assert Login.objects.get().logged_in_at == when
    lines = Purchase.objects.order_by("-amount").values_list("order_id", "product__name", "amount", "quantity")
    assert list(lines) == [("A-1", "豆", Decimal(2000), 2), ("A-1", "缶", Decimal(1000), 1)]
    events = dict(Event.objects.values_list("kind", "data"))
    assert {key: events["plan_changed"][key] for key in ("to", "seats")} == {"to": "team", "seats": "5"}
    assert events["page_viewed"]["path"] == "/pricing"
    assert set(Import.objects.values_list("source", flat=True)) == {"api"}


def test_segments_client_sends_again_after_an_error_of_ours_and_nothing_is_twice(segment, monkeypatch):
    keep, failed = receiving.keep, []

    def stores_then_breaks(**call):
        kept = keep(**call)
        if not failed:
            failed.append(kept)
            raise RuntimeError("after storing")
        return kept

    monkeypatch.setattr(receiving, "keep", stores_then_breaks)
    client = segment()
    for number in range(5):
        client.track("u1", "Clicked", {"n": number})
    client.flush()
    client.join()
    assert (client.errors, bool(failed)) == ([], True)
    receiving.drain(now=timezone.now())
    assert sorted(Event.objects.values_list("data__n", flat=True)) == ["0", "1", "2", "3", "4"]


def test_segments_client_waits_when_told_and_loses_nothing(segment, settings):
    settings.API_CALLS_PER_MINUTE = 60  # six at once, then one a second
    client = segment(upload_size=1)
    for number in range(8):
        client.track("u1", "Clicked", {"n": number})
    client.flush()
    client.join()
    assert client.errors == []
    assert Received.objects.count() == 8


def test_segments_client_is_told_that_its_key_is_revoked(segment):
    client = segment()
    key = api_keys.find(client.write_key)
    api_keys.revoke(key=key, by=key.created_by, now=NOW)
    client.track("u1", "Clicked")
    client.flush()
    client.join()
    assert [error.status for error in client.errors] == [401]
    assert Received.objects.count() == 0


# --- Calls -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("call", receiving.CALLS)
def test_a_single_call_is_kept_with_its_kind_and_without_the_key(write_key, call):
    answer = post(call, {"userId": "u1", "messageId": "m1", "writeKey": write_key, "event": "x"}, write_key)
    assert (answer.status_code, answer.json()) == (200, {"success": True})
    row = Received.objects.get()
    assert (row.kind, row.message_id, row.taken_at) == (call, "m1", None)
    assert write_key not in json.dumps(row.payload)


def test_a_message_is_taken_once_whatever_way_it_comes(write_key):
    for _each in range(3):
        post("track", track("Clicked", messageId="m1"), write_key)
    post("batch", {"batch": [track("Clicked", messageId="m1"), track("Clicked", messageId="m2")]}, write_key)
    assert receiving.drain(now=NOW) == 2
    post("track", track("Clicked", messageId="m1"), write_key)
    assert receiving.drain(now=NOW) == 0
    assert Event.objects.count() == 2


def test_messages_without_or_with_a_long_id_get_one(write_key):
    post(
        "batch",
        {"batch": [track("a"), track("a"), track("b", messageId="x" * 500), track("c", messageId=7)]},
        write_key,
    )
    assert Received.objects.count() == 4
    assert max(map(len, Received.objects.values_list("message_id", flat=True))) <= 100


@pytest.mark.parametrize("body", [{"batch": {}}, {"batch": [1]}, {}])
def test_a_batch_is_a_list_of_objects(write_key, body):
    assert post("batch", body, write_key).json()["error"]["code"] == "bad_form"


def test_a_number_no_database_holds_is_refused(write_key):
    headers = {"Authorization": f"Bearer {write_key}"}
    body = '{"userId": "u1", "event": "x", "properties": {"n": 1e999}}'
    assert Client().generic("POST", "/v1/track", body, "application/json", headers=headers).status_code == 400


def test_the_clock_drains(take, write_key):
    post("track", track("Signed In", messageId="m1", timestamp=AT), write_key)
    tasks.drain_received()
    assert Login.objects.count() == 1


def test_one_process_drains_at_a_time(write_key, monkeypatch):
    post("track", track("Signed In"), write_key)
    monkeypatch.setattr(receiving, "_alone", _somebody_else)
    assert receiving.drain(now=NOW) == 0
    assert Received.objects.filter(taken_at=None).count() == 1


class _somebody_else:  # noqa: N801  # stands where a function of that kind is called
    def __enter__(self):
        return False

    def __exit__(self, *error):
        return False


# --- identify and group ----------------------------------------------------------------------------


def test_what_several_calls_say_of_a_customer_comes_together(take):
    errors = take(
        identify({"name": "A", "plan": "free", "city": "東京"}),
        identify({"plan": "pro", "phone": "03-1234-5678"}),
        identify({"email": "b@example.jp"}, user="u2"),
        identify({"firstName": "太郎", "lastName": "鈴木"}, user="u3"),
        track("Seen", user="u4"),
    )
    assert errors == []
    found = {one.code: one for one in Customer.objects.all()}
    assert (found["u1"].name, found["u1"].attributes) == ("A", {"plan": "pro", "city": "東京"})
    assert found["u1"].contacts.get().phone == "0312345678"
    assert [found[code].name for code in ("u2", "u3", "u4")] == ["b@example.jp", "鈴木 太郎", "u4"]


def test_a_known_customer_keeps_what_a_call_does_not_say(take):
    factories.customer("u1", name="青空商事", kind="company", industry="小売")
    assert take(identify({"region": "関東", "vip": True}), identify({}, user="u1")) == []
    stored = Customer.objects.get()
    assert (stored.name, stored.kind, stored.industry, stored.region) == ("青空商事", "company", "小売", "関東")
    assert stored.attributes == {"vip": "true"}


def test_an_address_and_a_birthday_in_segments_form(take):
    traits = {
        "name": "A", "birthday": "1990-02-03T00:00:00+09:00", "createdAt": 1735657200,
        "address": {"state": "東京都", "city": "港区", "street": "1-2-3", "postalCode": "105-0011"},
        "company": {"name": "青空商事", "id": 3},
    }  # fmt: skip
    assert take(identify(traits)) == []
    stored = Customer.objects.get()
    assert (stored.birth_on.isoformat(), stored.joined_on.isoformat()) == ("1990-02-03", "2025-01-01")
    assert (stored.address, stored.postal_code, stored.company) == ("東京都 港区 1-2-3", "1050011", "青空商事")


def test_unsubscribed_is_a_no_to_mail(take):
    assert take(identify({"email": "a@example.jp", "unsubscribed": True})) == []
    assert Suppression.objects.get(channel="mail").address == "a@example.jp"


# --- track -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("event", ["Signed In", "Logged In", "login", "user_signed_in", "log in"])
def test_signing_in_is_a_login(take, event):
    assert take(track(event)) == []
    assert Login.objects.get().logged_in_at.isoformat() == AT
    assert Event.objects.count() == 0


@pytest.mark.parametrize(
    ("order", "lines"),
    [
        ({"revenue": 1000}, [("", 1000)]),
        ({"total": 1100, "tax": 100}, [("", 1000)]),
        ({"total": "1100"}, [("", 1000)]),  # holds tax: 10 % taken out, amounts are kept without
        ({"total": 1600, "tax": 100, "shipping": 500}, [("", 1000)]),
        (
            {"products": [{"name": "a", "price": 300, "quantity": 2}, {"sku": "b", "price": 50}]},
            [("a", 600), ("b", 50)],
        ),
        # 100 off 1,000 in equal thirds: 300, 300 and what is left
        (
            {"revenue": 900, "products": [{"name": n, "price": 1000 / 3} for n in "abc"]},
            [("a", 300), ("b", 300), ("c", 300)],
        ),
        ({"revenue": 100, "products": [{"name": n, "price": 1} for n in "abc"]}, [("a", 33), ("b", 33), ("c", 34)]),
        ({"revenue": 500, "products": [{"name": "a"}]}, [("", 500)]),
        ({"revenue": 0, "products": [{"name": "a", "price": 0}]}, [("a", 0)]),
    ],
)
def test_an_order_gives_lines_that_add_up_to_its_revenue(take, order, lines):
    assert take(track("Order Completed", {"order_id": "A1", **order})) == []
    found = Purchase.objects.order_by("id").values_list("product__name", "amount")
    assert [(name or "", amount) for name, amount in found] == lines
    assert set(Purchase.objects.values_list("order_id", flat=True)) == {"A1"}


def test_an_order_said_twice_is_one(take):
    order = track("Order Completed", {"order_id": "A1", "revenue": 1000})
    assert take(order) == take(order) == []
    assert Purchase.objects.count() == 1


def test_a_refund_takes_back_without_touching_the_order(take):
    assert take(
        track("Order Completed", {"order_id": "A1", "revenue": 1000}),
        track("Order Refunded", {"order_id": "A1", "total": 300, "tax": 0}),
        track("Order Refunded", {"order_id": "A1", "products": [{"price": 100, "quantity": 2}]}),
    ) == []  # fmt: skip
    assert sorted(Purchase.objects.values_list("amount", flat=True)) == [-300, -200, 1000]


def test_another_currency_stays_out_and_says_so(take):
    (error,) = take(track("Order Completed", {"order_id": "A1", "revenue": 10, "currency": "USD"}))
    assert error.startswith("other_currency")
    assert Purchase.objects.count() == 0


def test_a_wrong_clock_is_set_right(write_key):
    """The phone's clock runs a day behind: what it says happened a minute before it sent happened a minute ago."""
    late = {
        "batch": [track("Login", messageId="m1", timestamp="2026-04-30T02:59:00Z")],
        "sentAt": "2026-04-30T03:00:00Z",
    }
    key = api_keys.find(write_key)
    receiving.keep(messages=late["batch"], sent_at=late["sentAt"], api_key=key, now=NOW)
    receiving.drain(now=NOW)
    assert Login.objects.get().logged_in_at == NOW - dt.timedelta(minutes=1)


@pytest.mark.parametrize("timestamp", [None, "soon", 5, "9999-12-31T23:59:59-12:00"])
def test_without_a_time_that_can_be_read_it_happened_when_it_came(write_key, timestamp):
    key = api_keys.find(write_key)
    receiving.keep(
        messages=[track("Login", timestamp=timestamp)], sent_at="0001-01-01T00:00:00+14:00", api_key=key, now=NOW
    )
    receiving.drain(now=NOW)
    assert Received.objects.get().taken_at == NOW


# --- What cannot be taken --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "message",
    [
        {"type": "track", "anonymousId": "a1", "event": "Clicked"},
        {"type": "identify", "anonymousId": "a1", "traits": {"email": "a@example.jp"}},
        {"type": "track", "userId": "u1"},
        {"type": "group", "userId": "u1"},
        {"type": "alias", "userId": "u1", "previousId": "a1"},
        {"type": "nonsense", "userId": "u1"},
        {"userId": "u1"},
        track("Order Completed", {"order_id": "A1"}),
        track("Order Refunded", {"order_id": "A1", "total": True}),
        track("x" * 41),
        identify({"email": "not an address"}),
    ],
)
def test_what_cannot_be_taken_is_kept_with_its_reason(take, message):
    (error,) = take(message)
    assert len(error) > 5
    assert (Purchase.objects.count(), Event.objects.count(), Login.objects.count()) == (0, 0, 0)


def test_one_bad_message_does_not_hold_up_the_others(take):
    assert len(take(track("Clicked", user=None), track("Clicked"), identify({"email": "x"}), track("Login"))) == 2
    assert (Event.objects.count(), Login.objects.count()) == (1, 1)


def test_a_message_can_be_tried_again_once_its_cause_is_gone(take):
    take(track("Order Completed", {"order_id": "A1", "revenue": 10, "currency": "USD"}))
    factories.configure(currency="USD")
    assert receiving.again(row=Received.objects.get())
    receiving.drain(now=NOW)
    assert (Received.objects.get().error, Purchase.objects.get().amount) == ("", 10)
    assert not receiving.again(row=Received.objects.get())


def test_what_was_taken_keeps_its_id_and_nothing_of_what_it_said(take):
    take(identify({"email": "hanako@example.jp"}), track("Clicked", user=None))
    taken, refused = Received.objects.order_by("id")
    assert (taken.payload, bool(taken.message_id)) == ({}, True)
    assert refused.payload["message"]["event"] == "Clicked"


def test_the_page_lists_them_and_tries_again(take, client):
    take(track("Order Completed", {"order_id": "A1", "revenue": 10, "currency": "USD"}), track("Clicked"))
    client.force_login(factories.user(role=Role.ADMIN), backend="accounts.backends.StaffBackend")
    page = client.get("/customers/received/").content.decode()
    row = Received.objects.exclude(error="").get()
    assert "Order Completed" in page
    assert "Clicked" not in page
    assert str(row.error).split(": ")[1] in page
    factories.configure(currency="USD")
    assert client.post(f"/customers/received/{row.pk}/again/").status_code == 302
    receiving.drain(now=NOW)
    assert Purchase.objects.get().amount == 10
    assert "すべて取り込まれています" in client.get("/customers/received/").content.decode()


def test_the_page_goes_on_to_older_ones(take, client, monkeypatch):
    monkeypatch.setattr(pages, "SHOWN", 2)
    take(*[track(f"Event {number}", user=None) for number in range(5)])
    client.force_login(factories.user(role=Role.ADMIN), backend="accounts.backends.StaffBackend")
    first = client.get("/customers/received/").content.decode()
    newest = Received.objects.latest("id").pk
    older = client.get(f"/customers/received/?before={newest - 1}").content.decode()
    assert ("Event 4" in first, "Event 2" in first, f"?before={newest - 1}" in first) == (True, False, True)
    assert ("Event 2" in older, "Event 4" in older) == (True, False)
    assert client.get("/customers/received/?before=x").status_code == 200


def test_a_defect_of_ours_is_noted_at_its_messages_and_the_rest_goes_on(take, monkeypatch, caplog):
    bring_in = records.bring_in

    def broken(**call):
        if call["kind"] == "events":
            raise ZeroDivisionError
        return bring_in(**call)

    monkeypatch.setattr(records, "bring_in", broken)
    assert len(take(track("Clicked"), track("Login"))) == 1
    assert Login.objects.count() == 1
    assert "could not be taken in" in caplog.text


def test_while_an_import_is_being_undone_messages_wait(take, write_key, monkeypatch):
    post("track", track("Login", messageId="m1"), write_key)
    monkeypatch.setattr(gate, "shared", lambda **how: contextlib.nullcontext(False))
    assert receiving.drain(now=NOW) == 0
    monkeypatch.undo()
    assert receiving.drain(now=NOW) == 1
    assert Login.objects.count() == 1


def test_very_many_names_are_spread_over_several_imports(take):
    messages = [track("Clicked", {f"p{number}_{place}": place for place in range(300)}) for number in range(6)]
    messages.append(track("Clicked", {f"q{place}": place for place in range(600)}))
    assert take(*messages) == []
    assert Event.objects.count() == 7
    assert Import.objects.filter(kind="events").count() > 1


def test_names_of_events_in_any_writing():
    assert tracking_plan.event_kind("Plan Changed!") == "plan_changed"
    assert tracking_plan.event_kind("プラン　変更") == "プラン_変更"
    assert tracking_plan.event_kind(None) == ""
