"""A process that has loaded the product and forks pollers (`manage.py send_due`) on demand: a sender in 0.03 s, not 3.

    python -m tests.faults.poller      reads "EVERY" (seconds) a line, answers with the new poller's process id

A poller ends by itself when this process is gone.
"""

import os
import signal
import sys
import threading
import time


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "retention_crm.settings")
    import django

    django.setup()
    from django.core.management import call_command
    from django.core.management.commands import check  # noqa: F401  what call_command imports, before the fork
    from django.db import connection

    from campaigns.management.commands import send_due

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the dead need no one to wait for them
    print("ready", flush=True)  # noqa: T201  the nemesis reads it
    for line in sys.stdin:
        assert connection.connection is None
        if pid := os.fork():
            print(pid, flush=True)  # noqa: T201
            continue
        _poll(send_due, call_command, float(line))


def _poll(send_due, call_command, every: float) -> None:
    os.close(0)
    os.dup2(2, 1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    send_due.EVERY = every
    call_command("send_due")
    os._exit(0)


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


if __name__ == "__main__":
    main()
