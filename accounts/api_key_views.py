"""Keys for programs: made (the text is shown once), listed with their last use, revoked."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from . import api_keys
from .forms import ApiKeyForm
from .models import ApiKey
from .roles import may

get_or_post = require_http_methods(["GET", "HEAD", "POST"])


@may("api_keys.manage")
@get_or_post
def keys(request: HttpRequest) -> HttpResponse:
    """All keys, those that stand first, and the form for a new one. The answer to the form shows its text once."""
    form = ApiKeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        key, text = api_keys.make(**form.cleaned_data, by=request.user)
        return render(request, "accounts/api_key_made.html", {"key": key, "text": text})
    found = ApiKey.objects.select_related("created_by", "revoked_by").order_by("-revoked_at", "-id")
    rows = [(key, [api_keys.SCOPES.get(scope, scope) for scope in key.scopes]) for key in found]
    status = 422 if form.errors else 200
    return render(request, "accounts/api_keys.html", {"form": form, "keys": rows}, status=status)


@may("api_keys.manage")
@get_or_post
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Asks, then revokes: programs with this key are turned away from that moment."""
    key = get_object_or_404(ApiKey.objects.select_related("created_by"), pk=pk, revoked_at=None)
    if request.method == "POST":
        api_keys.revoke(key=key, by=request.user, now=timezone.now())
        messages.success(request, _("The key %(name)s is revoked.") % {"name": key.name})
        return redirect("accounts:api-keys")
    return render(request, "accounts/api_key_revoke.html", {"key": key})
