"""`manage.py report NAME`: every number someone will quote, for people and programs."""

import csv
import datetime as dt
import json
from decimal import Decimal
from typing import Any

from django.core.management import BaseCommand, CommandError
from django.utils import timezone

from accounts.models import Installation
from common import exports
from metrics import reports
from metrics.reports import COLUMNS


class Command(BaseCommand):
    help = "Prints churn, ltv, cohorts, rfm or the model as of the end of a day."

    def add_arguments(self, parser):
        parser.add_argument("name", choices=COLUMNS, metavar="NAME", help=", ".join(COLUMNS))
        parser.add_argument("--from", dest="start", type=_day, metavar="D")
        parser.add_argument("--to", dest="end", type=_day, metavar="D")
        parser.add_argument("--period", choices=["month", "quarter"], default="month")
        parser.add_argument(
            "--by", default="", metavar="FIELD", help="owner, segment, industry, region, plan (ltv: cohort)"
        )
        parser.add_argument("--as-of", type=_day, metavar="D", help="today unless told")
        parser.add_argument("--format", choices=["table", "csv", "json"], default="table")

    def handle(self, *, name, **options):
        now = timezone.now()
        as_of = options["as_of"] or Installation.get().day_of(now)
        wanted = {key: options[key] for key in ("start", "end", "period", "by")}
        try:
            found = reports.compute(name, as_of=as_of, now=now, **wanted)
        except reports.ReportError as error:
            raise CommandError(str(error)) from None
        getattr(self, f"_as_{options['format']}")(name, found)

    def _as_json(self, name: str, found: Any) -> None:
        self.stdout.write(json.dumps(found, default=reports.plain, ensure_ascii=False))

    def _as_csv(self, name: str, found: Any) -> None:
        lines = [found] if isinstance(found, dict) else found
        writer = csv.writer(self.stdout, lineterminator="\n")
        self.stdout.write(exports.BOM, ending="")
        writer.writerow(COLUMNS[name])
        writer.writerows([exports.cell(row[column]) for column in COLUMNS[name]] for row in lines)

    def _as_table(self, name: str, found: Any) -> None:
        lines = [found] if isinstance(found, dict) else found
        table = [COLUMNS[name], *([_shown(column, row[column]) for column in COLUMNS[name]] for row in lines)]
        widths = [max(len(row[place]) for row in table) for place in range(len(COLUMNS[name]))]
        for row in table:
            self.stdout.write("  ".join(text.rjust(width) for text, width in zip(row, widths, strict=True)).rstrip())


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise CommandError(f"“{text}” is not a day like 2026-03-31.") from None


def _shown(column: str, value: Any) -> str:
    if value is None:
        return "-"
    if column == "rate":
        return f"{value:.1f}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return f"{value:,.2f}"
    return f"{value:.4f}" if isinstance(value, float) else str(value)
