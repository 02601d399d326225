"""The addresses for programs, and what is said about them: OpenAPI at /api/v1/schema/, in words at /api/."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import path, re_path
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer

from accounts.api_keys import SCOPES
from accounts.roles import may, public
from campaigns import api as campaigns
from customers import api as customers
from metrics import urls as metrics_urls
from scores import api as scores
from segments import api as segments


class KeyScheme(OpenApiAuthenticationExtension):
    """How OpenAPI says it."""

    target_class = "accounts.api.KeyAuthentication"
    name = "key"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "Authorization: Bearer mdr_…"}


class WriteKeyScheme(OpenApiAuthenticationExtension):
    target_class = "accounts.api.WriteKeyAuthentication"
    name = "writeKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "basic", "description": "the key as user name, no password"}


class SessionScheme(OpenApiAuthenticationExtension):
    target_class = "accounts.api.PageSession"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}


def document() -> dict[str, Any]:
    """The OpenAPI document of all addresses for programs."""
    found = SchemaGenerator(patterns=[*operations, *_REPORTS]).get_schema(request=None, public=True)
    for methods in found["paths"].values():
        for said in methods.values():
            if "requestBody" in said:
                said["requestBody"]["required"] = True
    return found


@public("says how to call, holds no data")
@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    return HttpResponse(
        OpenApiJsonRenderer().render(document(), renderer_context={}), "application/vnd.oai.openapi+json"
    )


@may("pages.view")
@require_safe
def guide(request: HttpRequest) -> HttpResponse:
    """The same in words: every address with its scope and its fields."""
    said = [
        {"address": address, "method": method.upper(), "scope": about["x-scope"], "fields": _fields(about)}
        for address, methods in document()["paths"].items()
        for method, about in methods.items()
    ]
    for one in said:
        one["may"] = SCOPES[one["scope"]]
    return render(request, "accounts/api.html", {"operations": said, "base_url": settings.BASE_URL})


def _fields(about: dict[str, Any]) -> list[tuple[str, str]]:
    """(field, what it is) of the records an operation takes."""
    body = about.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    record = body.get("properties", {}).get("records", {}).get("items", {})
    return [(name, said.get("description", "")) for name, said in record.get("properties", {}).items()]


@public("says that nothing is at an address for programs, in their form")
@csrf_exempt
def nothing(request: HttpRequest) -> JsonResponse:
    error = {"code": "not_found", "message": _("There is nothing at this address.")}
    return JsonResponse({"error": error}, status=404, json_dumps_params={"ensure_ascii": False})


operations = [
    *(path(f"api/v1/{kind}/", view, name=f"api-{kind}") for kind, view in customers.records_of.items()),
    path("api/v1/scores/", scores.scores, name="api-scores"),
    path("api/v1/segments/", segments.listed, name="api-segments"),
    path("api/v1/segments/<slug:slug>/members/", segments.members, name="api-members"),
    path("api/v1/segments/<slug:slug>/movements/", segments.moved, name="api-movements"),
    path("api/v1/coupons/redeem/", campaigns.redeemed, name="api-coupons-redeem"),
    *(path(f"v1/{call}", view, name=f"segment-{call}") for call, view in customers.messages_of.items()),
]
_REPORTS = [one for one in metrics_urls.urlpatterns if one.name == "report"]
urlpatterns = [path("api/", guide, name="api"), path("api/v1/schema/", schema, name="api-schema"), *operations]
# Last of all addresses: what stands before them has had its turn.
last = [re_path(r"^(?:api/)?v1/[\s\S]*$", nothing)]
