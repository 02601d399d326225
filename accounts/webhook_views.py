"""Where news goes: endpoints, what was sent, what was given up."""

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from . import webhooks
from .forms import WebhookForm
from .models import WebhookEndpoint, WebhookMessage
from .roles import may

SHOWN = 100
get_or_post = require_http_methods(["GET", "HEAD", "POST"])


@may("webhooks.manage")
@get_or_post
def endpoints(request: HttpRequest) -> HttpResponse:
    """The endpoints and a form for one more; the secret of a new one is shown on its own page."""
    form = WebhookForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = webhooks.add(**form.cleaned_data, by=request.user)
        messages.success(request, _("The endpoint was added. Give its secret to the receiving system."))
        return redirect("accounts:webhook", made.pk)
    counted = {state: Count("messages", filter=Q(messages__state=state)) for state in ("waiting", "delivered", "dead")}
    rows = WebhookEndpoint.objects.annotate(**counted).order_by("-is_active", "id")
    status = 422 if request.method == "POST" else 200
    return render(request, "accounts/webhooks.html", {"form": form, "endpoints": rows}, status=status)


@may("webhooks.manage")
@require_safe
def endpoint(request: HttpRequest, pk: int) -> HttpResponse:
    """One endpoint: its secret, and its last messages, dead letters first."""
    found = get_object_or_404(WebhookEndpoint.objects.select_related("created_by"), pk=pk)
    state = request.GET.get("state", "")
    rows = found.messages.filter(state=state) if state in WebhookMessage.State.values else found.messages.all()
    context = {
        "endpoint": found,
        "rows": rows.order_by("-id")[:SHOWN],
        "state": state,
        "states": WebhookMessage.State.choices,
        "dead": found.messages.filter(state=WebhookMessage.State.DEAD).count(),
        "heard": [webhooks.KINDS[kind] for kind in found.kinds if kind in webhooks.KINDS],
        "shown": SHOWN,
    }
    return render(request, "accounts/webhook.html", context)


@may("webhooks.manage")
@require_POST
def test(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(WebhookEndpoint, pk=pk, is_active=True)
    webhooks.test(endpoint=found, by=request.user)
    messages.success(request, _("A test message is on its way; reload the page to see what became of it."))
    return redirect("accounts:webhook", pk)


@may("webhooks.manage")
@require_POST
def stop(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(WebhookEndpoint, pk=pk)
    webhooks.stop(endpoint=found, by=request.user)
    messages.success(request, _("Nothing more is sent there."))
    return redirect("accounts:webhooks")


@may("webhooks.manage")
@require_POST
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Send the dead letters of an endpoint once more (or one of them)."""
    found = get_object_or_404(WebhookEndpoint, pk=pk)
    wanted = found.messages.all()
    if request.POST.get("message", "").isdigit():
        wanted = wanted.filter(pk=request.POST["message"])
    count = webhooks.retry(messages=wanted, by=request.user, now=timezone.now())
    messages.success(
        request,
        ngettext("%(count)s message is sent again.", "%(count)s messages are sent again.", count) % {"count": count},
    )
    return redirect("accounts:webhook", pk)
