"""What a step of each way is made of: which words it has, how long they may be, and how they are counted."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.models import Way
from campaigns.rendering import MAX_LENGTH

from . import line, sms
from .wording import utf16


@dataclass(frozen=True)
class Shape:
    """`subject`: what the line above the text is called (None: there is none). `most`: characters of the text.

    `has_blocks`: written with the mail composer's blocks. `is_by_hand`: people carry it. `note`: what to know.
    """

    subject: Promise | None
    body: Promise
    note: Promise
    needs_subject: bool = False
    most: int = MAX_LENGTH
    has_blocks: bool = False
    is_by_hand: bool = False


SHAPES: dict[str, Shape] = {
    Way.MAIL: Shape(
        gettext_lazy("Subject"),
        gettext_lazy("Text"),
        gettext_lazy("The display items the law asks for are added below."),
        needs_subject=True,
        has_blocks=True,
    ),
    Way.LINE: Shape(
        gettext_lazy("Heading"),
        gettext_lazy("Text"),
        gettext_lazy("A link alone in its paragraph becomes a button. Each message counts against the month's quota."),
        most=line.MOST_CHARACTERS,
    ),
    Way.SMS: Shape(
        None,
        gettext_lazy("Text"),
        gettext_lazy(
            "Billed by 70 characters, 67 each where it is longer. Under a promotion the sender's name and the link to "
            "refuse are added."
        ),
        most=sms.UCS2_MORE * sms.MOST_SEGMENTS,
    ),
    Way.POSTAL: Shape(
        None,
        gettext_lazy("Text for the printer"),
        gettext_lazy(
            "Each letter gets a response code of its own; it counts as sent when somebody confirms the posting."
        ),
        is_by_hand=True,
    ),
    Way.TASK: Shape(
        gettext_lazy("Why to call"),
        gettext_lazy("What to say"),
        gettext_lazy("It stands in today's list of the person in charge until he says how it went."),
        is_by_hand=True,
    ),
    Way.WEBHOOK: Shape(
        None,
        gettext_lazy("Text and fields to send along"),
        gettext_lazy("The merge fields used here go along as data, to the webhooks that hear of campaign steps."),
    ),
}


def measured(way: str, text: str) -> str:
    """How long a finished text is, in the units of the way; empty where nobody counts."""
    if way == Way.SMS:
        words = {"n": sms.segments(text), "length": utf16(text)}
        return _("%(n)s SMS (%(length)s characters)") % words
    if way == Way.LINE:
        return _("%(length)s of %(most)s characters") % {"length": utf16(text), "most": f"{line.MOST_CHARACTERS:,}"}
    return ""
