"""Staff: make, change, join a name from a file to a person."""

from django.db import transaction

from . import audit
from .models import User


@transaction.atomic
def save_user(*, user: User, password: str, by: User) -> User:
    """Saves a new or changed staff member; an empty password leaves it as it is."""
    is_new = user.pk is None
    user.is_placeholder = user.is_placeholder and not user.is_active
    if password:
        user.set_password(password)
    user.save()
    audit.record("user_made" if is_new else "user_changed", by=by, on=user, role=user.role, is_active=user.is_active)
    return user


@transaction.atomic
def join_placeholder(*, placeholder: User, user: User, by: User) -> int:
    """Gives the placeholder's customers to `user`, and whatever else names it, and removes it; returns how many.

    Every relation to staff is walked, so that what a later app adds is covered without being named here.
    """
    moved = placeholder.customers.update(owner=user)
    for relation in User._meta.get_fields(include_hidden=True):
        if relation.one_to_many and relation.auto_created:
            rows = relation.related_model._default_manager.filter(**{relation.field.name: placeholder})
            rows.update(**{relation.field.name: user})
    changes = placeholder_changes(placeholder)
    changes.update(value=str(user.pk))
    audit.record("owner_joined", by=by, on=user, placeholder=placeholder.pk, customers=moved)
    placeholder.delete()
    return moved


def placeholder_changes(placeholder: User):
    """The dated history in which the placeholder stands as owner (reached from below: by relation)."""
    model = placeholder.customers.model._meta.get_field("dimension_changes").related_model
    return model._default_manager.filter(dimension="owner", value=str(placeholder.pk))
