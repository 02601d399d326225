"""`manage.py load_demo`: the demo's data, once."""

import time

from django.core.management import BaseCommand, CommandError, call_command
from django.utils import timezone

from demo import loading


class Command(BaseCommand):
    help = "Loads the demo (real orders, invented names) into an empty database; does nothing where it is loaded."
    requires_system_checks = []

    def handle(self, **options):
        started = time.monotonic()

        def say(what: str) -> None:
            self.stderr.write(f"  {time.monotonic() - started:5.1f} s  {what}")

        call_command("migrate", verbosity=0, interactive=False)
        try:
            is_new = loading.load(now=timezone.now(), say=say)
        except loading.DemoError as error:
            raise CommandError(str(error)) from error
        if is_new:
            self.stderr.write(f"The demo is loaded ({time.monotonic() - started:.0f} s).")
