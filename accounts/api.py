"""What every address of the API has in common: who calls, what the key may, how often, errors, and bodies.

Errors are `{"error": {"code", "message", "field"?}}`; the message is in the language of Accept-Language (Japanese
where it asks for neither). The rate of a key lives in its row in PostgreSQL: where the database is away nothing of
the API works, so there is nothing to leave open or to shut.
"""

import base64
import json
import math
import zlib
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponseBase
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiResponse
from rest_framework import exceptions, status
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.parsers import JSONParser
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView, exception_handler

from . import api_keys, idempotency
from .models import ApiKey, User
from .roles import allows

MOST_DEPTH = 20
_WRONG_KEY = gettext_lazy("The key is unknown or has been revoked.")


ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {
                "code": {"type": "string", "description": "stable"},
                "message": {"type": "string", "description": "a sentence in the language of Accept-Language"},
                "field": {"type": "string", "description": "where in the call"},
            },
        }
    },
}
# What any address may answer besides what it is for, as OpenAPI says it.
ERRORS = {
    http_status: OpenApiResponse(ERROR, words)
    for http_status, words in {
        400: "The call cannot be understood; the message says where.",
        401: "No key, or one that is unknown or revoked.",
        403: "The key has not the scope.",
        409: "The call with this Idempotency-Key still runs.",
        413: "Too large or too many: send it in parts.",
        415: "Not JSON.",
        422: "This Idempotency-Key was used for another call.",
        429: "Too many calls; Retry-After says how many seconds to wait.",
        503: "An import is being undone; Retry-After says how many seconds to wait.",
    }.items()
}


class ApiError(exceptions.APIException):
    """An error with a stable code and a sentence; `field` says where in the call."""

    def __init__(self, http_status: int, code: str, message: str, field: str = "", wait: int | None = None):
        self.status_code = http_status
        self.field = field
        self.wait = wait  # seconds; DRF makes Retry-After of it
        super().__init__(message, code)


class KeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer mdr_…`. The user is who made the key, `request.auth` the key."""

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        token = self.token_of(request.headers.get("Authorization", ""))
        if token is None:
            return None
        key = api_keys.find(token)
        if key is None:
            raise exceptions.AuthenticationFailed(_WRONG_KEY, "wrong_key")
        return key.created_by, key

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="Modoru"'

    def token_of(self, header: str) -> str | None:
        kind, _space, token = header.partition(" ")
        return token.strip() if kind.lower() == "bearer" else None


class WriteKeyAuthentication(KeyAuthentication):
    """As SDKs of Segment send it: the key as user name of Basic, without password. Bearer too."""

    def token_of(self, header: str) -> str | None:
        kind, _space, token = header.partition(" ")
        if kind.lower() != "basic":
            return super().token_of(header)
        try:
            return base64.b64decode(token.strip(), validate=True).decode("ascii").partition(":")[0]
        except ValueError:  # not base64, or not ASCII
            return ""


class PageSession(SessionAuthentication):
    """Somebody signed in on the pages, for what a role may see. Says 401 where nobody is."""

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="Modoru"'


class HasScope(BasePermission):
    """The key holds the scope the view names for the method; a person's role the view's permission."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if isinstance(request.auth, ApiKey):
            method = {"HEAD": "get"}.get(request.method or "", (request.method or "").lower())
            wanted = view.scopes.get(method)
            return wanted is None or wanted in request.auth.scopes  # a method nobody named ends as 405
        if not request.user.is_authenticated:
            return False
        return allows(request.user, view.permission)


class ApiView(APIView):
    """Base of every address under /api/v1/ and of /v1/. `scopes`: method → scope; `permission`: for people."""

    authentication_classes: Any = (KeyAuthentication,)
    permission_classes = (HasScope,)
    parser_classes: Any = (JSONParser,)  # what the document names; bodies are read by body_of
    scopes: dict[str, str] = {}
    permission = ""

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        language = translation.get_language_from_request(request) if "Accept-Language" in request.headers else "ja"
        with translation.override(language):
            answer = super().dispatch(request, *args, **kwargs)
        answer["Content-Language"] = language
        answer["Cache-Control"] = "no-store"
        return answer

    def check_throttles(self, request: Request) -> None:
        if isinstance(request.auth, ApiKey):
            _take_a_call(request.auth)

    def get_exception_handler(self) -> Callable:
        return answer_error


def scope(view: type[ApiView], *, permission: str = "", **scopes: str) -> Callable:
    """The view function of an API class; it says who may, as pages do with @may.

    `scope(Records, get="records:read", post="customers:write")`; with `permission` also people signed in whose role
    has it. Every method of the class is named, else this is a programming error.
    """
    named = {"get", "post", "put", "patch", "delete"} & set(dir(view))
    assert named == set(scopes), (view, named, scopes)
    assert set(scopes.values()) <= set(api_keys.SCOPES), scopes
    initial: dict[str, Any] = {"scopes": scopes, "permission": permission}
    if permission:
        initial["authentication_classes"] = (*view.authentication_classes, PageSession)
    function = login_not_required(view.as_view(**initial))
    function.scopes = scopes  # type: ignore[attr-defined]
    if permission:
        function.permission = permission  # type: ignore[attr-defined]
    return function


def answer_error(error: Exception, context: dict[str, Any]) -> Response | None:
    """Every error of the API in one form; None for a defect (the 500 page)."""
    answer = exception_handler(error, context)
    if answer is None:
        return None
    found: dict[str, Any] = {"code": "error", "message": _("The call could not be understood.")}
    if isinstance(error, exceptions.ValidationError):
        found = _first_wrong(error)
    elif isinstance(error, exceptions.APIException):
        found = {"code": error.get_codes(), "message": str(error.detail)}
    elif answer.status_code == status.HTTP_404_NOT_FOUND:
        found = {"code": "not_found", "message": _("There is nothing at this address.")}
    elif answer.status_code == status.HTTP_403_FORBIDDEN:
        found = {"code": "permission_denied", "message": _("The key may not do this.")}
    if isinstance(error, ApiError) and error.field:
        found["field"] = error.field
    answer.data = {"error": found}
    return answer


def _first_wrong(error: exceptions.ValidationError) -> dict[str, Any]:
    """The first field of a serializer's errors, in words."""
    field, sentences = next(iter(error.detail.items())) if isinstance(error.detail, dict) else ("", error.detail)
    return {"code": "invalid", "message": " ".join(map(str, sentences)), **({"field": str(field)} if field else {})}


def _take_a_call(key: ApiKey) -> None:
    used = api_keys.use(key=key, now=timezone.now())
    if used.is_revoked:
        raise exceptions.AuthenticationFailed(_WRONG_KEY, "wrong_key")
    if not used.is_allowed:
        sentence = _("Too many calls: wait the seconds that Retry-After says.")
        raise ApiError(429, "too_many_calls", sentence, wait=used.wait_seconds)


def key_of(request: Request) -> ApiKey:
    """The key of a call that only a key may make."""
    assert isinstance(request.auth, ApiKey)
    return request.auth


def once(request: Request, body: bytes, run: Callable[[], Any]) -> Response:
    """The answer of `run`; with an Idempotency-Key that of the first call with it. Raises ApiError 400, 409, 422."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return Response(run())
    if not key or len(key) > idempotency.LONGEST or not key.isprintable():
        raise ApiError(400, "bad_key", _("An Idempotency-Key has 1 to 255 printable characters."), "Idempotency-Key")
    same = idempotency.fingerprint(request.method or "", request.get_full_path(), body)
    try:
        with idempotency.once(api_key=key_of(request), key=key, request_hash=same, now=timezone.now()) as taken:
            if not taken.is_done:
                taken.status, taken.body = 200, run()
    except idempotency.OtherCallError:
        sentence = _("This Idempotency-Key was used for another call: take a new one.")
        raise ApiError(422, "key_reused", sentence, "Idempotency-Key") from None
    except idempotency.StillRunningError:
        sentence = _("The call with this Idempotency-Key is still running: ask again later.")
        raise ApiError(409, "still_running", sentence, "Idempotency-Key") from None
    return Response(taken.body, headers={"Idempotency-Replayed": "true"} if taken.is_done else None)


def check_is_json(request: Request) -> None:
    """Raises ApiError 415 where the body is said to be something else."""
    if not (request.content_type or "").partition(";")[0].strip().lower().endswith("json"):
        raise ApiError(415, "not_json", _("The body is JSON: send Content-Type: application/json."))


def body_of(request: Request, most: int | None = None) -> bytes:
    """The body, unpacked where it is gzip. Raises ApiError 413 beyond `most` bytes (packed or unpacked), 400."""
    most = most or settings.API_BODY_BYTES
    raw = request._request.read(most + 1)
    if len(raw) <= most and request.headers.get("Content-Encoding", "").lower() == "gzip":
        raw = _unpacked(raw, most)
    if len(raw) > most:
        raise ApiError(
            413, "too_large", _("The body is larger than %(most)s bytes: send it in parts.") % {"most": most}
        )
    return raw


def _unpacked(raw: bytes, most: int) -> bytes:
    try:
        return zlib.decompressobj(wbits=31).decompress(raw, most + 1)
    except zlib.error:
        raise ApiError(400, "bad_gzip", _("The body is said to be gzip and is not.")) from None


def object_in(body: bytes, number: Callable[[str], Any] = Decimal) -> dict[str, Any]:
    """The JSON object of a body; numbers with a point as `number` makes them. Raises ApiError 400 in a sentence."""
    try:
        found = json.loads(body.decode("utf-8"), parse_float=number, parse_constant=_refuse)
    except UnicodeDecodeError:
        raise ApiError(400, "bad_json", _("The body is not UTF-8.")) from None
    except RecursionError:
        raise ApiError(400, "too_deep", _("The JSON is nested too deep.")) from None
    except ValueError:
        raise ApiError(400, "bad_json", _("The body is not JSON that can be read.")) from None
    if not isinstance(found, dict):
        raise ApiError(400, "bad_json", _("The body is not a JSON object."))
    _check(found, 0)
    return found


def _check(value: Any, depth: int) -> None:
    """Raises ApiError for what no text of the database can hold (NUL, halves of characters), and deep nesting."""
    if depth > MOST_DEPTH:
        raise ApiError(400, "too_deep", _("The JSON is nested too deep."))
    if isinstance(value, str):
        if "\0" in value or not _is_whole(value):
            raise ApiError(400, "bad_text", _("A text holds a character that cannot be kept (NUL, or half of one)."))
    elif isinstance(value, dict):
        for name, inner in value.items():
            _check(name, depth + 1)
            _check(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            _check(inner, depth + 1)


def _is_whole(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def finite(text: str) -> float:
    """A number as JSON can hold it again. Raises ValueError for one beyond."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _refuse(constant: str) -> None:
    raise ValueError(constant)
