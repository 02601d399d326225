"""Words of scores on pages of other apps."""

from typing import Any

from django import template
from django.utils import timezone

from accounts import jobs
from accounts.models import Installation
from accounts.roles import allows
from scores import labels, runs

register = template.Library()


@register.simple_tag
def lifecycle_word(lifecycle: str, installation: Installation) -> str:
    """The word for a stage under the company's churn policy."""
    return str(labels.lifecycle_label(lifecycle, installation.churn_policy)) if lifecycle else ""


@register.inclusion_tag("scores/_freshness.html", takes_context=True)
def scores_freshness(context: dict[str, Any], only_trouble: bool = False, as_line: bool = False) -> dict[str, Any]:
    """As of which day and since when scores and segments stand, how long that took; loud where something is wrong.

    `only_trouble`: nothing where all is well; `as_line`: the quiet line alone, at a page's foot. Read once a request,
    however often it stands on the page.
    """
    request, now = context["request"], timezone.now()
    if not hasattr(request, "scores_freshness"):
        request.scores_freshness = runs.freshness(now=now, settings=context.get("installation"))
        request.scores_asked = bool(request.scores_freshness.trouble) and jobs.is_asked("pipeline")
    return {
        "freshness": request.scores_freshness,
        "is_loud": bool(request.scores_freshness.trouble) and not as_line and context.get("has_customers", True),
        "only_trouble": only_trouble,
        "may_compute": allows(request.user, "scores.compute"),
        "is_admin": context.get("is_admin"),
        "is_asked": request.scores_asked,
        "here": request.get_full_path(),
        "csrf_token": context.get("csrf_token"),
    }
