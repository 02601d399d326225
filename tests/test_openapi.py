"""What the OpenAPI document says holds: nothing it allows breaks an address, every answer has the form it names."""

import base64
import json
import logging

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.test import Client
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from accounts import api_keys
from accounts.models import IdempotentCall, Role
from customers.models import Import
from retention_crm import api
from tests import factories

EXAMPLES, MANY = 3, 150
load_all_checks()
(positive_data_acceptance,) = CHECKS.get_by_names(["positive_data_acceptance"])
REFUSALS = [400, 401, 403, 404, 405, 406, 409, 413, 415, 422, 429]
CONFIG = schemathesis.Config.from_dict(
    {
        "generation": {"allow-x00": False},  # no text holds NUL: see test_api
        "checks": {"negative_data_rejection": {"expected-statuses": REFUSALS}},
    }
)
SCHEMA = schemathesis.openapi.from_dict(api.document(), config=CONFIG)
SCHEMA.app = get_wsgi_application()
OPERATIONS = [found.ok() for found in SCHEMA.get_all_operations()]


@pytest.fixture
def key(db, settings, tmp_path):
    """A key of all scopes, known customers and one record of every kind that can be made by hand."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.API_CALLS_PER_MINUTE = 10_000_000
    logging.disable(logging.WARNING)
    for signal in (request_started, request_finished):  # as Django's own client: they would close the test's connection
        signal.disconnect(close_old_connections)
    who = factories.customer("0")
    factories.purchase(who, "2026-05-01")
    factories.login(who, "2026-05-01")
    factories.contract(who, "2026-05-01")
    yield api_keys.make(name="fuzz", scopes=list(api_keys.SCOPES), by=factories.user(role=Role.ADMIN))[1]
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)
    logging.disable(logging.NOTSET)


def fuzz(operation, mode, key, examples):
    """Calls an operation with so many examples; each answer is checked against the document."""

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=examples, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @seed(20260501)
    def call(case):
        IdempotentCall.objects.all().delete()  # keys made up may be the same ones again
        answer = case.call(headers={"Authorization": authorization(case.path, key), "Accept-Encoding": "identity"})
        case.validate_response(answer, excluded_checks=excluded(case))

    call()


def excluded(case):
    """Beyond what a document says: that days be in order, and that records which clear name the same fields."""
    is_beyond = case.path.startswith("/api/v1/reports/") or (case.query or {}).get("clear_empty") == "true"
    return [positive_data_acceptance] if is_beyond else []


def authorization(path: str, key: str) -> str:
    if path.startswith("/v1/"):
        return "Basic " + base64.b64encode(f"{key}:".encode()).decode()
    return f"Bearer {key}"


@pytest.mark.parametrize("mode", GenerationMode, ids=lambda mode: mode.name.lower())
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.label)
def test_what_the_document_allows_is_answered_and_the_rest_refused(operation, mode, key):
    fuzz(operation, mode, key, EXAMPLES)


@pytest.mark.prove
@pytest.mark.parametrize("mode", GenerationMode, ids=lambda mode: mode.name.lower())
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.label)
def test_also_in_many_calls(operation, mode, key):
    fuzz(operation, mode, key, MANY)


def test_the_document_is_read_by_anybody_and_names_every_address(client):
    answer = client.get("/api/v1/schema/")
    document = json.loads(answer.content)
    assert document == json.loads(json.dumps(api.document()))
    for kind in Import.Kind.values:
        assert {"get", "post"} <= document["paths"][f"/api/v1/{kind}/"].keys()
    segment = {f"/v1/{call}" for call in ("identify", "track", "page", "screen", "group", "alias", "batch")}
    assert document["paths"].keys() >= {*segment, "/api/v1/reports/{name}/"}


def test_every_operation_names_its_scope_and_its_errors():
    for methods in api.document()["paths"].values():
        for said in methods.values():
            assert said["x-scope"] in api_keys.SCOPES
            assert {"200", "400", "401", "403", "429"} <= said["responses"].keys()


@pytest.mark.django_db
def test_the_page_says_it_in_words():
    page = Client()
    page.force_login(factories.user(role=Role.CS), backend="accounts.backends.StaffBackend")
    text = page.get("/api/").content.decode()
    assert "/api/v1/purchases/" in text
    assert "purchased_at" in text
    assert "/v1/batch" in text


@pytest.mark.parametrize("address", ["/api/v1/nothing/", "/api/v1/customers", "/v1/nothing", "/api/v1/a%0Ab/"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_where_nothing_is_the_answer_has_the_form_of_the_others(client, address, method):
    answer = client.generic(method, address, "{}", "application/json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
