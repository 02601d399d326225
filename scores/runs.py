"""The runs of scoring, and how fresh what they stored is. One row a run; whoever runs holds the lock "scoring"."""

import datetime as dt
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from django.db import Error, connection, models
from django.db.models import Subquery
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts import jobs
from accounts.models import Installation
from customers.models import Touched
from scores.models import ScoringRun

LOCK = "scoring"
NIGHT_IS_OVER = 6  # o'clock, business time: until then yesterday's scores are fresh
MAY_WAIT = dt.timedelta(hours=1)
KEPT = dt.timedelta(days=90)
# Whether some session of this database holds the lock; both halves of a 64-bit advisory key.
HELD = """
    SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1
           AND classid = 0 AND objid::bigint = %s
           AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
"""


class Trouble(models.TextChoices):
    """Why stored scores are not to be relied on (sending waits): the code and its sentence."""

    NEVER = "never", _("Scores have never been computed.")
    FAILED = "failed", _("The last computation of scores failed.")
    DIED = "died", _("The last computation of scores was broken off.")
    STALE = "stale", _("The scores were not computed last night.")
    WAITING = "waiting", _("Changed customers have been waiting for their scores for more than an hour.")


@dataclass(frozen=True)
class Freshness:
    """What `freshness` found; times are those of the last run that was done, None before the first.

    as_of: the day stored scores speak of; computed_at: facts known then are in them; seconds: how long it took;
    covers, customers, changed: whom that run covered and how many rows it wrote.
    trouble: a code of Trouble, empty where all is well; error: what the database or program said, for the admin.
    """

    as_of: dt.date | None = None
    computed_at: dt.datetime | None = None
    seconds: float | None = None
    covers: str = ""
    customers: int = 0
    changed: int = 0
    is_running: bool = False
    waiting_since: dt.datetime | None = None
    trouble: str = ""
    error: str = ""

    @property
    def is_fine(self) -> bool:
        """Whether scores and segments may be acted on, and mails sent by them."""
        return not self.trouble

    @property
    def reason(self) -> str | Promise:
        """The trouble as one sentence; empty where there is none."""
        return Trouble(self.trouble).label if self.trouble else ""


def freshness(*, now: dt.datetime, settings: Installation | None = None) -> Freshness:
    """As of which day the stored scores speak, since when, how long it took, and what is wrong with them, if anything.

    `scoring.freshness(now=timezone.now())`; a short query (two or three while something runs or failed). Pages show it;
    sending asks `.is_fine` and shows `.reason`. `settings` spares a query where the caller has them.
    """
    first_waiting = Touched.objects.order_by("id").values("at")[:1]
    last = ScoringRun.objects.annotate(waiting_since=Subquery(first_waiting)).order_by("-id").first()
    if last is None:
        return Freshness(trouble=Trouble.NEVER)
    is_alive = last.state == ScoringRun.State.RUNNING and _is_held()
    done = _last_done(last)
    waiting_since = last.waiting_since
    found = {
        "is_running": is_alive,
        "waiting_since": waiting_since,
        "trouble": _trouble_of(last, is_alive) or _trouble_of_age(done, waiting_since, now, settings),
        "error": last.error,
    }
    if done is None:
        return Freshness(**found)
    shown = ("as_of", "seconds", "covers", "customers", "changed")
    return Freshness(computed_at=done.started_at, **{name: getattr(done, name) for name in shown}, **found)


def _last_done(last: ScoringRun) -> ScoringRun | None:
    if last.state == ScoringRun.State.DONE:
        return last
    return ScoringRun.objects.filter(state=ScoringRun.State.DONE).order_by("-id").first()


def _trouble_of(last: ScoringRun, is_alive: bool) -> str:
    if last.state == ScoringRun.State.FAILED:
        return Trouble.FAILED
    is_dead = last.state == ScoringRun.State.DIED or (last.state == ScoringRun.State.RUNNING and not is_alive)
    return Trouble.DIED if is_dead else ""


def _trouble_of_age(
    done: ScoringRun | None, waiting_since: dt.datetime | None, now: dt.datetime, settings: Installation | None
) -> str:
    if done is None:
        return Trouble.NEVER
    settings = settings or Installation.get()
    due = settings.day_of(now - dt.timedelta(hours=NIGHT_IS_OVER))
    if done.as_of < due:
        return Trouble.STALE
    return Trouble.WAITING if waiting_since is not None and now - waiting_since > MAY_WAIT else ""


def _is_held() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(HELD, [zlib.crc32(LOCK.encode())])
        return cursor.fetchone()[0]


def last_done() -> ScoringRun | None:
    """The last run that stored scores."""
    return ScoringRun.objects.filter(state=ScoringRun.State.DONE).order_by("-id").first()


@contextmanager
def recorded(*, as_of: dt.date, now: dt.datetime) -> Iterator[ScoringRun]:
    """Waits until no other run goes on, then records this one: running, then done, or failed with what was raised.

    The caller fills in covers, customers, changed and settings. Runs that a killed process left as running are
    marked as broken off. Call it outside a transaction, else nobody sees the run before its end.
    """
    with jobs.lock(LOCK):
        running = ScoringRun.objects.filter(state=ScoringRun.State.RUNNING)
        running.update(state=ScoringRun.State.DIED, finished_at=now)
        ScoringRun.objects.filter(started_at__lt=now - KEPT).delete()
        run = ScoringRun.objects.create(as_of=as_of, started_at=now)
        begun = time.perf_counter()
        try:
            yield run
        except Exception as error:
            with suppress(Error):  # where the connection is gone, the run is found dead by its lock
                _settle(run, ScoringRun.State.FAILED, begun, f"{type(error).__name__}: {error}"[:500])
            raise
        _settle(run, ScoringRun.State.DONE, begun)


def _settle(run: ScoringRun, state: str, begun: float, error: str = "") -> None:
    run.state, run.error, run.seconds = state, error, time.perf_counter() - begun
    run.finished_at = run.started_at + dt.timedelta(seconds=run.seconds)
    run.save()
