"""Reports for programs: the rows of `manage.py report`, as JSON."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import Installation
from accounts.roles import allows, may

from . import reports
from .periods import MONTHS


class Query(serializers.Serializer):
    """What may stand behind the question mark; the names are those of the command."""

    to = serializers.DateField(required=False)
    as_of = serializers.DateField(required=False)
    period = serializers.ChoiceField(choices=list(MONTHS), default="month")
    by = serializers.CharField(max_length=20, default="", allow_blank=True)

    def get_fields(self) -> dict[str, serializers.Field]:
        """`from` is a word of Python, so it is added by name."""
        return {"from": serializers.DateField(required=False), **super().get_fields()}


class Report(APIView):
    """GET only. Amounts are numbers, days ISO dates, rates percent."""

    def get(self, request: Request, name: str) -> Response:
        if name not in reports.COLUMNS:
            raise NotFound
        query = Query(data=request.query_params)
        query.is_valid(raise_exception=True)
        found = _computed(request, name, query.validated_data)
        return Response(_plain(found) if isinstance(found, dict) else [_plain(row) for row in found])


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {key: reports.plain(value) for key, value in row.items()}


def _computed(request: Request, name: str, wanted: dict[str, Any]) -> Any:
    if wanted["by"] == "owner" and not allows(request.user, "metrics.all_owners"):  # type: ignore[arg-type]  # nobody else gets here
        raise PermissionDenied(_("Figures by owner are for managers and admins."))
    now = timezone.now()
    as_of = wanted.get("as_of") or Installation.get().day_of(now)
    days = {"start": wanted.get("from"), "end": wanted.get("to")}
    try:
        return reports.compute(name, as_of=as_of, now=now, period=wanted["period"], by=wanted["by"], **days)
    except reports.ReportError as error:
        raise serializers.ValidationError({"by": [str(error)]}) from None


report = may("metrics.view")(Report.as_view())
