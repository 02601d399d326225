"""Who gets a step: conditions as they are stored, checked, and said in words. Who does not meet one skips that step.

Opens are none: machines open mails too.
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from segments.models import Segment

ALWAYS = "always"


@dataclass(frozen=True)
class Kind:
    """One kind of condition, and what it needs beside it."""

    key: str
    label: Promise
    needs: str = ""  # step, segment


KINDS = {
    kind.key: kind
    for kind in (
        Kind(ALWAYS, pgettext_lazy("condition", "everybody")),
        Kind("clicked", gettext_lazy("who clicked in an earlier step"), "step"),
        Kind("not_clicked", gettext_lazy("who did not click in an earlier step"), "step"),
        Kind("goal_not_reached", gettext_lazy("who has not reached the goal yet")),
        Kind("in_segment", gettext_lazy("who is in a segment"), "segment"),
        Kind("not_in_segment", gettext_lazy("who is not in a segment"), "segment"),
        Kind("answered", gettext_lazy("who answered the invitation")),
        Kind("not_answered", gettext_lazy("who has not answered the invitation")),
        Kind("attended", gettext_lazy("who attended the event")),
        Kind("absent", gettext_lazy("who had said to come and was absent")),
    )
}


def read(stored: dict) -> dict:
    """The condition with all its parts: is, step, segment. Nothing, or nothing known, is "always"."""
    kind = KINDS.get(stored.get("is", ALWAYS), KINDS[ALWAYS])
    return {"is": kind.key, "step": stored.get("step") or 0, "segment": stored.get("segment") or 0}


def stored(kind: str, *, step: int | None = None, segment: int | None = None) -> dict:
    """What is kept of it: only what the kind needs. Raises ValueError where that is missing."""
    if kind == ALWAYS:
        return {}
    needs = KINDS[kind].needs
    if not needs:
        return {"is": kind}
    value = step if needs == "step" else segment
    if not value:
        raise ValueError(f"{kind} needs a {needs}")
    return {"is": kind, needs: value}


def moved(condition: dict, places: dict[int, int]) -> dict:
    """The condition after steps got other positions (old → new); one about a step that is gone becomes "always"."""
    if "step" not in condition:
        return condition
    place = places.get(condition["step"])
    return {**condition, "step": place} if place else {}


def faults(condition: dict, position: int) -> list[str]:
    """What is wrong with the condition of the step at that position, in words."""
    found = read(condition)
    if KINDS[found["is"]].needs == "step" and not 0 < found["step"] < position:
        return [_("The condition of step %(n)s names a step that does not come before it.") % {"n": position}]
    if KINDS[found["is"]].needs == "segment" and not Segment.objects.filter(pk=found["segment"]).exists():
        return [_("The condition of step %(n)s names a segment that is gone.") % {"n": position}]
    return []


def words(condition: dict) -> str:
    """The condition as it stands beside the step; empty where everybody gets it."""
    found = read(condition)
    texts = {
        "clicked": _("only who clicked in step %(step)s"),
        "not_clicked": _("only who did not click in step %(step)s"),
        "goal_not_reached": _("only who has not reached the goal yet"),
        "in_segment": _("only who is in “%(segment)s”"),
        "not_in_segment": _("only who is not in “%(segment)s”"),
        "answered": _("only who answered the invitation"),
        "not_answered": _("only who has not answered the invitation"),
        "attended": _("only who attended the event"),
        "absent": _("only who had said to come and was absent"),
    }
    if found["is"] not in texts:
        return ""
    return texts[found["is"]] % {"step": found["step"], "segment": _segment(found["segment"])}


def _segment(pk: int) -> str:
    return str(Segment.objects.filter(pk=pk).first() or "–") if pk else ""
