"""Records of every kind for programs: in by bulk upsert through the import path, out page by page.

`POST /api/v1/<kind>/` and `GET /api/v1/<kind>/`; what SDKs of Segment send arrives at `/v1/…` (see receiving).
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import (
    ApiError,
    ApiView,
    WriteKeyAuthentication,
    body_of,
    check_is_json,
    finite,
    key_of,
    object_in,
    once,
    scope,
)

from . import api_schema, paging, receiving
from .importing import records, running
from .importing.encoding import RefusedError
from .models import Import

FLAGS = ("create_customers", "clear_empty")


class Page(serializers.Serializer):
    """What may stand behind the question mark of a list."""

    limit = serializers.IntegerField(required=False, min_value=1, max_value=paging.MOST, default=paging.MOST)
    after = serializers.IntegerField(required=False, min_value=0, max_value=2**63 - 1, default=0)
    updated_since = serializers.DateTimeField(required=False, default=None)


class Upsert(ApiView):
    """Records of one kind, in."""

    kind = ""

    def post(self, request: Request) -> Response:
        """Upsert up to 10,000 records; each is answered for, in order. One bad record does not stop the others."""
        check_is_json(request)
        flags = {name: _flag(request, name) for name in FLAGS}
        body = body_of(request)
        return once(request, body, lambda: self._answer(request, _records_in(object_in(body)), flags))

    def _answer(self, request: Request, found: list[Any], flags: dict[str, bool]) -> dict[str, Any]:
        key = key_of(request)
        options, by = flags | {"api_key": key.pk}, key.created_by
        try:
            done, outcomes = records.bring_in(kind=self.kind, records=found, options=options, by=by, now=timezone.now())
        except records.WrongRecordError as wrong:
            raise ApiError(400, "wrong_record", str(wrong), wrong.where) from None
        except running.BusyError as busy:
            raise ApiError(503, "busy", str(busy), wait=10) from None
        except RefusedError as refusal:
            raise ApiError(400, "refused", str(refusal)) from None
        counts = Counter(one.outcome for one in outcomes)
        totals = {name: counts[name] for name in ("created", "updated", "unchanged", "rejected")}
        return {"import_id": done.pk, "rows": len(outcomes), **totals, "results": [asdict(one) for one in outcomes]}


class UpsertAndList(Upsert):
    """Records of one kind, in and out."""

    def get(self, request: Request) -> Response:
        """A page of records in canonical columns, in the order they were made; `next` goes into `after`."""
        asked = Page(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        if asked.validated_data["updated_since"] and not paging.KINDS[self.kind].has_updated:
            sentence = _("Records of this kind keep no moment of their last change: read them all.")
            raise ApiError(400, "invalid", sentence, "updated_since")
        return Response(paging.page(self.kind, **asked.validated_data))


class Messages(ApiView):
    """What SDKs of Segment send: kept at once, taken in within seconds."""

    authentication_classes = (WriteKeyAuthentication,)
    call = ""

    def post(self, request: Request) -> Response:
        """Answer as soon as the messages are stored; what cannot be taken is listed on the page of received calls."""
        found = object_in(body_of(request), number=finite)
        messages = found.get("batch") if self.call == "batch" else [found | {"type": self.call}]
        if not isinstance(messages, list) or not all(isinstance(one, dict) for one in messages):
            raise ApiError(400, "bad_form", _("batch is a list of objects."), "batch")
        receiving.keep(messages=messages, sent_at=found.get("sentAt"), api_key=key_of(request), now=timezone.now())
        return Response({"success": True})


def _flag(request: Request, name: str) -> bool:
    said = request.query_params.get(name, "false")
    if said not in {"true", "false"}:
        raise ApiError(400, "invalid", _("This is true or false."), name)
    return said == "true"


def _records_in(found: dict[str, Any]) -> list[Any]:
    inside = found.get("records")
    if not isinstance(inside, list) or not inside or found.keys() != {"records"}:
        sentence = _("The body is an object with one field, records: a list of objects.")
        raise ApiError(400, "bad_form", sentence, "records")
    if len(inside) > records.MOST:
        sentence = _("A call holds up to %(most)s records: send them in parts.") % {"most": records.MOST}
        raise ApiError(413, "too_many", sentence, "records")
    return inside


def _of_kind(kind: str) -> Callable:
    """The view of a kind: its own class, so that it has its own schema."""
    is_read = kind in paging.KINDS
    base = UpsertAndList if is_read else Upsert
    view = api_schema.of_records(kind, type(f"{kind.capitalize()}Records", (base,), {"kind": kind}))
    return scope(view, post=f"{kind}:write", **({"get": "records:read"} if is_read else {}))


def _of_call(call: str) -> Callable:
    view = api_schema.of_messages(call, type(f"{call.capitalize()}Messages", (Messages,), {"call": call}))
    return scope(view, post="segment:write")


records_of = {kind: _of_kind(kind) for kind in Import.Kind.values if kind in records.KINDS}
messages_of = {call: _of_call(call) for call in (*receiving.CALLS, "batch")}
