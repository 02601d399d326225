"""manage.py export_scores OUT.csv [--as-of D]"""

import argparse
import datetime as dt
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.models import Installation
from scores import exporting


def day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"“{text}” is not a day: write it as 2026-03-31.") from None


class Command(BaseCommand):
    help = "Writes the scores of every scored customer to a CSV file (UTF-8 with BOM), as of the end of a day."

    def add_arguments(self, parser):
        parser.add_argument("out", metavar="OUT.csv", type=Path)
        parser.add_argument("--as-of", type=day, metavar="D", help="2026-03-31; today unless told")

    def handle(self, *, out: Path, as_of: dt.date | None = None, **options):
        now = timezone.now()
        as_of = as_of or Installation.get().day_of(now)
        try:
            rows = exporting.export(out, as_of=as_of, now=now)
        except OSError as error:
            raise CommandError(f"{out} cannot be written: {error.strerror}.") from None
        self.stdout.write(f"{rows} customers as of {as_of} written to {out}.")
