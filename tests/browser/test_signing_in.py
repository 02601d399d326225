"""The browser itself works, and every role gets a page."""

import pytest


@pytest.mark.parametrize("role", ["cs", "manager", "admin"])
def test_every_role_has_a_page(request, role):
    page = request.getfixturevalue(f"{role}_page")
    assert page.goto("/livez").status == 200
