"""News of who entered and left segments, for campaigns and tasks to act on, each exactly once.

A consumer is a name ("campaign:12", "tasks"). It takes news inside the transaction in which it acts on it:

    with transaction.atomic():
        for news in movements.take(consumer="campaign:12", segment=segment, kind="entered", limit=500):
            ...

Killed before the commit, nothing was taken; after it, everything was acted on. A second worker of the same consumer
gets nothing while the first has its transaction open, and never what the first has taken.
"""

import datetime as dt

from django.db import connection, transaction
from django.db.models import Exists, Max, Min, OuterRef, QuerySet

from common import sql

from .models import Consumer, Movement, Segment, Taken

ONE_WRITER = 7_265_001  # advisory lock: news gets its ids in the order in which it becomes visible
KEPT_DAYS = 35


def begin(consumer: str, *, from_start: bool = False) -> None:
    """Makes the consumer known: it gets what moves from now on (`from_start`: also what is still kept). Repeatable."""
    if Consumer.objects.filter(name=consumer).exists():
        return
    last = 0 if from_start else Movement.objects.aggregate(last=Max("id"))["last"] or 0
    Consumer.objects.get_or_create(name=consumer, defaults={"settled_to": last})


def end(consumer: str) -> None:
    """Forgets the consumer."""
    Consumer.objects.filter(name=consumer).delete()


def take(*, consumer: str, limit: int, segment: Segment | None = None, kind: str = "") -> list[Movement]:
    """Up to `limit` movements this consumer has not taken yet, oldest first; they are taken when the caller commits.

    Must be called inside transaction.atomic(). Empty where another worker of the consumer is at it. A consumer takes
    always of the same segment and kind (or of all). Raises Consumer.DoesNotExist before `begin`.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("take() is part of the transaction that acts on the news")
    himself = Consumer.objects.select_for_update(skip_locked=True).filter(name=consumer).first()
    if himself is None:
        Consumer.objects.get(name=consumer)
        return []
    news = _open_news(himself, segment, kind)
    found = list(news.select_related("customer", "segment").order_by("id")[:limit])
    Taken.objects.bulk_create([Taken(consumer=himself, movement=one) for one in found])
    if len(found) < limit:
        _settle(himself)
    return found


def _open_news(himself: Consumer, segment: Segment | None, kind: str) -> QuerySet[Movement]:
    taken = Taken.objects.filter(consumer=himself, movement=OuterRef("pk"))
    news = Movement.objects.filter(~Exists(taken), id__gt=himself.settled_to, is_void=False)
    if segment is not None:
        news = news.filter(segment=segment)
    return news.filter(kind=kind) if kind else news


def _settle(himself: Consumer) -> None:
    """Everything is taken: what was before the newest day cannot move back any more, so it needs no row of its own."""
    newest = Movement.objects.order_by("-id").values_list("on", flat=True).first()
    beyond = Movement.objects.filter(id__gt=himself.settled_to)
    first_of_day = beyond.filter(on__gte=newest).aggregate(first=Min("id"))["first"] if newest else None
    if first_of_day is None or first_of_day - 1 <= himself.settled_to:
        return
    Consumer.objects.filter(pk=himself.pk).update(settled_to=first_of_day - 1)
    Taken.objects.filter(consumer=himself, movement__lt=first_of_day).delete()


def forget_old(*, as_of: dt.date) -> int:
    """Deletes news nobody can want any more; intervals of membership stay. Returns how many."""
    return sql.run("segments/sql/forget_movements.sql", {"before": as_of - dt.timedelta(days=KEPT_DAYS)})
