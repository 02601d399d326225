"""For supervisors: alive (asks nothing), ready (asks the database)."""

from django.conf import settings
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from accounts.models import Installation
from accounts.roles import public


@public("a supervisor asks")
@require_safe
def livez(request: HttpRequest) -> JsonResponse:
    """200 while the process answers."""
    return JsonResponse({"status": "alive"})


@public("a supervisor asks")
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 after migrating (and, in the demo, loading); else 503 with what is missing."""
    waiting_for = _waiting_for()
    status = {"status": "waiting", "for": waiting_for} if waiting_for else {"status": "ready"}
    return JsonResponse(status, status=503 if waiting_for else 200)


def _waiting_for() -> str:
    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return "migrations"
        installation = Installation.objects.filter(id=1).first()
    except Error:
        return "database"
    if settings.DEMO and not (installation and installation.loaded_at):
        return "demo data"
    return ""
