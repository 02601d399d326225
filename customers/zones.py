"""The company's settings where facts depend on them: business days follow the zone, amounts the currency."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit, thresholds
from accounts.configuring import SettingError
from accounts.models import Installation, User
from common import sql

from .models import Contract, Purchase


@transaction.atomic
def configure(*, values: dict[str, Any], by: User | None) -> dict[str, Any]:
    """Writes the settings in `values` (as `accounts.configuring.read` gives them); returns those that changed.

    A new time zone gives every purchase and login its new business day in the same transaction.
    Raises SettingError where amounts are stored in another currency, or thresholds would not fit together.
    """
    Installation.get()
    row = Installation.objects.select_for_update().get(id=1)
    changed = {key: value for key, value in values.items() if getattr(row, key) != value}
    if "currency" in changed and (Purchase.objects.exists() or Contract.objects.exists()):
        raise SettingError(
            _("Amounts are stored in %(currency)s already, so the currency stays as it is.")
            % {"currency": row.currency}
        )
    for key, value in changed.items():
        setattr(row, key, value)
    for key, fault in thresholds.faults(row).items():
        raise SettingError(f"{key}: {fault}")
    if changed:
        row.save(update_fields=list(changed))
        audit.record("settings_changed", by=by, on=row, fields=sorted(changed))
    if "time_zone" in changed:
        sql.run("customers/sql/zone.sql", {"zone": row.time_zone})
    return changed
