"""manage.py find_duplicates: which customers may be one and the same."""

import json
import time
from dataclasses import asdict

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from customers import matching
from customers.models import Duplicate


class Command(BaseCommand):
    help = "Compares all customers with each other and keeps the pairs that may be one customer. Merges nothing."

    def add_arguments(self, parser):
        parser.add_argument("--json", action="store_true", help="print one object and nothing else")

    def handle(self, *args, **options):
        started = time.monotonic()
        found = matching.find(now=timezone.now())
        if found is None:
            raise CommandError("Another search is under way. Try again when it has ended.")
        open_pairs = Duplicate.objects.filter(state=Duplicate.State.OPEN).count()
        result = {**asdict(found), "open": open_pairs, "seconds": round(time.monotonic() - started, 2)}
        words = "{open:,} pairs to be decided: {added:,} new, {changed:,} changed, {gone:,} gone ({seconds} s)"
        self.stdout.write(json.dumps(result) if options["json"] else words.format(**result))
