"""A real browser on a real server: pages signed in as each of the three roles."""

import os
from collections.abc import Callable

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import BrowserContext, Page

from accounts.models import Role, User
from devstack import browser

# Playwright's loop runs in the thread of the test; Django would take that for asynchronous code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
os.environ.update(browser.driver_environment())


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    """Set CHROMIUM to take a certain one."""
    return {**browser_type_launch_args, "executable_path": browser.ensure(), "args": browser.launch_arguments()}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args):
    return {
        **browser_context_args,
        "locale": "ja-JP",
        "timezone_id": "Asia/Tokyo",
        "viewport": {"width": 1280, "height": 800},
        "reduced_motion": "reduce",
    }


@pytest.fixture(scope="session")
def base_url(live_server) -> str:
    """page.goto("/customers/") is enough."""
    return live_server.url


@pytest.fixture(autouse=True)
def _server_sees_the_rows(transactional_db) -> None:
    """What a test writes is committed, since the server reads it on a connection of its own."""


@pytest.fixture
def signed_in(context: BrowserContext, base_url: str, live_server) -> Callable[[User], Page]:
    """A new page of the test's browser, signed in as that user without walking the form."""

    def as_user(user: User) -> Page:
        client = Client()
        client.force_login(user, backend="accounts.backends.StaffBackend")
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": base_url}])
        return context.new_page()

    return as_user


@pytest.fixture
def cs_page(signed_in) -> Page:
    return signed_in(_user("cs-staff@example.jp", "佐藤 花子", Role.CS))


@pytest.fixture
def manager_page(signed_in) -> Page:
    return signed_in(_user("head@example.jp", "鈴木 一郎", Role.MANAGER))


@pytest.fixture
def admin_page(signed_in) -> Page:
    return signed_in(_user("office@example.jp", "高橋 明", Role.ADMIN))


def _user(email: str, name: str, role: str) -> User:
    """The same user when a test asks for two pages of one role."""
    return User.objects.filter(email=email).first() or User.objects.create_user(email, name=name, role=role)
