"""What winning customers cost, by month and way (流入元): entered in a table, pasted or read from a file."""

import csv
import datetime as dt
import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from django.db import connection, transaction
from django.db.models import Count
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from customers.models import Customer

from .models import AcquisitionCost

MOST = Decimal("999999999999.99")
SCALES = {"千": 1_000, "万": 10_000, "億": 100_000_000}
LONGEST_WAY = 100
Key = tuple[dt.date, str]  # month (first day), way ('' = not told apart)
ERAS = {"令和": 2018, "R": 2018, "平成": 1988, "H": 1988}
_MONTH = re.compile(
    r"(?P<era>令和|平成|R|H)?\.?(?P<year>\d{1,4}|元)\s*(?:年|[-/.])\s*(?P<month>\d{1,2})\s*月?(?:[-/.]?\s*\d{1,2}日?)?",
    re.I,
)
_COMPACT = re.compile(r"(?P<year>\d{4})(?P<month>\d{2})(?:\d{2})?")
_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)(千|万|億)?")


def entered() -> dict[Key, Decimal]:
    """Every cost entered."""
    return {(row.month, row.via): row.amount for row in AcquisitionCost.objects.all()}


def ways(most: int = 12) -> list[str]:
    """The ways customers were won (most first) and those with a cost, without ''."""
    found = Customer.objects.current().exclude(acquired_via="").values_list("acquired_via")
    known = [via for via, _n in found.annotate(n=Count("pk")).order_by("-n", "acquired_via")[:most]]
    paid = AcquisitionCost.objects.exclude(via="").values_list("via", flat=True).distinct().order_by("via")
    return list(dict.fromkeys([*known, *paid]))


# --- reading what people type ----------------------------------------------------------------------


def amount_of(text: str) -> Decimal | None:
    """`¥１２０，０００`, `120,000円`, `12万`, `1.5万`; None for an empty text. ValueError says what is wrong."""
    plain = re.sub(r"[\s,_¥\\]|円$|yen$", "", unicodedata.normalize("NFKC", text).strip().casefold())
    if not plain or plain in {"-", "–", "—"}:
        return None
    if plain[0] in "-−△▲":
        raise ValueError(_("A cost cannot be below 0."))
    found = _AMOUNT.fullmatch(plain)
    if not found:
        raise ValueError(_("“%(text)s” is not an amount, such as 120,000.") % {"text": text.strip()})
    return _checked(found[1], SCALES.get(found[2] or "", 1))


def _checked(digits: str, scale: int) -> Decimal:
    try:
        amount = Decimal(digits) * scale
        is_exact = amount == amount.quantize(Decimal("0.01"))
    except InvalidOperation:
        amount, is_exact = MOST + 1, True
    if amount > MOST:
        raise ValueError(_("This amount is too large."))
    if not is_exact:
        raise ValueError(_("An amount has at most two decimal places."))
    return amount.quantize(Decimal("0.01"))


def month_of(text: str) -> dt.date:
    """`2026/4`, `2026-04`, `2026年4月`, `202604`, `2026/04/01`, `令和8年4月`; ValueError where it names no month."""
    plain = unicodedata.normalize("NFKC", text).strip()
    found = _MONTH.fullmatch(plain) or _COMPACT.fullmatch(plain)
    if found:
        era = found.groupdict().get("era")
        year = 1 if found["year"] == "元" else int(found["year"])
        year += ERAS[era.upper() if len(era) == 1 else era] if era else 0
        if 1990 <= year <= 2199 and 1 <= int(found["month"]) <= 12:
            return dt.date(year, int(found["month"]), 1)
    raise ValueError(_("“%(text)s” is not a month, such as 2026-04.") % {"text": text.strip()})


@dataclass(frozen=True)
class Fault:
    """What is wrong with a line of what was pasted."""

    line: int
    text: str
    error: str


def lines_of(text: str) -> tuple[dict[Key, Decimal], list[Fault]]:
    """Lines of month, way, amount (tabs or commas; a header is left out); each month and way may stand once."""
    found: dict[Key, Decimal] = {}
    faults = []
    for number, line in enumerate(text.lstrip("\ufeff").splitlines(), 1):
        if not line.strip() or (number == 1 and _is_header(line)):
            continue
        try:
            key, amount = _line(line)
            if key in found:
                raise ValueError(_("This month and way stand above already."))
            found[key] = amount
        except ValueError as error:
            faults.append(Fault(number, line.strip()[:200], str(error)))
    return found, faults


def _is_header(line: str) -> bool:
    return not re.search(r"\d", unicodedata.normalize("NFKC", line))


def _line(line: str) -> tuple[Key, Decimal]:
    cells = _cells(line)
    if len(cells) != 3:
        raise ValueError(_("A line has three parts: month, way, amount."))
    month, via, amount = cells
    cost = amount_of(amount)
    if cost is None:
        raise ValueError(_("The amount is missing."))
    return (month_of(month), way_of(via)), cost


def _cells(line: str) -> list[str]:
    """Tabs as Excel copies them, or commas; further commas belong to the amount."""
    if "\t" in line:
        cells = next(csv.reader([line], delimiter="\t"))
    else:
        cells = next(csv.reader([line.replace("，", ",")], skipinitialspace=True))
    return [*cells[:2], ",".join(cells[2:])] if len(cells) > 3 else cells


def way_of(text: str) -> str:
    """A way as customers have it. ValueError where it is too long."""
    way = re.sub(r"\s+", " ", text.replace("\0", "")).strip()
    if len(way) > LONGEST_WAY:
        raise ValueError(_("A way has at most %(most)s letters.") % {"most": LONGEST_WAY})
    return way


# --- writing ---------------------------------------------------------------------------------------


class ChangedMeanwhileError(Exception):
    """Somebody else changed these cells since the page was shown; nothing was saved."""

    def __init__(self, now: dict[Key, Decimal | None]):
        super().__init__()
        self.now = now


@transaction.atomic
def save(
    wanted: dict[Key, Decimal | None], *, by: User, now: dt.datetime, seen: dict[Key, Decimal | None] | None = None
) -> int:
    """Writes these costs (None takes one away); returns how many changed. One audit row with before and after.

    With `seen`, what the page had shown of each: where the row is another by now, and is not what is wanted either,
    nothing is saved (ChangedMeanwhileError).
    """
    with connection.cursor() as cursor:  # a new row has nothing to lock yet
        cursor.execute("LOCK TABLE metrics_acquisitioncost IN SHARE ROW EXCLUSIVE MODE")
    rows = entered()
    stored = {key: rows.get(key) for key in wanted}
    changed = {key: amount for key, amount in wanted.items() if amount != stored[key]}
    conflicts = {key: stored[key] for key in changed if seen is not None and seen.get(key) != stored[key]}
    if conflicts:
        raise ChangedMeanwhileError(conflicts)
    for key, amount in changed.items():
        _write(key, amount, by=by, now=now)
    if changed:
        lines = [f"{month:%Y-%m} {via}: {stored[month, via]} → {amount}" for (month, via), amount in changed.items()]
        audit.record("acquisition_costs_changed", by=by, count=len(changed), changes=lines[:200])
    return len(changed)


def _write(key: Key, amount: Decimal | None, *, by: User, now: dt.datetime) -> None:
    month, via = key
    if amount is None:
        AcquisitionCost.objects.filter(month=month, via=via).delete()
    else:
        AcquisitionCost.objects.update_or_create(
            month=month, via=via, defaults={"amount": amount, "by": by, "set_at": now}
        )
