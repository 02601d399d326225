"""How fresh the figures of reports are, as every page of them shows it."""

from typing import Any

from django import template
from django.utils import timezone

from accounts.roles import allows
from metrics import freshness

register = template.Library()


@register.inclusion_tag("metrics/_freshness.html", takes_context=True)
def figures_freshness(context: dict[str, Any]) -> dict[str, Any]:
    """As of which day and since when figures stand: a quiet line, or loud with what to do. One query a page."""
    request = context["request"]
    found = freshness.read(now=timezone.now(), settings=context.get("installation"))
    return {
        "freshness": found,
        "may_compute": bool(found.trouble) and allows(request.user, "scores.compute"),
        "here": request.get_full_path(),
        "csrf_token": context.get("csrf_token"),
    }
