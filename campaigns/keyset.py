"""Pages of a long list by keyset: no OFFSET, no page numbers, the same speed on the last page as on the first.

A cursor is the id of the row a page begins or ends at; a row that is gone meanwhile leads to the first page.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q, QuerySet

ROWS = 50
COUNT_TO = 10_000


@dataclass(frozen=True)
class Page:
    """One page: rows, how many there are (counted up to COUNT_TO), and the ways to those beside it."""

    rows: list[Any]
    count: int
    is_capped: bool
    prev_url: str = ""
    next_url: str = ""


def page(
    found: QuerySet,
    params: Mapping[str, str],
    *,
    by: tuple[str, ...] = ("pk",),
    size: int = ROWS,
    of: QuerySet | None = None,
) -> Page:
    """The page `params` ask for (after=, before=), in the order `by`, which ends with "pk" and holds no empty value.

    "-" before every name of `by`: the other way round. Other parameters stay in the addresses. `of`: all rows with
    what `by` names, where that is computed: the row of the cursor may have left `found` meanwhile.
    """
    is_down = by[0].startswith("-")
    names = tuple(name.removeprefix("-") for name in by)
    cursor, is_back = _cursor(found.model._base_manager.all() if of is None else of, params, names)
    rows = _slice(found, names, cursor, is_down=is_down != is_back, size=size)
    is_more, rows = len(rows) > size, rows[:size]
    if is_back:
        rows.reverse()
    counted = found.order_by()[: COUNT_TO + 1].count()
    has_next, has_prev = (True, is_more) if is_back else (is_more, cursor is not None)
    kept = {key: value for key, value in params.items() if key not in {"after", "before"} and value}
    return Page(
        rows,
        min(counted, COUNT_TO),
        counted > COUNT_TO,
        prev_url=_url(kept, before=rows[0].pk) if rows and has_prev else "",
        next_url=_url(kept, after=rows[-1].pk) if rows and has_next else "",
    )


def _cursor(everything: QuerySet, params: Mapping[str, str], names: tuple[str, ...]) -> tuple[tuple | None, bool]:
    """Where the page begins, and whether it goes backwards from there."""
    for key, is_back in (("before", True), ("after", False)):
        text = params.get(key, "")
        if text.isascii() and text.isdigit() and len(text) < 19:
            values = everything.filter(pk=int(text)).values_list(*names).first()
            if values is not None:
                return values, is_back
    return None, False


def _slice(found: QuerySet, names: tuple[str, ...], cursor: tuple | None, *, is_down: bool, size: int) -> list:
    if cursor is not None:
        found = found.filter(_beyond(names, cursor, "lt" if is_down else "gt"))
    order = [f"-{name}" for name in names] if is_down else list(names)
    return list(found.order_by(*order)[: size + 1])


def _beyond(names: tuple[str, ...], cursor: tuple, side: str) -> Q:
    """Rows behind the cursor: (a, b) > (x, y) as a > x or (a = x and b > y)."""
    name, value = names[0], cursor[0]
    beyond = Q(**{f"{name}__{side}": value})
    if len(names) > 1:
        beyond |= Q(**{name: value}) & _beyond(names[1:], cursor[1:], side)
    return beyond


def _url(kept: dict[str, str], **cursor: int) -> str:
    return "?" + urlencode({**kept, **cursor})
