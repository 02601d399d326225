"""When a promotion may reach a person: not at night, not on days of rest. In his time zone; pure but for `load`."""

import datetime as dt
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from accounts import workdays
from accounts.models import Installation

FURTHEST = 60  # days ahead; settings that never allow a promotion must not hang the sender


@dataclass(frozen=True)
class Rules:
    """The company's politeness. Without both ends there are no quiet hours; they may go over midnight (20–8)."""

    zone: str
    quiet_from: dt.time | None = None
    quiet_until: dt.time | None = None
    on_weekends: bool = True
    on_holidays: bool = True
    calendar: workdays.Calendar = field(default_factory=workdays.Calendar)

    @classmethod
    def load(cls, installation: Installation) -> "Rules":
        """As they are set now. Keep it for one run of a sender: the company's calendar is read once."""
        return cls(
            zone=installation.time_zone,
            quiet_from=installation.quiet_from,
            quiet_until=installation.quiet_until,
            on_weekends=installation.sends_on_weekends,
            on_holidays=installation.sends_on_holidays,
            calendar=workdays.load(),
        )

    def rests_on(self, day: dt.date) -> bool:
        """No promotion on this day: by the company's calendar, as a weekend or as a holiday."""
        is_weekend = not self.on_weekends and self.calendar.is_weekend(day)
        is_holiday = not self.on_holidays and self.calendar.is_holiday(day)
        return is_weekend or is_holiday or self.calendar.is_closed(day)

    def quiet_end(self, local: dt.datetime) -> dt.datetime | None:
        """Where `local` (a naive local time) lies in the quiet hours: when they end; else None."""
        begins, ends, time = self.quiet_from, self.quiet_until, local.time()
        if begins is None or ends is None or begins == ends:
            return None
        is_over_midnight = begins > ends
        if is_over_midnight and time >= begins:
            return dt.datetime.combine(local.date() + dt.timedelta(days=1), ends)
        is_quiet = time < ends and (is_over_midnight or time >= begins)
        return dt.datetime.combine(local.date(), ends) if is_quiet else None


def zone_of(name: str, rules: Rules) -> ZoneInfo:
    """The person's zone; the company's where none, or none that is known, is given."""
    try:
        return ZoneInfo(name or rules.zone)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(rules.zone)


def opens_at(now: dt.datetime, zone_name: str, rules: Rules) -> dt.datetime:
    """The first moment ≥ `now` at which a promotion may reach someone in that zone; `now` itself where it may.

    Computed on the person's clock on the wall, so that a changing clock moves no window: a time that clock leaves out
    counts as the moment it jumps over, one that comes twice as the first of both.
    """
    zone = zone_of(zone_name, rules)
    local = now.astimezone(zone).replace(tzinfo=None, fold=0)
    latest = local + dt.timedelta(days=FURTHEST)
    moved = local
    while moved < latest:
        if rules.rests_on(moved.date()):
            moved = dt.datetime.combine(moved.date() + dt.timedelta(days=1), dt.time())
        elif end := rules.quiet_end(moved):
            moved = end
        else:
            break
    if moved == local:
        return now
    return max(now, moved.replace(tzinfo=zone).astimezone(dt.UTC))
