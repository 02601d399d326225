"""Reports for programs: the rows of `manage.py report`, as JSON."""

import datetime as dt
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import ERROR, ERRORS, ApiView, scope
from accounts.models import ApiKey
from accounts.roles import allows

from . import reports
from .definitions import REPORTS, options

_FIRST, _LAST = dt.date(1900, 1, 1), dt.date(2199, 12, 31)  # further off, there is nothing to count
_PERIODS = list(dict.fromkeys(word for one in REPORTS.values() for word in one.periods))
OPTIONS = list(options().items())
_ROWS = {
    "oneOf": [{"type": "array", "items": {"type": "object"}}, {"type": "object"}],
    "description": "a row a period, group or cell; of model one object",
}


def _known_day(value: dt.date) -> None:
    if not _FIRST <= value <= _LAST:
        raise serializers.ValidationError(_("This day is too far away."))


def _day() -> serializers.DateField:
    return serializers.DateField(required=False, validators=[_known_day])


class Query(serializers.Serializer):
    """What may stand behind the question mark; the names are those of the command."""

    to = _day()
    as_of = _day()
    period = serializers.ChoiceField(choices=_PERIODS, default="month")
    by = serializers.CharField(max_length=20, default="", allow_blank=True)
    second = serializers.CharField(max_length=20, default="", allow_blank=True)

    def get_fields(self) -> dict[str, serializers.Field]:
        """`from` is a word of Python, so it is added by name; the reports' own options are those of the registry."""
        options = {name: serializers.ChoiceField(choices=list(words), required=False) for name, words in OPTIONS}
        return {"from": _day(), **super().get_fields(), **options}

    def asked(self) -> dict[str, Any]:
        """The keywords of reports.answer."""
        found = dict(self.validated_data)
        options = {name: found.pop(name) for name, _words in OPTIONS if name in found}
        return {"start": found.pop("from", None), "end": found.pop("to", None), "options": options, **found}


def _asked(name: str, schema: dict[str, Any], words: str) -> OpenApiParameter:
    return OpenApiParameter(name, schema, OpenApiParameter.QUERY, description=words)


_DAY = {"type": "string", "format": "date"}


class Report(ApiView):
    """GET only. Amounts are numbers, days ISO dates, rates percent."""

    @extend_schema(
        operation_id="report",
        tags=["reports"],
        summary="A report's rows",
        parameters=[
            OpenApiParameter("name", {"enum": list(reports.COLUMNS)}, OpenApiParameter.PATH),
            _asked("from", _DAY, "first day; a year of whole periods unless told"),
            _asked("to", _DAY, "last day"),
            _asked("as_of", _DAY, "what was known at the end of this day; today unless told"),
            _asked("period", {"enum": _PERIODS, "default": "month"}, "how churn is cut in time"),
            _asked("by", {"type": "string", "maxLength": 20}, "what churn or LTV is cut by"),
            _asked("second", {"type": "string", "maxLength": 20}, "the other one of two cuts"),
            *(_asked(name, {"enum": list(words)}, "of the reports that know it") for name, words in OPTIONS),
        ],
        responses={200: OpenApiResponse(_ROWS), 404: OpenApiResponse(ERROR, "No report of this name."), **ERRORS},
        extensions={"x-scope": "reports:read"},
    )
    def get(self, request: Request, name: str) -> Response:
        if name not in reports.COLUMNS:
            raise NotFound
        query = Query(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        found = _answered(request, name, query.asked())
        return Response(_plain(found) if isinstance(found, dict) else [_plain(row) for row in found])


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {key: reports.plain(value) for key, value in row.items()}


def _answered(request: Request, name: str, asked: dict[str, Any]) -> Any:
    is_key = isinstance(request.auth, ApiKey)
    by_owner = "owner" in (asked["by"], asked["second"])
    if by_owner and not is_key and not allows(request.user, "metrics.all_owners"):  # type: ignore[arg-type]  # nobody else gets here
        raise PermissionDenied(_("Figures by owner are for managers and admins."))
    try:
        return reports.answer(name, now=timezone.now(), **asked)
    except reports.ReportError as error:
        raise serializers.ValidationError({"by": [str(error)]}) from None


report = scope(Report, permission="metrics.view", get="reports:read")
