"""`manage.py nightly [--as-of D] [--json]`: facts → scores → segments → metrics, for one day."""

import datetime as dt
import json

from django.core.management import BaseCommand, CommandError
from django.utils import timezone

from accounts.models import Installation
from retention_crm import pipeline


class Command(BaseCommand):
    help = "Computes scores, segments and figures as of the end of a day (today unless told). Safe to repeat."

    def add_arguments(self, parser):
        parser.add_argument("--as-of", type=_day, metavar="D", help="2026-03-31; not after today")
        parser.add_argument("--json", action="store_true", dest="as_json", help="print one object and nothing else")

    def handle(self, *, as_of=None, as_json=False, **options):
        now = timezone.now()
        today = Installation.get().day_of(now)
        if as_of and as_of > today:
            raise CommandError(f"--as-of {as_of} is after today ({today}): nothing is known of it yet.")
        result = pipeline.nightly(as_of=as_of or today, now=now)
        if as_json:
            self.stdout.write(json.dumps(result, default=str))
            return
        scores = result["scores"]
        self.stdout.write(
            f"Computed as of {result['as_of']}: " + ", ".join(f"{k} {v}" for k, v in scores.items() if k != "as_of")
        )


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise CommandError(f"“{text}” is not a day like 2026-03-31.") from None
