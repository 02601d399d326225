"""`manage.py export_segment SLUG OUT.csv`: who is in a segment today."""

from django.core.management import BaseCommand, CommandError
from django.utils import timezone

from segments import exporting
from segments.models import Segment


class Command(BaseCommand):
    help = "Writes the members of a segment: customer_id, name, email, entered_on."

    def add_arguments(self, parser):
        parser.add_argument("slug")
        parser.add_argument("out")

    def handle(self, *, slug, out, **options):
        try:
            segment = exporting.fresh(slug, now=timezone.now())
            with open(out, "w", encoding="utf-8-sig", newline="") as file:
                count = exporting.write(segment, file)
        except Segment.DoesNotExist as error:
            raise CommandError(f"there is no segment “{slug}”; known are {', '.join(exporting.slugs())}.") from error
        except OSError as error:
            raise CommandError(f"{out} cannot be written: {error.strerror}.") from error
        self.stdout.write(f"{count} customers of {slug} as of {segment.as_of} are in {out}.")
