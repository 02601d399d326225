"""Keys: shown once, kept as a hash, used within their rate, revoked at once; and the page they are made on."""

import datetime as dt
import re
import threading

import pytest
from django.contrib.auth import SESSION_KEY
from django.db import connection
from django.test import Client

from accounts import api_keys
from accounts.models import ApiKey, AuditEvent, Role
from tests import factories

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 5, 1, 3, tzinfo=dt.UTC)
A_SECOND = dt.timedelta(seconds=1)


@pytest.fixture
def admin():
    return factories.user(role=Role.ADMIN)


@pytest.fixture
def pages(admin):
    client = Client()
    client.force_login(admin, backend="accounts.backends.StaffBackend")
    assert client.session[SESSION_KEY]
    return client


def make(admin, *scopes):
    return api_keys.make(name="shop", scopes=list(scopes), by=admin)


def test_a_key_is_found_by_its_text_and_by_nothing_else(admin):
    key, text = make(admin, "records:read")
    assert re.fullmatch(r"mdr_[a-z0-9]{10}_[\w-]{43}", text)
    assert api_keys.find(text) == key
    prefix, secret = text.split("_", 2)[1:]
    of_others = (f"mdr_{prefix}_{'a' * 43}", f"mdr_{'a' * 10}_{secret}")
    for wrong in ("", secret, text[:-1], text + "x", text.upper(), *of_others):
        assert api_keys.find(wrong) is None


def test_the_secret_is_kept_nowhere(admin):
    key, text = make(admin, "records:read")
    secret = text.split("_", 2)[2]
    kept = [str(value) for model in (ApiKey, AuditEvent) for row in model.objects.values() for value in row.values()]
    assert not any(secret in value for value in kept)
    assert len(key.secret_hash) == 64


def test_two_keys_are_never_alike(admin):
    assert len({make(admin)[1] for _each in range(50)}) == 50


def test_an_unknown_scope_is_a_mistake(admin):
    with pytest.raises(ValueError, match="everything"):
        make(admin, "everything")


def test_revoking_works_at_once_and_only_once(admin):
    key, text = make(admin, "records:read")
    assert api_keys.revoke(key=key, by=admin, now=NOW)
    assert api_keys.find(text) is None
    assert api_keys.use(key=key, now=NOW).is_revoked
    assert not api_keys.revoke(key=key, by=admin, now=NOW)


def test_making_and_revoking_are_written_down(admin):
    key, _text = make(admin, "records:read")
    api_keys.revoke(key=key, by=admin, now=NOW)
    rows = AuditEvent.objects.filter(object_id=str(key.pk), object_type="accounts.ApiKey").order_by("id")
    assert [(row.action, row.actor) for row in rows] == [("api_key_made", admin), ("api_key_revoked", admin)]
    assert rows[0].detail == {"scopes": ["records:read"]}


# --- Rate ------------------------------------------------------------------------------------------


def test_a_tenth_of_a_minutes_calls_go_at_once_then_one_each_time(admin, settings):
    settings.API_CALLS_PER_MINUTE = 60  # 6 at once, then one a second
    key, _text = make(admin)
    assert [api_keys.use(key=key, now=NOW).is_allowed for _each in range(7)] == [True] * 6 + [False]
    assert api_keys.use(key=key, now=NOW).wait_seconds == 1
    assert api_keys.use(key=key, now=NOW + A_SECOND).is_allowed
    assert not api_keys.use(key=key, now=NOW + A_SECOND).is_allowed
    assert [api_keys.use(key=key, now=NOW + 60 * A_SECOND).is_allowed for _each in range(7)] == [True] * 6 + [False]


def test_each_key_has_a_rate_of_its_own(admin, settings):
    settings.API_CALLS_PER_MINUTE = 1
    assert all(api_keys.use(key=make(admin)[0], now=NOW).is_allowed for _each in range(3))


def test_a_use_is_noted(admin):
    key, _text = make(admin)
    api_keys.use(key=key, now=NOW)
    key.refresh_from_db()
    assert key.last_used_at == NOW


@pytest.mark.django_db(transaction=True)
def test_calls_at_the_same_time_cannot_share_the_last_one(admin, settings):
    settings.API_CALLS_PER_MINUTE = 100  # 10 at once
    key, _text = make(admin)
    allowed = []

    def calls():
        allowed.extend(api_keys.use(key=key, now=NOW).is_allowed for _each in range(10))
        connection.close()

    threads = [threading.Thread(target=calls) for _each in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(allowed), sum(allowed)) == (40, 10)


def test_too_many_calls_are_told_how_long_to_wait(admin, settings):
    settings.API_CALLS_PER_MINUTE = 6  # one at once, then one in ten seconds
    text = make(admin, "records:read")[1]
    answers = [Client().get("/api/v1/customers/", headers={"Authorization": f"Bearer {text}"}) for _each in range(2)]
    assert [answer.status_code for answer in answers] == [200, 429]
    assert 1 <= int(answers[1].headers["Retry-After"]) <= 10
    assert answers[1].json()["error"]["code"] == "too_many_calls"


# --- Calls -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer ", "Basic bWRy", "Basic ***", "Bearer mdr_x_y", "Token abc", "Basic \x80"]
)
def test_a_header_that_holds_no_key_opens_nothing(header):
    for address in ("/api/v1/customers/", "/v1/track"):
        answer = Client().generic("POST", address, "{}", "application/json", headers={"Authorization": header})
        assert (answer.status_code, answer.json()["error"]["code"][:3] in {"wro", "not"}) == (401, True)
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_session_does_not_open_what_is_for_programs(pages):
    assert pages.get("/api/v1/customers/").status_code == 401


def test_answers_stay_out_of_caches(admin):
    text = make(admin, "records:read")[1]
    answer = Client().get("/api/v1/customers/", headers={"Authorization": f"Bearer {text}"})
    assert answer.headers["Cache-Control"] == "no-store"


# --- Pages -----------------------------------------------------------------------------------------


def test_the_text_of_a_new_key_is_shown_this_once(pages, admin):
    answer = pages.post("/api-keys/", {"name": "ネットショップ", "scopes": ["customers:write", "purchases:write"]})
    (text,) = re.findall(r"mdr_[a-z0-9]{10}_[\w-]{43}", answer.content.decode())
    key = api_keys.find(text)
    assert (key.name, key.scopes, key.created_by) == ("ネットショップ", ["customers:write", "purchases:write"], admin)
    assert answer.headers["Cache-Control"] == "no-store"
    page = pages.get("/api-keys/").content.decode()
    assert "ネットショップ" in page
    assert f"mdr_{key.prefix}_…" in page
    assert text not in page
    assert key.secret_hash not in page


@pytest.mark.parametrize("given", [{"name": "x"}, {"scopes": ["records:read"]}, {"name": "x", "scopes": ["root"]}])
def test_a_key_needs_a_name_and_known_scopes(pages, given):
    answer = pages.post("/api-keys/", given)
    assert answer.status_code == 422
    assert ApiKey.objects.count() == 0


def test_revoking_asks_first(pages, admin):
    key, text = make(admin, "records:read")
    address = f"/api-keys/{key.pk}/revoke/"
    assert "shop" in pages.get(address).content.decode()
    assert api_keys.find(text) == key
    assert pages.post(address).status_code == 302
    assert api_keys.find(text) is None
    key.refresh_from_db()
    assert key.revoked_by == admin
    assert pages.get(address).status_code == 404
    assert admin.name in pages.get("/api-keys/").content.decode()


def test_last_use_and_a_maker_who_left_are_shown(pages, admin):
    gone = factories.user(role=Role.ADMIN, is_active=False)
    key, _text = make(gone, "records:read")
    assert "未使用" in pages.get("/api-keys/").content.decode()
    api_keys.use(key=key, now=NOW)
    page = pages.get("/api-keys/").content.decode()
    assert "2026/05/01 12:00" in page
    assert "ログイン停止中" in page
    assert "2026/05/01 12:00" in pages.get(f"/api-keys/{key.pk}/revoke/").content.decode()


@pytest.mark.parametrize("role", [Role.CS, Role.MANAGER])
def test_keys_are_for_admins(role):
    client = Client()
    client.force_login(factories.user(role=role), backend="accounts.backends.StaffBackend")
    assert client.get("/api-keys/").status_code == 403
    assert client.post("/api-keys/", {"name": "x", "scopes": ["records:read"]}).status_code == 403
    assert ApiKey.objects.count() == 0
