"""RFM segments and how customers moved between them; cohorts as a table of shares."""

from itertools import groupby
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from common.templatetags.crm import number
from scores.models import RfmSegment

from ..flows import NOT_SCORED
from ..periods import Period, after
from ..wording import group_words, period_words
from .shape import Cell, Chart, Column, Section, Series, Table
from .source import Source

MOVES = 8  # pairs of segments
BACK = 13  # months after the first
BEST_FIRST = [segment.value for segment in RfmSegment]


def rfm(source: Source) -> Section:
    """How many stand where at the month's end, and the largest moves during it."""
    title = _("RFM segments")
    now, before = _counts(source, 0), _counts(source, 1)
    if not any(now.values()):
        return Section("rfm", title, empty=_("Nobody has been scored yet."))
    names = tuple(group_words("segment", code) for code in BEST_FIRST)
    series = [Series(_("End of the month"), tuple(now.get(code, 0) for code in BEST_FIRST))]
    if before:
        series.insert(
            0, Series(_("End of the month before"), tuple(before.get(code, 0) for code in BEST_FIRST), "beside")
        )
    chart = Chart(
        "rfm",
        _("Customers by RFM segment"),
        "bar",
        names,
        tuple(series),
        "people",
        is_across=True,
        first=_("RFM segment"),
    )
    tables = tuple(table for table in (_change(now, before), _moves(source)) if table)
    return Section("rfm", title, _direction(source), (), (chart,), tables)


def _counts(source: Source, back: int) -> dict[str, int]:
    return {row["segment"]: row["customers"] for row in source.fact(back).get("segments", [])}


def _change(now: dict[str, int], before: dict[str, int]) -> Table | None:
    if not before:
        return None
    columns = (
        Column(_("RFM segment")),
        Column(_("End of the month before"), "people"),
        Column(_("End of the month"), "people"),
        Column(pgettext("report", "Change"), "change"),
    )
    rows = tuple(
        (group_words("segment", code), before.get(code, 0), now.get(code, 0), now.get(code, 0) - before.get(code, 0))
        for code in BEST_FIRST
    )
    return Table("rfm", _("RFM segments against the month before"), columns, rows)


def _pairs(source: Source) -> list[dict[str, Any]]:
    """Moves from one segment to another, the largest first; who was not scored on one of the days is left out."""
    rows = source.flow.rows if source.flow else []
    moved = [row for row in rows if row["was"] != row["became"] and NOT_SCORED not in (row["was"], row["became"])]
    return sorted(moved, key=lambda row: (-row["customers"], row["was"], row["became"]))


def _moves(source: Source) -> Table | None:
    pairs = _pairs(source)[:MOVES]
    if not pairs:
        return None
    columns = (
        Column(pgettext("movement", "From")),
        Column(pgettext("movement", "To")),
        Column(_("Customers"), "people"),
    )
    rows = tuple(
        (group_words("segment", row["was"]), group_words("segment", row["became"]), row["customers"]) for row in pairs
    )
    return Table("rfm-moves", _("Largest moves between segments"), columns, rows)


def _direction(source: Source) -> tuple[str, ...]:
    """How many moved up and how many down, by the order of the segments."""
    pairs = _pairs(source)
    if not pairs:
        return ()
    order = {code: place for place, code in enumerate(BEST_FIRST)}
    up = sum(row["customers"] for row in pairs if order[row["became"]] < order[row["was"]])
    down = sum(row["customers"] for row in pairs) - up
    return (
        _("%(up)s customers moved to a better RFM segment, %(down)s to a lesser one.")
        % {"up": number(up), "down": number(down)},
    )


def cohorts(source: Source) -> Section:
    """Of those who came in a month: the share there in each month after it."""
    title = _("Cohorts")
    lines = [list(cells) for _cohort, cells in groupby(source.cohorts, key=lambda one: one.cohort)]
    if not lines:
        return Section("cohorts", title, empty=_("No full month yet"))
    widest = min(BACK, max(len(cells) for cells in lines))
    columns = (
        Column(_("First month")),
        Column(_("Customers"), "people"),
        *(Column(str(month), "percent") for month in range(widest)),
    )
    rows: list[tuple[Cell, ...]] = []
    open_cells = set()
    for at, cells in enumerate(lines):
        shares = [100 * one.retained / one.size if one.size else None for one in cells[:widest]]
        words = period_words(Period(cells[0].cohort, 1), source.settings)
        rows.append((words, cells[0].size, *shares, *[None] * (widest - len(shares))))
        open_cells |= {(at, 2 + place) for place, one in enumerate(cells[:widest]) if _is_open(source, one)}
    note = _("in percent of the cohort; columns are months after the first") + (
        "" if source.is_complete else _("; months not over are marked")
    )
    table = Table(
        "cohorts",
        source.metric("cohorts"),
        columns,
        tuple(rows),
        note=note,
        is_heat=True,
        open_cells=frozenset(open_cells),
    )
    return Section("cohorts", title, (), (), (), (table,))


def _is_open(source: Source, one: Any) -> bool:
    month = Period(after(one.cohort, one.month), 1)
    return source.as_of is None or not month.is_complete(as_of=source.as_of, today=source.today)
