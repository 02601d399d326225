"""`manage.py report NAME`: every number someone will quote, for people and programs."""

import csv
import datetime as dt
import json
from decimal import Decimal
from typing import Any

from django.core.management import BaseCommand, CommandError
from django.utils import timezone

from common import exports
from metrics import reports
from metrics.definitions import REPORTS, options
from metrics.reports import COLUMNS

PERIODS = list(dict.fromkeys(word for report in REPORTS.values() for word in report.periods))


class Command(BaseCommand):
    help = f"Prints a report ({', '.join(COLUMNS)}) as of the end of a day."

    def add_arguments(self, parser):
        parser.add_argument("name", choices=COLUMNS, metavar="NAME", help=", ".join(COLUMNS))
        parser.add_argument("--from", dest="start", type=_day, metavar="D")
        parser.add_argument("--to", dest="end", type=_day, metavar="D")
        parser.add_argument("--period", choices=PERIODS, default="month")
        parser.add_argument(
            "--by", default="", metavar="FIELD", help="owner, segment, industry, region, plan (ltv: cohort)"
        )
        parser.add_argument("--second", default="", metavar="FIELD", help="the other one of two cuts")
        for option, words in options().items():
            parser.add_argument(f"--{option.replace('_', '-')}", choices=words, default="")
        parser.add_argument("--as-of", type=_day, metavar="D", help="today unless told")
        parser.add_argument("--format", choices=["table", "csv", "json"], default="table")

    def handle(self, *, name, **given):
        wanted = {key: given[key] for key in ("start", "end", "period", "by", "second", "as_of")}
        wanted["options"] = {key: given[key] for key in options() if given[key]}
        try:
            found = reports.answer(name, now=timezone.now(), **wanted)
        except reports.ReportError as error:
            raise CommandError(str(error)) from None
        self.kinds = {column.name: column.kind for column in REPORTS[name].columns}
        columns = REPORTS[name].column_names(second=given["second"])
        getattr(self, f"_as_{given['format']}")(columns, found)

    def _as_json(self, columns: list[str], found: Any) -> None:
        self.stdout.write(json.dumps(found, default=reports.plain, ensure_ascii=False))

    def _as_csv(self, columns: list[str], found: Any) -> None:
        lines = [found] if isinstance(found, dict) else found
        writer = csv.writer(self.stdout, lineterminator="\n")
        self.stdout.write(exports.BOM, ending="")
        writer.writerow(columns)
        writer.writerows([exports.cell(row[column]) for column in columns] for row in lines)

    def _as_table(self, columns: list[str], found: Any) -> None:
        lines = [found] if isinstance(found, dict) else found
        table = [columns, *([_shown(self.kinds.get(column), row[column]) for column in columns] for row in lines)]
        widths = [max(len(row[place]) for row in table) for place in range(len(columns))]
        for row in table:
            self.stdout.write("  ".join(text.rjust(width) for text, width in zip(row, widths, strict=True)).rstrip())


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise CommandError(f"“{text}” is not a day like 2026-03-31.") from None


def _shown(kind: str | None, value: Any) -> str:
    if value is None:
        return "-"
    if kind == "rate":
        return f"{value:.1f}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return f"{value:,.2f}"
    return f"{value:.4f}" if isinstance(value, float) else str(value)
