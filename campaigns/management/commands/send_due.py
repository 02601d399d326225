"""manage.py send_due: what the clock does every five seconds, without a broker or a worker."""

import time

from django.core.management.base import BaseCommand
from django.utils import timezone

from campaigns import audience, sending

EVERY = 5  # seconds


class Command(BaseCommand):
    help = "Start campaigns that are due and send their mails; needs neither Redis nor a worker. Ctrl-C ends it."

    def add_arguments(self, parser):
        parser.add_argument("--once", action="store_true", help="look once instead of every five seconds")

    def handle(self, *, once: bool, **_options):
        while True:
            now = timezone.now()
            audience.launch_due(now=now)
            audience.plan_due(now=now)
            sent = sending.run(now=now)
            if once:
                self.stdout.write(f"{sent}")
                return
            time.sleep(EVERY)
