"""What OpenAPI says of the records: a schema for each kind, from the columns the importer knows."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, OpenApiRequest, OpenApiResponse, extend_schema, extend_schema_view

from accounts.api import ERRORS, ApiView

from . import paging
from .importing import records
from .importing.labels import FIELDS

_TEXT = ["string", "integer", "number", "boolean", "null"]
_EXAMPLES: dict[str, Any] = {
    "id": "C-1024", "name": "Aozora", "date": "2026-04-01", "moment": "2026-04-01T09:30:00+09:00", "amount": 12000,
    "number": 3, "integer": 5, "boolean": True, "consent": True, "email": "taro@example.jp", "phone": "03-1234-5678",
    "postal": "100-0001", "rate": 10, "currency": "JPY", "cycle": "monthly",
}  # fmt: skip
_RESULT = {
    "type": "object",
    "required": ["index", "outcome", "code", "field", "message"],
    "properties": {
        "index": {"type": "integer", "description": "place of the record in the call, from 0"},
        "outcome": {"enum": ["created", "updated", "unchanged", "rejected"]},
        "code": {"type": "string", "description": "why it stayed out; stable"},
        "field": {"type": "string"},
        "message": {"type": "string", "description": "the same in words"},
    },
}
_ANSWER = {
    "type": "object",
    "required": ["import_id", "rows", "created", "updated", "unchanged", "rejected", "results"],
    "properties": {
        "import_id": {"type": "integer", "description": "what an admin can look at, and undo"},
        **{name: {"type": "integer"} for name in ("rows", "created", "updated", "unchanged", "rejected")},
        "results": {"type": "array", "items": _RESULT},
    },
}
SUCCESS = {"type": "object", "required": ["success"], "properties": {"success": {"const": True}}}


def record(kind: str) -> dict[str, Any]:
    """The form of one record: every field by name, nothing else."""
    properties: dict[str, Any] = {name: _field(kind, name, reads) for name, reads in records.fields_of(kind).items()}
    if inner := records.OBJECTS.get(kind):
        names = {"minLength": 1, "maxLength": 100, "pattern": r"\S"}
        members = {"additionalProperties": {"type": _TEXT}, "propertyNames": names, "description": "further values"}
        properties[inner] = {"type": ["object", "null"], **members}
    return {"type": "object", "minProperties": 1, "additionalProperties": False, "properties": properties}


def _field(kind: str, name: str, reads: str) -> dict[str, Any]:
    said = {"description": str(FIELDS.get(name, name))} | (
        {"examples": [_EXAMPLES[reads]]} if reads in _EXAMPLES else {}
    )
    if name in records.LISTS.get(kind, ()):
        return {"type": [*_TEXT, "array"], "items": {"type": "string"}, **said}
    return {"type": _TEXT, **said}


def of_records(kind: str, view: type[ApiView]) -> type[ApiView]:
    """The view of a kind, described."""
    name = kind.capitalize()
    body = {
        "type": "object", "required": ["records"], "additionalProperties": False,
        "properties": {"records": {"type": "array", "minItems": 1, "maxItems": records.MOST, "items": record(kind)}},
    }  # fmt: skip
    post = extend_schema(
        operation_id=f"upsert{name}",
        tags=[kind],
        summary=f"Upsert {kind}",
        parameters=[*_FLAGS, _IDEMPOTENCY],
        request=OpenApiRequest(request=body),
        responses={200: OpenApiResponse(_ANSWER, "What became of each record."), **ERRORS},
        extensions={"x-scope": f"{kind}:write"},
    )
    return extend_schema_view(post=post, **({"get": _listed(kind)} if kind in paging.KINDS else {}))(view)


def _listed(kind: str) -> Any:
    return extend_schema(
        operation_id=f"list{kind.capitalize()}",
        tags=[kind],
        summary=f"List {kind}",
        parameters=_page_parameters(kind),
        responses={200: OpenApiResponse(_page(kind), "A page of records."), **ERRORS},
        extensions={"x-scope": "records:read"},
    )


def of_messages(call: str, view: type[ApiView]) -> type[ApiView]:
    """The view of one of Segment's calls, described."""
    message = {"type": "object", "properties": {"userId": {}, "messageId": {}, "timestamp": {}}}
    batch = {"type": "array", "items": {"type": "object"}}
    body = {"type": "object", "required": ["batch"], "properties": {"batch": batch}} if call == "batch" else message
    post = extend_schema(
        operation_id=call,
        tags=["segment"],
        summary=f"Segment: {call}",
        request=OpenApiRequest(request=body),
        responses={200: OpenApiResponse(SUCCESS, "Stored; taken in within seconds."), **ERRORS},
        extensions={"x-scope": "segment:write"},
    )
    return extend_schema_view(post=post)(view)


def _page(kind: str) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["records", "next"],
        "properties": {
            "records": {"type": "array", "items": {"type": "object", "required": list(paging.columns(kind))}},
            "next": {"type": ["integer", "null"], "description": "give it as `after` for the page that follows"},
        },
    }


def _page_parameters(kind: str) -> list[OpenApiParameter]:
    found = [
        _query("limit", {"type": "integer", "minimum": 1, "maximum": paging.MOST, "default": paging.MOST}),
        _query("after", {"type": "integer", "minimum": 0, "maximum": 2**63 - 1, "default": 0}),
    ]
    since = _query("updated_since", {"type": "string", "format": "date-time"})
    return [*found, since] if paging.KINDS[kind].has_updated else found


def _query(name: str, schema: dict[str, Any], words: str = "") -> OpenApiParameter:
    return OpenApiParameter(name, schema, OpenApiParameter.QUERY, description=words)


_FLAG = {"type": "string", "enum": ["true", "false"], "default": "false"}
_FLAGS = [
    _query("create_customers", _FLAG, "make a customer for an unknown code"),
    _query("clear_empty", _FLAG, "an empty or null value clears what is stored"),
]
_IDEMPOTENCY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    OpenApiParameter.HEADER,
    description="the same key and call within 24 hours has its effect once, and the first answer",
)
