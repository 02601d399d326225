"""The people of an event: who comes, waits, declined or has not answered; found, filtered, by page or as a file."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.searching import search_form

from . import keyset, notices
from .models import Delivery, Occasion, Rsvp

Answer = Rsvp.Answer
NONE, MOVED_UP, ATTENDED, ABSENT = "none", "moved_up", "attended", "absent"
FILTERS: dict[str, str | Promise] = {
    "": pgettext_lazy("answers", "All answers"),
    Answer.COMING: Answer.COMING.label,
    Answer.WAITING: Answer.WAITING.label,
    Answer.DECLINED: Answer.DECLINED.label,
    NONE: _("no answer"),
    MOVED_UP: _("moved up"),
    ATTENDED: _("attended"),
    ABSENT: _("absent"),
}
RULES = {
    Answer.COMING: Q(answer=Answer.COMING),
    Answer.WAITING: Q(answer=Answer.WAITING),
    Answer.DECLINED: Q(answer=Answer.DECLINED),
    MOVED_UP: Q(answer=Answer.COMING, moved_up_at__isnull=False),
    ATTENDED: Q(has_attended=True),
    ABSENT: Q(has_attended=False),
}
NOT_SENT = [Delivery.State.HELD_OUT, Delivery.State.SUPPRESSED, Delivery.State.CANCELLED]
IN_ORDER = ("customer__sort_key", "pk")
HEADER = ["customer_id", "name", "contact", "email", "answer", "seats", "answered_at", "queued_at", "attended"]


@dataclass(frozen=True)
class Counts:
    """People by answer, and the seats of those who come."""

    coming: int
    waiting: int
    declined: int
    none: int
    seats: int
    attended: int
    absent: int

    def of(self, key: str) -> int | None:
        return getattr(self, key, None)


def counts(occasion: Occasion) -> Counts:
    found = Rsvp.objects.filter(occasion=occasion)
    sums = found.aggregate(
        **{key: Count("pk", filter=RULES[key]) for key in ("coming", "waiting", "declined", "attended", "absent")},
        seats=Sum("seats", filter=RULES[Answer.COMING], default=0),
    )
    return Counts(none=unanswered(occasion).count(), **sums)


def unanswered(occasion: Occasion) -> QuerySet[Delivery]:
    """Those who were written to and have not answered."""
    said = Rsvp.objects.filter(occasion=occasion).filter(
        Q(contact=OuterRef("contact")) | Q(contact=None, customer=OuterRef("customer"))
    )
    sent = Delivery.objects.filter(campaign=occasion.campaign_id, step__position=1, entry=1)
    return sent.exclude(state__in=NOT_SENT).exclude(Exists(said)).select_related("customer", "contact")


def answers(occasion: Occasion, wanted: str = "") -> QuerySet[Rsvp]:
    found = Rsvp.objects.filter(occasion=occasion).filter(RULES.get(wanted, Q()))
    return found.select_related("customer", "contact")


def page(occasion: Occasion, params: Mapping[str, str]) -> keyset.Page:
    """One page in the order of names; the waiting list in its own order."""
    wanted, query = params.get("answer", ""), params.get("q", "")
    rows = unanswered(occasion) if wanted == NONE else answers(occasion, wanted)
    rows = rows.filter(named(query)) if query.strip() else rows
    return keyset.page(rows, params, by=("queued_at", "pk") if wanted == Answer.WAITING else IN_ORDER)


def named(query: str) -> Q:
    """Rows of customers found by code, name, kana or address, written in any way."""
    text = query.strip().replace("\0", "")
    found = Q(customer__code__iexact=text) | Q(customer__name__icontains=text)
    found |= Q(contact__name__icontains=text) | Q(contact__email__iexact=text)
    if form := search_form(text):
        found |= Q(customer__search_text__contains=form)
    return found


def lines(occasion: Occasion) -> Iterator[list]:
    """Everybody under HEADER: those who answered, then those who have not."""
    for rsvp in answers(occasion).order_by(*IN_ORDER).iterator():
        came = {True: ATTENDED, False: ABSENT, None: ""}[rsvp.has_attended]
        facts = [rsvp.answer, rsvp.seats, rsvp.answered_at, rsvp.queued_at, came]
        yield [*_who(rsvp), *facts]
    for sent in unanswered(occasion).order_by(*IN_ORDER).iterator():
        yield [*_who(sent), NONE, "", "", "", ""]


def _who(row: Rsvp | Delivery) -> list[str]:
    contact = row.contact
    return [row.customer.code, row.customer.name, contact.name if contact else "", contact.email if contact else ""]


def told(occasion: Occasion) -> dict[int, str]:
    """Contact → what became of the mail that a seat has come free, in words."""
    labels = dict(Delivery.State.choices)
    return {contact: str(labels[state]) for contact, state in notices.told(occasion).items()}
