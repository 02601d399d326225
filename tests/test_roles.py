"""Every address says who may: all roles × all addresses of the resolver, and nobody signed in."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.converters import IntConverter, SlugConverter, StringConverter, UUIDConverter

from accounts import api_keys
from accounts.models import Role, User
from accounts.roles import PERMISSIONS

SAMPLES = {IntConverter: "987654321", SlugConverter: "no-such-slug", StringConverter: "no-such-thing"}
SAMPLES[UUIDConverter] = "00000000-0000-4000-8000-000000000000"


def patterns(resolver: URLResolver | None = None, before: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every address with samples in the places of its parts, and its pattern."""
    for one in (resolver or get_resolver()).url_patterns:
        address = before + filled(one)
        if isinstance(one, URLResolver):
            yield from patterns(one, address)
        else:
            yield address, one


def filled(one: URLPattern | URLResolver) -> str:
    address = str(one.pattern)
    for name, converter in one.pattern.converters.items():
        sample = SAMPLES.get(type(converter)) or next(SAMPLES[kind] for kind in SAMPLES if isinstance(converter, kind))
        kinds = [part for part in address.split("<") if part.split(">")[0].split(":")[-1] == name]
        address = address.replace(f"<{kinds[0].split('>')[0]}>", sample)
    return address.lstrip("^").rstrip("$")


ADDRESSES = [f"/{address}" for address, _ in patterns()]
VIEWS = {f"/{address}": pattern.callback for address, pattern in patterns()}
SCOPED = [address for address, view in VIEWS.items() if hasattr(view, "scopes")]
METHODS = ["get", "head", "post", "put", "patch", "delete", "options"]


@pytest.fixture
def people(db) -> dict[str, User]:
    """One of each role; their addresses are not the demo's."""
    return {
        role: User.objects.create_user(f"{role}-walker@example.jp", name=f"歩く{role}", role=role)
        for role in Role.values
    }


def get(address: str, user: User | None = None, method: str = "get"):
    client = Client(raise_request_exception=False)
    if user:
        client.force_login(user, backend="accounts.backends.StaffBackend")
    return getattr(client, method)(address)


def is_turned_away(address: str, answer) -> bool:
    """A person is led to the door; a program is told so."""
    if address in SCOPED:
        return answer.status_code == 401
    return answer.status_code == 302 and answer.headers["Location"].startswith("/sign-in/?next=")


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_view_says_who_may(address):
    view = VIEWS[address]
    permission, reason = getattr(view, "permission", None), getattr(view, "public_because", None)
    scopes = set(getattr(view, "scopes", {}).values())
    assert scopes <= set(api_keys.SCOPES)
    is_declared = permission in PERMISSIONS or bool(scopes)
    assert is_declared != bool(reason), f"{address}: needs @may(…), scope(…) or @public(…), one of them"


@pytest.mark.parametrize("address", [one for one in ADDRESSES if hasattr(VIEWS[one], "permission")])
@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_gets_in_without_signing_in(db, address, method):
    assert is_turned_away(address, get(address, method=method))


@pytest.mark.parametrize("address", [one for one in ADDRESSES if hasattr(VIEWS[one], "permission")])
def test_each_role_gets_what_the_table_says(people, address):
    allowed = PERMISSIONS[VIEWS[address].permission]
    for role, user in people.items():
        status = get(address, user).status_code
        if role in allowed:
            assert status in {200, 302, 403, 404, 405}, f"{role}: {status}"
        else:
            assert status == 403, f"{role}: {status}"


@pytest.mark.parametrize("address", [one for one in ADDRESSES if hasattr(VIEWS[one], "permission")])
def test_a_disabled_user_is_out_at_once(people, address):
    user = people[Role.ADMIN]
    client = Client(raise_request_exception=False)
    client.force_login(user, backend="accounts.backends.StaffBackend")
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert is_turned_away(address, client.get(address))


@pytest.mark.parametrize("address", [one for one in ADDRESSES if hasattr(VIEWS[one], "public_because")])
def test_public_pages_answer_anybody(db, address):
    assert get(address).status_code in {200, 302, 404, 405, 410, 503}


@pytest.fixture
def admin(db) -> User:
    """Without a password, whose hash would take the time of ten calls."""
    return User.objects.create(email="keys-walker@example.jp", name="keys", role=Role.ADMIN)


def call(address: str, method: str, key: str = ""):
    client = Client(raise_request_exception=False)
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return client.generic(method.upper(), address, "{}", content_type="application/json", headers=headers)


@pytest.mark.parametrize("address", SCOPED)
def test_a_program_without_a_key_is_told_so(db, address):
    assert {method: call(address, method).status_code for method in METHODS} == dict.fromkeys(METHODS, 401)


@pytest.mark.parametrize("address", SCOPED)
def test_a_wrong_or_revoked_key_opens_nothing(admin, address):
    key, revoked = api_keys.make(name="gone", scopes=list(api_keys.SCOPES), by=admin)
    api_keys.revoke(key=key, by=admin, now=key.created_at)
    for text in (revoked, revoked[:-1] + "x", "mdr_nobody", "mdr_aaaaaaaaaa_" + "a" * 43):
        assert {call(address, method, text).status_code for method in METHODS} == {401}


@pytest.mark.parametrize("address", SCOPED)
def test_each_scope_opens_what_it_names_and_no_more(admin, settings, address):
    settings.API_CALLS_PER_MINUTE = 100_000
    scopes = VIEWS[address].scopes
    for scope in api_keys.SCOPES:
        key = api_keys.make(name="walker", scopes=[scope], by=admin)[1]
        for method in METHODS:
            wanted = scopes.get({"head": "get"}.get(method, method))
            status = call(address, method, key).status_code
            if wanted is None:
                assert status in {200, 405}, (scope, method, status)
            elif wanted == scope:
                assert status in {200, 400, 404}, (scope, method, status)
            else:
                assert status == 403, (scope, method, status)


@pytest.mark.parametrize("address", SCOPED)
def test_somebody_signed_in_is_no_program(people, address):
    """A session opens an address for programs only where it names a permission too."""
    statuses = {role: get(address, user).status_code for role, user in people.items()}
    if hasattr(VIEWS[address], "permission"):
        assert set(statuses.values()) <= {200, 404}
    else:
        assert set(statuses.values()) == {401}


def test_the_pages_of_the_menu_answer_all_roles(people):
    menu = ["/", "/customers/", "/segments/", "/campaigns/", "/metrics/"]
    answers = {(page, role): get(page, user).status_code for page in menu for role, user in people.items()}
    assert {key: status for key, status in answers.items() if status != 200} == {}


def test_signing_in_is_where_settings_say():
    assert settings.LOGIN_URL == "accounts:sign-in"
