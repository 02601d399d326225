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
from metrics import computing

COLUMNS = {
    "churn": ["period", "start", "end", "group", "at_start", "lost", "rate"],
    "ltv": ["group", "customers", "historic_total", "historic_mean", "predicted_mean"],
    "cohorts": ["cohort", "size", "month", "retained", "complete"],
    "rfm": ["r", "f", "segment", "customers", "monetary"],
    "model": ["r", "alpha", "a", "b", "log_likelihood", "n", "p", "q", "gamma", "n_repeat"],
}
BY = {"churn": computing.CHURN_BY, "ltv": computing.LTV_BY}


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
        by = options["by"]
        if by and by not in BY.get(name, ()):
            allowed = ", ".join(BY.get(name, ())) or "nothing"
            raise CommandError(f"{name} cannot be cut by “{by}”; it can by {allowed}.")
        if options["start"] and options["end"] and options["start"] > options["end"]:
            raise CommandError(f"--from {options['start']} is after --to {options['end']}.")
        found = _compute(name, options)
        getattr(self, f"_as_{options['format']}")(name, found)

    def _as_json(self, name: str, found: Any) -> None:
        self.stdout.write(json.dumps(found, default=_plain, ensure_ascii=False))

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


def _compute(name: str, options: dict[str, Any]) -> Any:
    now = timezone.now()
    common = {"as_of": options["as_of"] or Installation.get().day_of(now), "now": now}
    if name == "churn":
        return computing.churn(
            **common, start=options["start"], end=options["end"], period=options["period"], by=options["by"]
        )
    if name == "ltv":
        return computing.ltv(**common, by=options["by"])
    if name == "cohorts":
        found = computing.cohorts(**common)
        low, high = (f"{day:%Y-%m}" if day else None for day in (options["start"], options["end"]))
        return [row for row in found if (not low or row["cohort"] >= low) and (not high or row["cohort"] <= high)]
    return {"rfm": computing.rfm, "model": computing.model}[name](**common)


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise CommandError(f"“{text}” is not a day like 2026-03-31.") from None


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value.isoformat()


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
