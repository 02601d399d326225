"""The page of the company's own thresholds: what a change would do is shown before it is saved."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import audit
from accounts.models import Installation
from accounts.roles import may

from . import labels, previewing
from .forms import GRID, ScoreSettingsForm, usual_grid
from .models import Lifecycle, RfmSegment


@may("settings.change")
@require_http_methods(["GET", "HEAD", "POST"])
def score_settings(request: HttpRequest) -> HttpResponse:
    """Cut-offs, grid and stages. Posting shows what they would do; `action=save` stores them."""
    before = Installation.get()
    form = ScoreSettingsForm(_posted(request), instance=Installation.get())
    if request.method == "POST" and form.is_valid() and request.POST.get("action") == "save":
        _save(form, before, request)
        return redirect("scores:settings")
    context: dict[str, Any] = {"form": form, "segments": RfmSegment.choices, "before": before}
    if form.is_bound and form.is_valid():
        context |= _effect(form, before)
    return render(request, "scores/settings.html", context, status=422 if form.errors else 200)


def _posted(request: HttpRequest) -> QueryDict | None:
    """What was posted; where the usual grid was asked for, with its cells."""
    if request.method != "POST":
        return None
    posted = request.POST.copy()
    if posted.get("action") == "usual":
        for (r, f), code in zip(GRID, usual_grid(), strict=True):
            posted[f"cell_{r}_{f}"] = code
    return posted


@transaction.atomic
def _save(form: ScoreSettingsForm, before: Installation, request: HttpRequest) -> None:
    changed = form.changed_settings(before)
    if changed:
        form.instance.save(update_fields=changed)
        audit.record("settings_changed", by=request.user, on=form.instance, fields=sorted(changed))
    messages.success(request, _("The settings are saved. Figures follow with the next computation."))


def _effect(form: ScoreSettingsForm, before: Installation) -> dict[str, Any]:
    """What the page shows of the change; `is_too_slow` where counting took too long."""
    shown: dict[str, Any] = {"changed": form.changed_settings(before)}
    if not shown["changed"]:
        return shown
    try:
        found = previewing.preview(settings=form.instance, as_of=before.day_of(timezone.now()))
    except previewing.TooSlowError:
        return {**shown, "is_too_slow": True}
    return {**shown, "effect": found, **_tables(found, before)}


def _tables(found: previewing.Preview, settings: Installation) -> dict[str, Any]:
    policy = settings.churn_policy
    stages = [(code, labels.lifecycle_label(code, policy)) for code in Lifecycle.values]
    return {
        "scores": [(name.upper(), [_line(found, name, str(n)) for n in range(5, 0, -1)]) for name in "rfm"],
        "segment_lines": [(code, word, _line(found, "segment", code)) for code, word in RfmSegment.choices],
        "stage_lines": [(code, word, line) for code, word in stages if any((line := _line(found, "stage", code))[1:])],
    }


def _line(found: previewing.Preview, kind: str, key: str) -> tuple[str, int, int, int]:
    """(key, before, after, change); zeros where nobody has it."""
    for line in found.lines.get(kind, []):
        if line.key == key:
            return key, line.before, line.after, line.change
    return key, 0, 0, 0
