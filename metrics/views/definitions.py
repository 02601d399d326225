"""Every figure by topic: what it is called and means, how it is counted, what it is now, and where it stands."""

import unicodedata
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from accounts.models import Installation, Role
from accounts.roles import may
from common import sql
from metrics.computing import offered
from metrics.current import Current, Latest
from metrics.definitions import METRICS, TOPICS, Metric, chip
from metrics.wording import CUTS

DIRECTIONS: dict[str, str | Promise] = {
    "up": gettext_lazy("the more, the better"),
    "down": gettext_lazy("the less, the better"),
    "": gettext_lazy("neither up nor down is good by itself"),
}


@dataclass(frozen=True)
class Entry:
    """A figure as the page shows it."""

    key: str
    metric: Metric
    definition: dict[str, Any]
    current: Current | None
    cuts: list[str]
    sql: list[tuple[str, str]]  # file and text, for admins

    @property
    def direction(self) -> str | Promise:
        return DIRECTIONS[self.metric.good]

    def holds(self, words: list[str]) -> bool:
        """Whether all words stand in its names, its text or its formula."""
        names = [self.metric.name, *(self.metric.under_contract or ())[:1]]
        said = [
            *(str(name) for name in names),
            *(str(self.definition[part]) for part in ("name", "text", "formula")),
            self.key,
        ]
        text = _folded(" ".join(said))
        return all(word in text for word in words)


@may("metrics.view")
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """All of them, or those in which the words of `?q=` stand."""
    settings = Installation.get()
    request.installation = settings  # type: ignore[attr-defined]  # read once a page (accounts.context)
    asked = request.GET.get("q", "").strip()[:100].replace("\0", "")
    latest, with_sql = Latest(settings), request.user.role == Role.ADMIN
    cuts = {cut: str(CUTS[cut]) for cut in offered(CUTS)}
    found = [_entry(key, latest, cuts, with_sql=with_sql) for key in METRICS]
    shown = [one for one in found if one.holds(_folded(asked).split())]
    topics = [(key, words, [one for one in shown if one.metric.topic == key]) for key, words in TOPICS.items()]
    context = {
        "q": asked,
        "topics": [topic for topic in topics if topic[2]],
        "count": len(shown),
        "of": len(found),
        "as_of": latest.overview.as_of,
    }
    return render(request, "metrics/definitions.html", context)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _entry(key: str, latest: Latest, cuts: dict[str, str], *, with_sql: bool) -> Entry:
    metric = METRICS[key]
    return Entry(
        key,
        metric,
        chip(key, settings=latest.settings, as_of=latest.overview.as_of),
        import_string(metric.current)(latest) if metric.current else None,
        [cuts[cut] for cut in (metric.report.cuts if metric.report else ()) if cut in cuts],
        [(path, sql.text(path)) for path in metric.sql] if with_sql else [],
    )
