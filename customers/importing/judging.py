"""What only the whole file can say, found in one cheap pass before anything is staged: the order of day and month
in dates whose year comes last, and whether a consent column speaks for itself.

The finding is kept in the import's mapping (`judged`), so that an import taken up again reads the same.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from django.utils.translation import gettext as _

from . import reading, values
from .columns import POSITIVE, UNCLEAR, columns_of
from .mapping import Ask, Mapping
from .normalising import tidy
from .reading import Layout

_YEAR_LAST = r"^(?P<first>\d{1,2})[-/.](?P<second>\d{1,2})[-/.]\d{4}(?:\D|$)"
# The same anywhere in a text: most files hold none, and then no row needs to be looked at.
_SOMEWHERE = r"(?:^|[^0-9０-９])[0-9０-９]{1,2}[-/.／．－][0-9０-９]{1,2}[-/.／．－][0-9０-９]{4}(?:[^0-9０-９]|$)"
_MOST_TEXTS = 50
DAY_FIRST, MONTH_FIRST, OPEN, SAME = "DMY", "MDY", "open", "same"
_CLEARLY = 0.9


def judge(path: Path, layout: Layout, mapping: Mapping) -> dict[str, Any]:
    """The finding, {} where nothing is open: {"of": columns, "date_order", "off", "example", "header", "clear"}."""
    dates, consents = _open_dates(mapping), [i for i, way in mapping.consents.items() if way == UNCLEAR]
    if dates and not _has_year_last(path, layout):
        dates = []
    if not dates and not consents:
        return {}
    orders, texts = _look(path, layout, dates, consents)
    clear = [i for i in consents if texts[i] and all(map(values.is_clear_consent, texts[i]))]
    return {"of": looked_at(mapping), "clear": clear, **_order(orders, layout.header)}


def looked_at(mapping: Mapping) -> list[int]:
    """The columns whose reading the finding decides: it counts as long as these are the same."""
    return sorted({*_open_dates(mapping), *(i for i, way in mapping.consents.items() if way == UNCLEAR)})


def settle(mapping: Mapping, judged: dict[str, Any]) -> Mapping:
    """The mapping with the finding: the order of dates, or the question for it; consent columns that are clear."""
    if not judged:
        return mapping
    consents = mapping.consents | dict.fromkeys(judged["clear"], POSITIVE)
    mapping = replace(mapping, consents=consents)
    order = judged.get("date_order")
    if order is None:
        return mapping
    if not order:
        ask = Ask("date_order", judged["header"], ("DMY", "MDY"), is_needed=True, example=judged["example"])
        return replace(mapping, asks=(*mapping.asks, ask))
    return replace(mapping, date_order=order, notices=(*mapping.notices, *_said(order, judged)))


def _said(order: str, judged: dict[str, Any]) -> Iterator[str]:
    yield (
        _("Dates are read day first (%(example)s): the whole file says so.")
        if order == "DMY"
        else _("Dates are read month first (%(example)s): the whole file says so.")
    ) % {"example": judged["example"]}
    if judged["off"]:
        yield _("%(count)s dates do not fit that order: their rows are rejected.") % {"count": judged["off"]}


def _open_dates(mapping: Mapping) -> list[int]:
    if mapping.date_order:
        return []
    dated = {column.field for column in columns_of(mapping.kind) if column.reads in {"date", "moment"}}
    return [index for index, name in mapping.fields.items() if name in dated]


def _has_year_last(path: Path, layout: Layout) -> bool:
    return any(
        pc.match_substring_regex(pa.array([block]), _SOMEWHERE)[0].as_py() for block in reading.blocks(path, layout)
    )


def _look(
    path: Path, layout: Layout, dates: list[int], consents: list[int]
) -> tuple[dict[int, Counter], dict[int, set[str]]]:
    """For each date column how often each order is proved, for each consent column its distinct texts (a few)."""
    orders: dict[int, Counter] = {index: Counter() for index in dates}
    texts: dict[int, set[str]] = {index: set() for index in consents}
    for chunk in reading.chunks(path, layout):
        for index in dates:
            _count(orders[index], chunk.table.iloc[:, index])
        for index in consents:
            if len(texts[index]) < _MOST_TEXTS:
                texts[index] |= set(_distinct(chunk.table.iloc[:, index])[0].to_pylist()) - {""}
    return orders, texts


def _distinct(column: pd.Series) -> tuple[pa.Array, pa.Array]:
    counted = pc.value_counts(pa.array(column.array, type=pa.string()))
    return tidy(counted.field("values")), counted.field("counts")


def _count(found: Counter, column: pd.Series) -> None:
    """Add what the dates of a column prove: a number over 12 cannot be the month. Keep an example of each."""
    cells, counts = _distinct(column)
    parts = pc.extract_regex(cells, _YEAR_LAST)
    first, second = (pc.cast(pc.struct_field(parts, name), pa.int8()) for name in ("first", "second"))
    is_day_first = pc.and_not(pc.greater(first, 12), pc.greater(second, 12))
    is_month_first = pc.and_not(pc.greater(second, 12), pc.greater(first, 12))
    is_either = pc.and_(pc.less_equal(first, 12), pc.less_equal(second, 12))
    ways = {
        DAY_FIRST: is_day_first,
        MONTH_FIRST: is_month_first,
        OPEN: pc.and_(is_either, pc.not_equal(first, second)),
        SAME: pc.and_(is_either, pc.equal(first, second)),
    }
    for way, flags in ways.items():
        found[way] += pc.sum(counts.filter(pc.fill_null(flags, False))).as_py() or 0
        if found[way] and f"example {way}" not in found:
            found[f"example {way}"] = cells.filter(pc.fill_null(flags, False))[0].as_py()


def _order(orders: dict[int, Counter], header: list[str]) -> dict[str, Any]:
    """One file, one order: what most dates prove, where hardly any prove the other. '' where a person must say it."""
    total = Counter({way: sum(found[way] for found in orders.values()) for way in (DAY_FIRST, MONTH_FIRST, OPEN, SAME)})
    proved = total[DAY_FIRST] + total[MONTH_FIRST]
    if not sum(total.values()):
        return {}
    order = DAY_FIRST if total[DAY_FIRST] >= total[MONTH_FIRST] else MONTH_FIRST
    is_clear = total[order] >= _CLEARLY * proved if proved else not total[OPEN]
    shown = (order, SAME) if is_clear else (OPEN, DAY_FIRST, MONTH_FIRST)
    index, way = next((index, way) for way in shown for index, found in orders.items() if found[way])
    return {
        "date_order": order if is_clear else "",
        "off": proved - total[order] if is_clear else 0,
        "example": orders[index][f"example {way}"],
        "header": header[index],
    }
