"""Statements over all customers with an end in sight: a time limit, memory to hash in, and a way to call them off.

The count of a rule while it is built carries its page's name on the connection (application_name), so that the next
count of the same page, or the button, ends it in the database itself; the browser hanging up would not.
"""

import datetime as dt
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.db import OperationalError, connection, transaction
from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from customers.consent import mailable
from customers.models import Contact, Customer

from .rules import Rule

COUNT_SECONDS = 10
NAMES = 5
WORK_MEM = "64MB"  # what "not in (…)" needs to be hashed for a million customers
QUERY_CANCELED = "57014"
LONGEST_NAME = 63  # of application_name


class TooSlowError(Exception):
    """The time limit ended it; the message says so, for people."""


class CalledOffError(Exception):
    """Somebody called it off: a newer count of the same page, or the button."""


@contextmanager
def limited(seconds: float, *, name: str = "") -> Iterator[None]:
    """A transaction whose statements end after so many seconds each. Raises TooSlowError, CalledOffError."""
    started = time.monotonic()
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            before = _set(
                cursor, {"statement_timeout": f"{int(seconds * 1000)}ms", "work_mem": WORK_MEM} | _named(name)
            )
            yield
            _set(cursor, before)
    except OperationalError as error:
        if getattr(error.__cause__, "pgcode", "") != QUERY_CANCELED:
            raise
        if name and time.monotonic() - started < seconds:
            raise CalledOffError from error
        raise TooSlowError(_too_slow(seconds)) from error


def _named(name: str) -> dict[str, str]:
    return {"application_name": name[:LONGEST_NAME]} if name else {}


def _set(cursor, settings: dict[str, str]) -> dict[str, str]:
    """For this transaction only; returns what stood there."""
    before = {}
    for key, value in settings.items():
        cursor.execute("SELECT current_setting(%s), set_config(%s, %s, true)", [key, key, value])
        before[key] = cursor.fetchone()[0]
    return before


def _too_slow(seconds: float) -> str:
    count = int(seconds)
    return ngettext(
        "It took longer than %(count)s second. Make the rule simpler, shorten its periods, or raise the time limit.",
        "It took longer than %(count)s seconds. Make the rule simpler, shorten its periods, or raise the time limit.",
        count,
    ) % {"count": count}


def call_off(name: str) -> int:
    """Ends what runs under that name on other connections; returns how many statements that were."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM (SELECT pg_cancel_backend(pid) AS done FROM pg_stat_activity"
            " WHERE application_name = %s AND pid <> pg_backend_pid() AND state = 'active') AS ended WHERE done",
            [name[:LONGEST_NAME]],
        )
        return cursor.fetchone()[0]


@dataclass(frozen=True)
class Counted:
    """How many a rule finds, how many of them may be mailed, and the first few."""

    matched: int = 0
    mailable: int = 0
    first: list[Customer] = field(default_factory=list)
    problem: str = ""
    is_called_off: bool = False

    @property
    def more(self) -> int:
        """How many are not named."""
        return self.matched - len(self.first)


def count(rule: Rule, *, as_of: dt.date, name: str, seconds: float = COUNT_SECONDS) -> Counted:
    """Counts a rule, calling off an earlier count of that name. What goes wrong stands in `problem`."""
    call_off(name)
    try:
        with limited(seconds, name=name):
            return _counted(rule, as_of)
    except CalledOffError:
        return Counted(problem=_("Counting was stopped."), is_called_off=True)
    except TooSlowError as error:
        return Counted(problem=str(error))


def _counted(rule: Rule, as_of: dt.date) -> Counted:
    """The rule is asked once, into a table of this transaction; both figures and the names are read from that."""
    found = Customer.objects.current().filter(rule.q(as_of)).order_by().values("pk")
    text, params = found.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.rule_found")
        # The ORM's own statement; every value in it stays a parameter.
        cursor.execute(f"CREATE TEMP TABLE rule_found (customer_id) ON COMMIT DROP AS {text}", params)
        matched = cursor.rowcount
        cursor.execute("ANALYZE rule_found")
    customers = Customer.objects.filter(pk__in=RawSQL("SELECT customer_id FROM rule_found", ()))
    reachable = mailable(Contact.objects.filter(Q(left_on=None) | Q(left_on__gt=as_of)))
    people = customers.filter(pk__in=reachable.values("customer")).count()
    return Counted(matched, people, list(customers.order_by("sort_key", "pk")[:NAMES]))
