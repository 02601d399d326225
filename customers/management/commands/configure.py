"""manage.py configure KEY=VALUE …: the company's settings from the command line."""

from django.core.management.base import BaseCommand, CommandError

from accounts import configuring
from customers import zones


class Command(BaseCommand):
    help = f"Sets KEY=VALUE …; KEY= resets to the default. Keys: {', '.join(configuring.KEYS)}."

    def add_arguments(self, parser):
        parser.add_argument("changes", nargs="+", metavar="KEY=VALUE")

    def handle(self, *args, **options):
        try:
            changed = zones.configure(values=configuring.read(options["changes"]), by=None)
        except configuring.SettingError as error:
            raise CommandError(str(error)) from error
        for key, value in changed.items():
            self.stdout.write(f"{key}={_written(value)}")


def _written(value) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list):
        return ",".join(map(str, value))
    return "" if value is None else str(value)
