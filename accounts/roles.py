"""Who may do what: one table. Every view carries `@may("…")` or `@public("why")`; a test walks them all."""

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied

from .models import Role, User

EVERYONE = frozenset({Role.CS, Role.MANAGER, Role.ADMIN})
LEADERS = frozenset({Role.MANAGER, Role.ADMIN})
ADMINS = frozenset({Role.ADMIN})

PERMISSIONS: dict[str, frozenset[str]] = {
    "pages.view": EVERYONE,  # dashboard, own profile
    "customers.view": EVERYONE,
    "customers.log": EVERYONE,  # write down a contact with any customer
    "customers.edit": EVERYONE,  # CS staff: their own customers (checked in the view)
    "customers.edit_all": LEADERS,
    "customers.export": LEADERS,
    "customers.personal": LEADERS,  # hand out a person's data
    "customers.erase": ADMINS,
    "duplicates.view": EVERYONE,
    "duplicates.merge": LEADERS,  # and reject, join as branch, undo
    "quality.view": EVERYONE,
    "scores.compute": LEADERS,  # ask for scores and segments to be computed now
    "segments.view": EVERYONE,
    "segments.edit": EVERYONE,
    "touch.change": LEADERS,  # rules, hours and capacities of the touch model; whose customers are whose
    "campaigns.view": EVERYONE,
    "campaigns.edit": EVERYONE,
    "campaigns.send": EVERYONE,
    "campaigns.approve": LEADERS,  # what a colleague has asked for; never one's own
    "metrics.view": EVERYONE,
    "metrics.all_owners": LEADERS,
    "metrics.plan": LEADERS,  # goals, and remarks on charts
    "metrics.schedule": LEADERS,  # reports mailed to colleagues
    "metrics.close": LEADERS,  # close a month, and reopen it with a reason
    "metrics.costs": LEADERS,  # enter what winning customers cost
    "imports.run": ADMINS,
    "imports.undo": ADMINS,
    "users.manage": ADMINS,
    "settings.change": ADMINS,
    "webhooks.manage": ADMINS,
    "api_keys.manage": ADMINS,
    "demo.mailbox": EVERYONE,
}


def allows(user: User, permission: str) -> bool:
    """True where the user's role has the permission; an unknown permission is a programming error."""
    return user.is_authenticated and user.is_active and user.role in PERMISSIONS[permission]


def may(permission: str) -> Callable:
    """Marks a view with the permission it asks for and refuses everybody else (403)."""
    assert permission in PERMISSIONS, permission

    def mark(view):
        @wraps(view)
        def checked(request, *args, **kwargs):
            if not allows(request.user, permission):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        checked.permission = permission  # type: ignore[attr-defined]
        return checked

    return mark


def public(why: str) -> Callable:
    """Marks a view that needs no login, and says why."""

    def mark(view):
        view = login_not_required(view)
        view.public_because = why
        return view

    return mark
