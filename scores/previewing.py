"""What other settings of scores would do: counted over all customers before anything is saved."""

import datetime as dt
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.db import OperationalError, connection, transaction

from accounts.models import Installation
from common import sql

from . import activity, scoring

LIMIT_SECONDS = 30


class TooSlowError(Exception):
    """The company is too large to be counted within the limit."""


@dataclass(frozen=True)
class Line:
    """How many customers have this score (1–5), RFM segment or stage under the present and the new settings."""

    key: str
    before: int
    after: int

    @property
    def change(self) -> int:
        return self.after - self.before


@dataclass(frozen=True)
class Preview:
    """`lines` by kind: r, f, m, segment, stage. `moved`: customers whose segment, or stage, would be another."""

    as_of: dt.date
    lines: dict[str, list[Line]] = field(default_factory=dict)
    moved: dict[str, int] = field(default_factory=dict)


def preview(*, settings: Installation, as_of: dt.date, limit: float = LIMIT_SECONDS) -> Preview:
    """Both computed from the facts as of the end of `as_of`; stores nothing. Raises TooSlowError after `limit` seconds.

    `settings` is a changed row that has not been saved; only what it says of RFM and of the lifecycle may differ.
    """
    with transaction.atomic(), _within(limit):
        params = scoring.parameters(as_of=as_of)
        activity.build(params=params)
        for name in ("rfm", "lifecycle", "keep_for_preview"):
            sql.run(f"scores/sql/{name}.sql", params)
        tried = scoring.parameters(as_of=as_of, settings=settings)
        for name in ("rfm", "lifecycle"):
            sql.run(f"scores/sql/{name}.sql", tried)
        return _read(sql.rows("scores/sql/preview.sql"), as_of)


def _read(rows: list[dict], as_of: dt.date) -> Preview:
    found = Preview(as_of)
    for row in rows:
        if row["kind"] == "changed":
            found.moved[row["key"]] = row["after"]
        else:
            found.lines.setdefault(row["kind"], []).append(Line(row["key"], row["before"], row["after"]))
    return found


@contextmanager
def _within(seconds: float) -> Iterator[None]:
    """All statements together may take so long; PostgreSQL stops the one that takes longer."""
    until = time.monotonic() + seconds

    def hurried(execute, statement, params, many, context):
        left = max(1, round(1000 * (until - time.monotonic())))
        # past the wrappers: this statement must not hurry itself
        context["cursor"].cursor.execute("SELECT set_config('statement_timeout', %s, TRUE)", [str(left)])
        return execute(statement, params, many, context)

    try:
        with connection.execute_wrapper(hurried):
            yield
    except OperationalError as error:
        if "statement timeout" not in str(error):
            raise
        raise TooSlowError from error
