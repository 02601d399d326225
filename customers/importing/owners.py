"""The members of staff that files name: who is not known yet, and the names a person joined to someone."""

from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts import audit, people
from accounts.models import User

from ..models import Import, OwnerName

_UNKNOWN = """
    SELECT owners.owner, count(*) FROM import_owners AS owners
    LEFT JOIN accounts_user AS staff ON staff.id = owners.user_id
    JOIN import_staged AS staged
      ON owners.owner IN (staged.owner, staged.sales_owner, staged.deputy, staged.by) AND staged.code IS NULL
    WHERE owners.user_id IS NULL OR staff.is_placeholder
    GROUP BY owners.owner ORDER BY count(*) DESC, owners.owner
"""


class OwnerNameError(ValueError):
    """The name cannot be joined so; the sentence says why."""


def unknown_in(imported: Import) -> list[tuple[str, int]]:
    """Texts for members of staff that are nobody yet (or several people), each with its rows, most rows first.

    Asks the prepared tables of the import, so it is called inside its workroom (the dry run does).
    """
    if imported.kind not in {Import.Kind.CUSTOMERS, Import.Kind.INTERACTIONS}:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_UNKNOWN)
        return cursor.fetchall()


@transaction.atomic
def remember(*, text: str, user: User, by: User) -> OwnerName:
    """From now on this text in a file means this person; who came in under it before is passed on to him."""
    text = text.strip()
    if not text or len(text) > 100:
        raise OwnerNameError(_("Give the name as the file writes it, at most 100 characters."))
    if user.is_placeholder:
        raise OwnerNameError(_("Choose a person who works here, not a name from a file."))
    known, _is_new = OwnerName.objects.select_for_update().get_or_create(text=text, defaults={"user": user})
    former = known.user
    if former != user:
        known.user = user
        known.save(update_fields=["user"])
    audit.record("owner_name.remember", by=by, on=user, owner_name=known.pk)
    placeholder = former if former.is_placeholder else User.objects.filter(is_placeholder=True, name=text).first()
    if placeholder is not None:
        people.join_placeholder(placeholder=placeholder, user=user, by=by)
    return known
