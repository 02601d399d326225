"""Records of programs: what each becomes, that a call has its effect once, and that nothing sent can break it."""

import contextlib
import gzip
import json
import threading
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts import api_keys, idempotency
from accounts.models import IdempotentCall, Role
from customers.importing import gate, records, undoing
from customers.models import Customer, Event, Import, Login, Purchase
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.API_CALLS_PER_MINUTE = 100_000


@pytest.fixture
def program():
    """Calls as a program with a key of all scopes: `program("customers", [records], clear_empty="true")`."""
    return Program()


class Program:
    def __init__(self):
        self.admin = factories.user(role=Role.ADMIN)
        self.key, self.text = api_keys.make(name="shop", scopes=list(api_keys.SCOPES), by=self.admin)
        self.headers = {"Authorization": f"Bearer {self.text}", "Accept-Language": "en"}

    def __call__(self, kind, found, headers=None, **query):
        return self.send(f"/api/v1/{kind}/", json.dumps({"records": found}), headers, **query)

    def send(self, address, body, headers=None, content_type="application/json", **query):
        address += "?" + "&".join(f"{name}={value}" for name, value in query.items()) if query else ""
        return Client().generic("POST", address, body, content_type, headers=self.headers | (headers or {}))

    def get(self, address, headers=None):
        return Client().get(address, headers=self.headers | (headers or {}))


def outcomes(answer):
    assert answer.status_code == 200, answer.content
    found = answer.json()
    kinds = ("created", "updated", "unchanged", "rejected")
    assert sum(found[name] for name in kinds) == found["rows"] == len(found["results"])
    assert {name: found[name] for name in kinds} == {
        name: sum(one["outcome"] == name for one in found["results"]) for name in kinds
    }
    assert [one["index"] for one in found["results"]] == list(range(found["rows"]))
    return [one["outcome"] for one in found["results"]]


def test_each_record_is_answered_for_in_its_order(program):
    factories.customer("C1", name="青空商事", industry="小売")
    factories.customer("C2", name="みどり")
    answer = program(
        "customers",
        [
            {"customer_id": "C1", "name": "青空商事", "industry": "卸売"},
            {"customer_id": "C9", "name": "合計"},
            {"customer_id": "C2", "name": "みどり"},
            {"customer_id": "C3", "name": "x", "birth_on": "きのう"},
            {"customer_id": "C4"},
        ],
    )
    assert outcomes(answer) == ["updated", "created", "unchanged", "rejected", "rejected"]
    third, fourth = answer.json()["results"][3:]
    assert (third["code"], third["field"]) == ("bad_date", "birth_on")
    assert "2024/4/1" in third["message"]
    assert (fourth["code"], fourth["field"]) == ("missing", "name")
    assert Customer.objects.get(code="C1").industry == "卸売"
    assert Customer.objects.get(code="C9").name == "合計"


def test_a_call_is_an_import_of_the_keys_maker(program):
    answer = program("customers", [{"customer_id": "C1", "name": "a"}])
    imported = Import.objects.get(pk=answer.json()["import_id"])
    assert (imported.source, imported.by, imported.state) == ("api", program.admin, "done")
    assert (imported.rows, imported.created) == (1, 1)
    assert imported.options["api_key"] == program.key.pk


def test_a_known_customer_keeps_its_name_where_none_is_given(program):
    factories.customer("C1", name="青空商事")
    assert outcomes(program("customers", [{"customer_id": "C1", "region": "関東"}])) == ["updated"]
    assert Customer.objects.values_list("name", "region").get() == ("青空商事", "関東")


def test_values_arrive_as_they_were_sent(program):
    record = {
        "customer_id": "0012", "name": "=1+1", "kind": "company", "address": "東京都\n港区", "tags": ["VIP", "新規"],
        "joined_on": "2024-04-01", "email": "A@Example.jp", "mail_ok": True,
        "attributes": {"席": 3, "rate": 1.5, "ok": True, "メール可否": "x", "none": None},
    }  # fmt: skip
    assert outcomes(program("customers", [record, {"customer_id": "2", "name": "b"}])) == ["created", "created"]
    stored = Customer.objects.get(code="0012")
    assert (stored.name, stored.address, stored.tags) == ("=1+1", "東京都 港区", ["VIP", "新規"])
    assert stored.attributes == {"席": "3", "rate": "1.5", "ok": "true", "メール可否": "x"}
    assert stored.contacts.get().email == "a@example.jp"
    assert outcomes(program("customers", [record])) == ["unchanged"]


def test_purchases_and_logins_name_known_customers_or_ask_for_new_ones(program):
    sold = {"customer_id": "C1", "order_id": "A1", "purchased_at": "2026-05-01T10:00:00+09:00", "amount": 1200.5}
    answer = program("purchases", [sold])
    assert outcomes(answer) == ["rejected"]
    assert answer.json()["results"][0]["code"] == "unknown_customer"
    factories.configure(currency="USD")
    assert outcomes(program("purchases", [sold], create_customers="true")) == ["created"]
    assert Purchase.objects.get().amount == Decimal("1200.50")
    assert outcomes(program("purchases", [sold])) == ["unchanged"]
    again = [{"customer_id": "C1", "logged_in_at": "2026-05-02T00:00:00Z"}] * 2
    answer = program("logins", again)
    assert outcomes(answer) == ["unchanged", "created"]
    assert Login.objects.get().logged_in_on.isoformat() == "2026-05-02"


def test_of_two_records_with_one_key_the_later_counts_and_the_earlier_says_so(program):
    twice = [{"customer_id": "C1", "name": "a"}, {"customer_id": "C1", "name": "b"}]
    answer = program("customers", twice)
    assert outcomes(answer) == ["unchanged", "created"]
    assert answer.json()["results"][0]["code"] == "superseded"
    assert Customer.objects.get().name == "b"


def test_empty_values_clear_only_when_asked(program):
    factories.customer("C1", name="a", industry="小売", region="関東")
    empty = [{"customer_id": "C1", "name": "a", "industry": None}]
    assert outcomes(program("customers", empty)) == ["unchanged"]
    assert outcomes(program("customers", empty, clear_empty="true")) == ["updated"]
    assert Customer.objects.values_list("industry", "region").get() == ("", "関東")


def test_clearing_wants_the_same_fields_in_all_records(program):
    found = [{"customer_id": "C1", "name": "a", "industry": None}, {"customer_id": "C2", "name": "b"}]
    answer = program("customers", found, clear_empty="true")
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, "records[1]")


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        (" ", "bad_json", None),
        ("[", "bad_json", None),
        ("[]", "bad_json", None),
        ('{"records": [NaN]}', "bad_json", None),
        ("{}", "bad_form", "records"),
        ('{"records": {}}', "bad_form", "records"),
        ('{"records": []}', "bad_form", "records"),
        ('{"records": [{"customer_id": "1"}], "more": 1}', "bad_form", "records"),
        ('{"records": [1]}', "wrong_record", "records[0]"),
        ('{"records": [{}]}', "wrong_record", "records[0]"),
        ('{"records": [{"customer_id": "1", "nmae": "x"}]}', "wrong_record", "records[0].nmae"),
        ('{"records": [{"customer_id": ["1"]}]}', "wrong_record", "records[0].customer_id"),
        ('{"records": [{"customer_id": {"a": 1}}]}', "wrong_record", "records[0].customer_id"),
        ('{"records": [{"customer_id": "1", "tags": [1]}]}', "wrong_record", "records[0].tags"),
        ('{"records": [{"customer_id": "1", "attributes": {"": 1}}]}', "wrong_record", "records[0].attributes"),
        ('{"records": [{"customer_id": "1", "attributes": {"a": [1]}}]}', "wrong_record", "records[0].attributes"),
        ('{"records": [{"customer_id": "1", "name": "a\\u0000b"}]}', "bad_text", None),
        ('{"records": [{"customer_id": "1", "name": "\\ud83d"}]}', "bad_text", None),
        ('{"records": [{"a": ' + "[" * 30 + "]" * 30 + "}]}", "too_deep", None),
        ("[" * 100_000, "too_deep", None),
        ('{"records": [{"customer_id": ' + "9" * 5000 + "}]}", "bad_json", None),
        (b'{"records": "\xff"}', "bad_json", None),
    ],
)
def test_a_call_that_cannot_be_understood_says_why_and_where(program, body, code, field):
    answer = program.send("/api/v1/customers/", body)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error.get("field")) == (400, code, field)
    assert error["message"].endswith(".")
    assert Import.objects.count() == 0


def test_numbers_beyond_reason_are_rejected_not_expanded(program):
    factories.customer("C1")
    body = '{"records": [{"customer_id": "C1", "purchased_at": "2026-01-01", "amount": 1e999999999}]}'
    answer = program.send("/api/v1/purchases/", body)
    assert outcomes(answer) == ["rejected"]
    assert len(answer.content) < 2000


def test_more_further_values_than_a_file_may_have_are_refused_in_a_sentence(program):
    wide = {"customer_id": "C1", "name": "a", "attributes": {f"value {number}": "x" for number in range(1100)}}
    answer = program("customers", [wide])
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "refused")
    assert "1000" in answer.json()["error"]["message"]
    assert Customer.objects.count() == 0


def test_too_much_is_refused_with_the_limit(program, settings):
    many = [{"customer_id": "1", "name": "a"}] * (records.MOST + 1)
    answer = program("customers", many)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_many")
    assert "10000" in answer.json()["error"]["message"]
    settings.API_BODY_BYTES = 1000
    answer = program("customers", many)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")


def test_a_packed_body_is_unpacked_as_far_as_the_limit(program, settings):
    body = json.dumps({"records": [{"customer_id": "1", "name": "a"}]}).encode()
    packed = {"Content-Encoding": "gzip"}
    assert outcomes(program.send("/api/v1/customers/", gzip.compress(body), packed)) == ["created"]
    assert program.send("/api/v1/customers/", b"no gzip", packed).json()["error"]["code"] == "bad_gzip"
    bomb = gzip.compress(b"[" * 50_000_000)
    assert program.send("/api/v1/customers/", bomb, packed).status_code == 413


def test_what_is_not_json_is_said_to_be_unsupported(program):
    answer = program.send("/api/v1/customers/", "a=1", content_type="application/x-www-form-urlencoded")
    assert (answer.status_code, answer.json()["error"]["code"]) == (415, "not_json")


def test_a_flag_is_true_or_false(program):
    answer = program("customers", [{"customer_id": "1", "name": "a"}], create_customers="1")
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, "create_customers")


def test_errors_speak_the_callers_language_japanese_if_none(program):
    def said(language):
        answer = program.send("/api/v1/customers/", "[]", {"Accept-Language": language} if language else None)
        return answer.json()["error"]["message"], answer.headers["Content-Language"]

    assert said("en") == ("The body is not a JSON object.", "en")
    assert said("ja")[1] == "ja"
    del program.headers["Accept-Language"]
    assert said("") == said("ja") != said("en")


# --- Idempotency-Key -------------------------------------------------------------------------------


def test_the_same_call_with_the_same_key_happens_once(program):
    call = {"headers": {"Idempotency-Key": "k1"}}
    first = program("customers", [{"customer_id": "C1", "name": "a"}], **call)
    second = program("customers", [{"customer_id": "C1", "name": "a"}], **call)
    assert first.json() == second.json()
    assert outcomes(second) == ["created"]
    assert (first.headers.get("Idempotency-Replayed"), second.headers["Idempotency-Replayed"]) == (None, "true")
    assert Import.objects.count() == 1


def test_another_call_with_the_same_key_is_refused(program):
    call = {"headers": {"Idempotency-Key": "k1"}}
    program("customers", [{"customer_id": "C1", "name": "a"}], **call)
    for answer in (
        program("customers", [{"customer_id": "C1", "name": "b"}], **call),
        program("customers", [{"customer_id": "C1", "name": "a"}], **call, clear_empty="true"),
        program("logins", [{"customer_id": "C1", "name": "a"}], **call),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "key_reused")
    assert Customer.objects.get().name == "a"


def test_a_refused_call_may_be_mended_under_its_key(program):
    call = {"headers": {"Idempotency-Key": "k1"}}
    assert program("customers", [{"nmae": "a"}], **call).status_code == 400
    assert outcomes(program("customers", [{"customer_id": "C1", "name": "a"}], **call)) == ["created"]


@pytest.mark.parametrize("key", ["", "k" * 256, "a\tb"])
def test_a_key_has_up_to_255_printable_characters(program, key):
    answer = program("customers", [{"customer_id": "C1", "name": "a"}], headers={"Idempotency-Key": key})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_key")
    assert program("customers", [{"customer_id": "C1", "name": "a"}], headers={"Idempotency-Key": "k" * 255})


def test_two_programs_may_use_the_same_key(program):
    call = {"headers": {"Idempotency-Key": "k1"}}
    program("customers", [{"customer_id": "C1", "name": "a"}], **call)
    assert outcomes(Program()("customers", [{"customer_id": "C1", "name": "b"}], **call)) == ["updated"]


def test_after_a_day_a_key_is_free_again(program):
    program("customers", [{"customer_id": "C1", "name": "a"}], headers={"Idempotency-Key": "k1"})
    row = IdempotentCall.objects.get()
    IdempotentCall.objects.update(started_at=row.started_at - idempotency.KEPT)
    answer = program("customers", [{"customer_id": "C1", "name": "b"}], headers={"Idempotency-Key": "k1"})
    assert outcomes(answer) == ["updated"]
    assert idempotency.forget(now=row.started_at + idempotency.KEPT * 2) == 1


def test_a_call_whose_process_was_killed_can_be_repeated(program):
    """The row of a killed call stays without an answer, and nobody holds its lock."""
    found = [{"customer_id": "C1", "name": "a"}]
    program("customers", found, headers={"Idempotency-Key": "k1"})
    IdempotentCall.objects.update(status=None, body=None, finished_at=None)
    answer = program("customers", found, headers={"Idempotency-Key": "k1"})
    assert outcomes(answer) == ["unchanged"]
    assert IdempotentCall.objects.get().status == 200


@pytest.mark.django_db(transaction=True)
def test_while_a_call_runs_its_repetition_is_told_to_wait(program, monkeypatch):
    has_begun, may_go_on, answers = threading.Event(), threading.Event(), []
    bring_in = records.bring_in

    def slow(**call):
        has_begun.set()
        assert may_go_on.wait(30)
        return bring_in(**call)

    monkeypatch.setattr(records, "bring_in", slow)

    def first():
        answers.append(call())
        connection.close()

    def call():
        return program("customers", [{"customer_id": "C1", "name": "a"}], headers={"Idempotency-Key": "k1"})

    thread = threading.Thread(target=first)
    thread.start()
    assert has_begun.wait(30)
    meanwhile = call()
    may_go_on.set()
    thread.join()
    assert (meanwhile.status_code, meanwhile.json()["error"]["code"]) == (409, "still_running")
    assert outcomes(answers[0]) == outcomes(call()) == ["created"]
    assert Import.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_same_records_from_two_programs_at_once_are_stored_once(program):
    answers = []

    def call():
        answers.append(outcomes(program("customers", [{"customer_id": f"C{n}", "name": "a"} for n in range(50)])))
        connection.close()

    threads = [threading.Thread(target=call) for _each in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(sum(answer.count("created") for answer in [one]) for one in answers) == [0, 0, 0, 50]
    assert Customer.objects.count() == 50


# --- Undo ------------------------------------------------------------------------------------------


def test_a_call_is_undone_as_any_import(program):
    factories.customer("C1", name="a", region="関東")
    answer = program("customers", [{"customer_id": "C1", "region": "関西"}, {"customer_id": "C2", "name": "b"}])
    pk = answer.json()["import_id"]
    undoing.begin(import_id=pk, by=program.admin)
    undoing.run(import_id=pk, now=timezone.now())
    assert list(Customer.objects.values_list("code", "region")) == [("C1", "関東")]


def test_while_an_import_is_being_undone_a_call_is_asked_to_come_again(program, monkeypatch):
    monkeypatch.setattr(gate, "shared", lambda **how: contextlib.nullcontext(False))
    answer = program("customers", [{"customer_id": "C1", "name": "a"}], headers={"Idempotency-Key": "k"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "busy")
    assert answer.headers["Retry-After"] == "10"
    assert Import.objects.count() == 0
    monkeypatch.undo()
    answer = program("customers", [{"customer_id": "C1", "name": "a"}], headers={"Idempotency-Key": "k"})
    assert outcomes(answer) == ["created"]


# --- Reading ---------------------------------------------------------------------------------------


def test_customers_are_read_page_by_page(program):
    for number in range(5):
        factories.customer(f"C{number}", tags=["a"], attributes={"x": "1"})
    first = program.get("/api/v1/customers/?limit=2").json()
    second = program.get(f"/api/v1/customers/?limit=2&after={first['next']}").json()
    third = program.get(f"/api/v1/customers/?limit=2&after={second['next']}").json()
    codes = [one["customer_id"] for page in (first, second, third) for one in page["records"]]
    assert (codes, third["next"]) == ([f"C{number}" for number in range(5)], None)
    assert first["records"][0]["tags"] == ["a"]


def test_what_was_read_goes_in_again_unchanged(program):
    sent = {"customer_id": "C1", "name": "青空商事", "kind": "company", "email": "a@example.jp", "phone": "0312345678",
            "joined_on": "2024-04-01", "tags": ["a", "b"], "attributes": {"x": "1"}}  # fmt: skip
    program("customers", [sent])
    read = program.get("/api/v1/customers/").json()["records"]
    assert read[0] | sent == read[0]
    assert outcomes(program("customers", read)) == ["unchanged"]


def test_only_those_changed_since_a_moment(program):
    old, new = factories.customer("C1"), factories.customer("C2")
    Customer.objects.filter(pk=old.pk).update(updated_at="2026-01-01T00:00:00Z")
    Customer.objects.filter(pk=new.pk).update(updated_at="2026-02-01T00:00:00Z")
    found = program.get("/api/v1/customers/?updated_since=2026-01-15T00:00:00Z").json()["records"]
    assert [one["customer_id"] for one in found] == ["C2"]
    answer = program.get("/api/v1/customers/?updated_since=soon")
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, "updated_since")


def test_kinds_without_a_moment_of_change_say_so(program):
    answer = program.get("/api/v1/logins/?updated_since=2026-01-15T00:00:00Z")
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, "updated_since")


def test_events_keep_what_they_carry(program):
    factories.customer("C1")
    sent = {"customer_id": "C1", "event_id": "e1", "kind": "plan_changed", "occurred_at": "2026-05-01T10:00:00+09:00",
            "attributes": {"to": "pro"}}  # fmt: skip
    assert outcomes(program("events", [sent, sent | {"event_id": "e2"}])) == ["created", "created"]
    assert Event.objects.filter(kind="plan_changed", data__to="pro").count() == 2
    assert outcomes(program("events", [sent])) == ["unchanged"]
