"""The nemesis: starts the senders, keeps their process ids, and kills, freezes and stops them by a seeded schedule.

A kill counts only when its victim had claimed something: the judge has heard a RCPT on one of its connections.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from devstack.machine import until
from tests.celery_worker import CeleryWorker
from tests.faults.judge import Judge

STARTING_SECONDS = 60
PATIENCE = 120
# One connection can hold one doubt; leases short enough to see them end.
SHORT = {"SEND_LEASE_SECONDS": "2", "SEND_DATA_LEASE_SECONDS": "4", "SENDERS": "4", "SEND_CONNECTIONS": "3"}


@dataclass
class Pollers:
    """`manage.py send_due` in processes of their own, forked from one that has everything loaded."""

    environment: dict[str, str]
    log: Path
    every: float = 0.05  # seconds between two looks
    pids: list[int] = field(default_factory=list)
    _process: subprocess.Popen | None = None

    def open(self) -> "Pollers":
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.poller"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=os.environ | self.environment,
                start_new_session=True,
                text=True,
            )
        assert self._process.stdout.readline() == "ready\n", self.log.read_text()
        return self

    def start(self, count: int = 1) -> list[int]:
        """So many more pollers; their process ids."""
        return [self._one() for _number in range(count)]

    def _one(self) -> int:
        self._process.stdin.write(f"{self.every}\n")
        self._process.stdin.flush()
        pid = int(self._process.stdout.readline())
        self.pids.append(pid)
        return pid

    def alive(self) -> list[int]:
        self.pids = [pid for pid in self.pids if is_alive(pid)]
        return self.pids

    def close(self) -> None:
        if self._process is None:
            return
        for pid in self.alive():
            send(pid, signal.SIGKILL)
        self._process.stdin.close()
        self._process.kill()
        self._process.wait(STARTING_SECONDS)
        self._process.stdout.close()


@dataclass
class Nemesis:
    """`schedule` is drawn from the seed alone: after how many accepted mails which kind of victim dies."""

    judge: Judge
    seed: int
    kills: int = 0
    pollers: Pollers | None = None
    workers: list[CeleryWorker] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)

    def schedule(self, kills: int, mails: int) -> list[tuple[int, float, float]]:
        """(accepted mails, seconds more, who: 0 ≤ … < 1) of each kill, in order."""
        marks = sorted(self.chance.sample(range(mails // 50, mails - mails // 15), kills))
        return [(mark, self.chance.uniform(0, 0.03), self.chance.random()) for mark in marks]

    def storm(self, kills: int, mails: int, is_done: Callable[[], bool]) -> None:
        """Carries the schedule out; whoever dies is replaced at once, as a supervisor does."""
        for mark, moment, who in self.schedule(kills, mails):
            came = until(lambda mark=mark: len(self.judge) >= mark or is_done(), PATIENCE)
            assert came, f"seed {self.seed}: stuck at {len(self.judge)} mails"
            time.sleep(moment)
            self.kill_one(who)

    def kill_one(self, who: float) -> None:
        """SIGKILL of one of those that hold a claim; every tenth time of a whole Celery worker with all it has."""
        victims = self.wait_for_holders()
        if self.workers and who < 0.1:
            worker = self.workers[int(who * 10 * len(self.workers))]
            worker.kill()
            worker.start(waits=False)
        else:
            victim = victims[int(who * len(victims))]
            send(victim, signal.SIGKILL)
            until(lambda: not is_alive(victim), PATIENCE, every=0.001)
            if self.pollers and victim in self.pollers.pids:  # Celery replaces its own
                self.pollers.start()
        self.kills += 1

    def wait_for_holders(self) -> list[int]:
        """The processes behind connections that have offered a mail: those that hold a claim, in order of age."""
        found: list[int] = []

        def some() -> bool:
            found[:] = holders(self._senders(), self.judge.ports())
            return bool(found)

        assert until(some, PATIENCE, every=0.01), f"seed {self.seed}: nobody sends"
        return found

    def _senders(self) -> list[int]:
        hands = [child.pid for worker in self.workers for child in worker.hands()]
        return [*hands, *(self.pollers.alive() if self.pollers else [])]


def holders(pids: list[int], ports: set[int]) -> list[int]:
    """Those of the processes that have a connection with one of these local ports."""
    return [pid for pid in pids if ports & _ports_of(pid)]


def _ports_of(pid: int) -> set[int]:
    with suppress(psutil.Error):
        return {connection.laddr.port for connection in psutil.Process(pid).net_connections("tcp")}
    return set()


def send(pid: int, sign: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, sign)


def is_alive(pid: int) -> bool:
    with suppress(psutil.Error):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False
