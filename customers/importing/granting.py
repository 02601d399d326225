"""Who may bring in agreements, and on what ground: the one place that decides it.

An import withdraws for everybody, but grants only what an admin vouches for: rows of kind consents with source, moment
and the words agreed to (or another ground), or a basis declared for the whole file. It never lifts a refusal.
"""

import datetime as dt
from typing import Any

from accounts.models import ApiKey, Role

from ..models import Import

SCOPE = "consents:write"


def consents_may_grant(imported: Import) -> bool:
    """An admin in the browser; the command line, whose user holds the database anyway; a key with the scope."""
    if imported.source == Import.Source.API:
        key = ApiKey.objects.filter(pk=imported.options.get("api_key"), revoked_at=None)
        return key.filter(scopes__contains=[SCOPE]).exists()
    return imported.by is None or imported.by.role == Role.ADMIN


def parameters(imported: Import) -> dict[str, Any]:
    """What import_consents_prepare.sql asks: may it grant, and what was declared for rows that say nothing."""
    declared_at = imported.options.get("basis_at")
    return {
        "may_grant": consents_may_grant(imported),
        "declared_basis": imported.options.get("basis") or None,
        "declared_at": dt.datetime.fromisoformat(declared_at) if declared_at else None,
        "declared_wording": imported.options.get("wording") or None,
    }
