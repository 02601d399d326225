"""The first admin of a new installation, and what makes a user."""

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction

from accounts.models import Role, User

pytestmark = pytest.mark.django_db


def test_createsuperuser_makes_an_admin_who_can_sign_in(client, monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "correct horse battery")
    call_command("createsuperuser", interactive=False, email="first@example.jp", name="最初の管理者", verbosity=0)
    user = User.objects.get()
    assert (user.role, user.is_active, str(user)) == (Role.ADMIN, True, "最初の管理者")
    answer = client.post("/sign-in/", {"username": "first@example.jp", "password": "correct horse battery"})
    assert answer.status_code == 302
    assert client.get("/users/").status_code == 200


def test_two_users_cannot_share_an_address():
    User.objects.create_user("one@example.jp", name="一")
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user("one@example.jp", name="二")


def test_a_name_from_a_file_can_never_sign_in():
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create(name="田中", is_placeholder=True, is_active=True)
