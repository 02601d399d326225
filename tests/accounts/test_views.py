"""Signing in, users, settings, and the pages for when something is refused."""

import pytest
from django.test import Client, RequestFactory
from django.utils import translation

from accounts import views
from accounts.models import AuditEvent, Installation, Role, Team, User
from customers.models import DimensionChange
from tests import factories

PASSWORD = "correct horse battery"


@pytest.fixture
def admin(db) -> User:
    return User.objects.create_user("boss@example.jp", PASSWORD, name="管理 花子", role=Role.ADMIN)


@pytest.fixture
def as_admin(admin) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(admin, backend="accounts.backends.StaffBackend")
    return client


def in_english(client: Client) -> Client:
    client.cookies["django_language"] = "en"
    return client


def sign_in(client: Client, password: str = PASSWORD, **fields):
    return client.post("/sign-in/", {"username": "boss@example.jp", "password": password, **fields})


# --- Signing in -------------------------------------------------------------------------------


def test_the_sign_in_page_is_japanese_by_default_and_needs_no_script(client, db):
    page = client.get("/sign-in/")
    text = page.content.decode()
    assert "ログイン" in text
    assert page.headers["Content-Language"] == "ja"
    assert 'name="username"' in text
    assert 'name="password"' in text
    assert '<form method="post" novalidate>' in text  # no action: its own address


def test_signing_in_leads_to_the_first_page(client, admin):
    answer = sign_in(client)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")


def test_signing_in_is_indifferent_to_the_case_of_the_address(client, admin):
    answer = client.post("/sign-in/", {"username": "BOSS@Example.jp", "password": PASSWORD})
    assert answer.status_code == 302


def test_signing_in_leads_to_where_one_wanted_to_go(client, admin):
    assert sign_in(client, next="/users/").headers["Location"] == "/users/"


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_signing_in_never_leads_elsewhere(client, admin, target):
    assert sign_in(client, next=target).headers["Location"] == "/"


def test_a_wrong_password_says_one_sentence_and_keeps_the_address(client, admin):
    answer = sign_in(in_english(client), "wrong")
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "The e-mail or the password is not right. Please try again." in text
    assert 'value="boss@example.jp"' in text
    assert "wrong" not in text


def test_an_unknown_address_says_the_same(client, db):
    answer = in_english(client).post("/sign-in/", {"username": "who@example.jp", "password": PASSWORD})
    assert "The e-mail or the password is not right. Please try again." in answer.content.decode()


def test_after_ten_wrong_passwords_the_account_rests(client, admin):
    for _ in range(9):
        assert sign_in(client, "wrong").status_code == 422
    assert sign_in(client, "wrong").status_code == 429
    answer = sign_in(client)
    assert answer.status_code == 429
    assert "15分間" in answer.content.decode()


def test_the_demos_logins_stand_on_the_page_in_the_demo_only(client, db):
    assert b"cs@example.jp" not in client.get("/sign-in/").content
    factories.configure(is_demo=True)
    assert b"cs@example.jp" in client.get("/sign-in/").content


def test_the_demos_logins_are_refused_outside_the_demo(client, db):
    User.objects.create_user("admin@example.jp", PASSWORD, name="デモ", role=Role.ADMIN)
    answer = client.post("/sign-in/", {"username": "admin@example.jp", "password": PASSWORD})
    assert answer.status_code == 422


def test_signing_out_needs_a_post(as_admin):
    assert as_admin.get("/sign-out/").status_code == 405
    assert as_admin.post("/sign-out/").headers["Location"] == "/sign-in/"
    assert as_admin.get("/users/").status_code == 302


# --- Language ---------------------------------------------------------------------------------


def test_the_language_is_kept_with_the_person_and_in_a_cookie(as_admin, admin):
    answer = as_admin.post("/language/", {"language": "en", "next": "/users/"})
    assert answer.headers["Location"] == "/users/"
    assert answer.cookies["django_language"].value == "en"
    assert User.objects.get(pk=admin.pk).language == "en"
    assert "Add a user" in as_admin.get("/users/").content.decode()


def test_an_unknown_language_changes_nothing(client, db):
    assert "django_language" not in client.post("/language/", {"language": "tlh"}).cookies


# --- Users ------------------------------------------------------------------------------------


def test_users_are_listed_with_those_known_from_files_first(as_admin):
    User.objects.create(name="田中", is_placeholder=True, is_active=False)
    text = as_admin.get("/users/").content.decode()
    assert text.index("田中") < text.index("管理 花子", text.index("<main"))
    assert "紐づけ待ち" in text


def test_an_admin_adds_a_user(as_admin, admin):
    fields = {"name": "新 人", "email": "New@Example.jp", "role": "cs", "is_active": "on", "password": PASSWORD}
    assert as_admin.post("/users/new/", fields).status_code == 302
    user = User.objects.get(email="new@example.jp")
    assert user.check_password(PASSWORD)
    assert AuditEvent.objects.get().action == "user_made"
    assert AuditEvent.objects.get().actor == admin


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"password": "12345678"}, "password"),
        ({"password": ""}, "password"),
        ({"email": "BOSS@example.jp"}, "email"),
        ({"email": ""}, "email"),
        ({"name": ""}, "name"),
    ],
)
def test_a_wrong_field_is_told_at_the_field_and_nothing_typed_is_lost(as_admin, fields, says):
    good = {"name": "新 人", "email": "new@example.jp", "role": "cs", "is_active": "on", "password": PASSWORD}
    answer = as_admin.post("/users/new/", {**good, **fields})
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [says]
    assert User.objects.count() == 1


def test_an_empty_password_leaves_it_as_it_is(as_admin, admin):
    fields = {"name": "改名", "email": "boss@example.jp", "role": "admin", "is_active": "on", "password": ""}
    assert as_admin.post(f"/users/{admin.pk}/", fields).status_code == 302
    admin.refresh_from_db()
    assert admin.name == "改名"
    assert admin.check_password(PASSWORD)


def test_a_new_password_takes_effect(as_admin, admin):
    user = User.objects.create_user("cs1@example.jp", "the old one 1", name="担当")
    fields = {"name": "担当", "email": "cs1@example.jp", "role": "cs", "is_active": "on", "password": PASSWORD}
    as_admin.post(f"/users/{user.pk}/", fields)
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_a_user_with_customers_cannot_be_stopped_before_handing_over(as_admin):
    user = User.objects.create_user("cs1@example.jp", PASSWORD, name="担当")
    factories.customer(owner=user)
    fields = {"name": "担当", "email": "cs1@example.jp", "role": "cs", "password": ""}
    answer = as_admin.post(f"/users/{user.pk}/", fields)
    assert "is_active" in answer.context["form"].errors
    user.refresh_from_db()
    assert user.is_active


@pytest.mark.parametrize("change", [{"role": "cs", "is_active": "on"}, {"role": "admin"}])
def test_the_last_admin_stays(as_admin, admin, change):
    fields = {"name": "管理 花子", "email": "boss@example.jp", "password": "", **change}
    answer = as_admin.post(f"/users/{admin.pk}/", fields)
    assert answer.context["form"].non_field_errors()
    admin.refresh_from_db()
    assert (admin.role, admin.is_active) == (Role.ADMIN, True)


def test_an_admin_may_step_back_when_there_is_another(as_admin, admin):
    User.objects.create_user("second@example.jp", PASSWORD, name="次", role=Role.ADMIN)
    fields = {"name": "管理 花子", "email": "boss@example.jp", "role": "cs", "is_active": "on", "password": ""}
    assert as_admin.post(f"/users/{admin.pk}/", fields).status_code == 302


def test_teams_can_be_chosen_where_there_are_any(as_admin):
    assert b'name="team"' not in as_admin.get("/users/new/").content
    Team.objects.create(name="東日本")
    assert b'name="team"' in as_admin.get("/users/new/").content


# --- Owners known from files -------------------------------------------------------------------


@pytest.fixture
def placeholder(db) -> User:
    return User.objects.create(name="田中", is_placeholder=True, is_active=False)


def test_joining_hands_over_customers_and_their_history(as_admin, admin, placeholder):
    customers = [factories.customer(owner=placeholder) for _ in range(2)]
    change = DimensionChange.objects.create(customer=customers[0], dimension="owner", value=str(placeholder.pk))
    answer = as_admin.post(f"/users/{placeholder.pk}/join/", {"user": admin.pk}, follow=True)
    assert "2件の顧客を管理 花子の担当にしました。" in answer.content.decode()
    assert {customer.owner for customer in admin.customers.all()} == {admin}
    assert admin.customers.count() == 2
    change.refresh_from_db()
    assert change.value == str(admin.pk)
    assert not User.objects.filter(pk=placeholder.pk).exists()
    assert AuditEvent.objects.get().detail == {"placeholder": placeholder.pk, "customers": 2}


def test_joining_to_nobody_says_so(as_admin, placeholder):
    answer = as_admin.post(f"/users/{placeholder.pk}/join/", {}, follow=True)
    assert "該当するユーザーを選んでください。" in answer.content.decode()
    assert User.objects.filter(pk=placeholder.pk).exists()


def test_only_a_name_from_a_file_can_be_joined(as_admin, admin):
    assert as_admin.post(f"/users/{admin.pk}/join/", {"user": admin.pk}).status_code == 404


def test_a_name_from_a_file_may_become_a_user(as_admin, placeholder):
    fields = {"name": "田中 一郎", "email": "tanaka@example.jp", "role": "cs", "is_active": "on", "password": PASSWORD}
    assert as_admin.post(f"/users/{placeholder.pk}/", {**fields, "password": ""}).status_code == 422
    assert as_admin.post(f"/users/{placeholder.pk}/", fields).status_code == 302
    placeholder.refresh_from_db()
    assert (placeholder.is_placeholder, placeholder.is_active) == (False, True)


# --- Settings ---------------------------------------------------------------------------------

SETTINGS = {
    "company_name": "戻る商事株式会社",
    "fiscal_year_start": "4",
    "tax": "excluded",
    "margin": "",
    "churn_policy": "contract",
    "inactivity_days": "90",
    "activity": "purchases",
    "month_end": "on",
    "pause_months": "6",
    "rfm_window_days": "",
    "sender_name": "",
    "sender_email": "",
    "sender_address": "",
    "complaint_contact": "",
    "refusal_notice": "",
    "contact_budget": "4",
    "contact_budget_days": "7",
    "quiet_from": "20:00",
    "quiet_until": "08:00",
    "sends_on_weekends": "on",
}


def test_settings_say_what_is_missing_for_sending(as_admin):
    assert "送信者の5項目のうち5項目が空いています" in as_admin.get("/settings/").content.decode()
    five = {name: "あ" for name in ("sender_name", "sender_address", "complaint_contact", "refusal_notice")}
    factories.configure(sender_email="a@example.jp", **five)
    assert "送信者の5項目" not in as_admin.get("/settings/").content.decode().split("<form")[3]


def test_settings_are_saved_and_recorded(as_admin, admin):
    assert as_admin.post("/settings/", SETTINGS).status_code == 302
    row = Installation.get()
    assert (row.company_name, row.churn_policy, row.inactivity_days) == ("戻る商事株式会社", "contract", 90)
    event = AuditEvent.objects.get()
    assert (event.action, event.actor) == ("settings_changed", admin)
    assert set(event.detail["fields"]) == {"company_name", "churn_policy", "inactivity_days"}


@pytest.mark.parametrize(("field", "value"), [("margin", "35"), ("inactivity_days", "0"), ("sender_email", "nobody")])
def test_a_wrong_setting_is_told_at_its_field(as_admin, field, value):
    answer = as_admin.post("/settings/", {**SETTINGS, field: value})
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert Installation.get().company_name == ""


# --- Refusals ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("view", "status", "says"),
    [
        (views.forbidden, 403, "この画面は開けません"),
        (views.not_found, 404, "ページが見つかりません"),
        (views.server_error, 500, "システムで問題が起きました"),
        (views.csrf_failed, 403, "もう一度送信してください"),
        (views.locked_out, 429, "ログインの失敗が続きました"),
    ],
)
def test_a_refusal_needs_no_database(view, status, says):
    with translation.override("ja"):
        answer = view(RequestFactory().get("/"))
    assert answer.status_code == status
    assert says in answer.content.decode()


def test_an_unknown_address_is_refused_in_words(as_admin):
    answer = as_admin.get("/no-such-page/")
    assert answer.status_code == 404
    assert "ページが見つかりません" in answer.content.decode()


def test_a_form_without_its_token_is_refused_in_words(db):
    answer = Client(enforce_csrf_checks=True).post("/sign-in/", {"username": "a", "password": "b"})
    assert answer.status_code == 403
    assert "もう一度送信してください" in answer.content.decode()


def test_pages_of_signed_in_people_are_not_stored(as_admin):
    answer = as_admin.get("/users/")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "unsafe" not in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("address", ["/users/", "/sign-in/", "/"])
def test_with_the_database_away_every_page_says_so_in_words(address):
    """No database is open to this test: whatever asks it fails, as when the server is down."""
    client = Client(raise_request_exception=False)
    client.cookies["sessionid"] = "of-yesterday"
    answer = client.get(address)
    assert answer.status_code == 500
    assert "システムで問題が起きました" in answer.content.decode()
