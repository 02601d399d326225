"""PostgreSQL and Redis die, forget everything or never come; clocks tick twice or not at all. Only time is lost."""

import datetime as dt
import json
import os
import subprocess
import sys
import threading
import time

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.utils import timezone

from accounts.models import AuditEvent
from campaigns import audience, sending
from campaigns.models import Campaign, Delivery, Step
from customers.importing import running
from customers.models import Import
from devstack.machine import until
from devstack.servers import NO_REDIS
from tests.faults import judge as smtp
from tests.faults import ledger
from tests.faults.conftest import SEED, is_finished, launched, logs_of, people
from tests.faults.judge import Act, Judge
from tests.faults.nemesis import PATIENCE, SHORT, Nemesis
from tests.faults.outages import moved_to_own_postgres, own_valkey

pytestmark = pytest.mark.django_db(transaction=True)
State = Delivery.State
AFTER_POSTGRES = 15  # seconds until mails go out again
AFTER_RESET = 30
POLL = 5  # seconds between two looks of the clock


# --- PostgreSQL ------------------------------------------------------------------------------------


def test_postgresql_killed_in_the_run_loses_nobody(campaign, judge, pollers, say):
    kill_postgresql(campaign, judge, pollers, say, kills=1, mails=300)


@pytest.mark.prove
def test_postgresql_killed_20_times_loses_nobody(campaign, judge, pollers, say):
    kill_postgresql(campaign, judge, pollers, say, kills=20, mails=20_000)


def kill_postgresql(campaign, judge: Judge, pollers, say, *, kills: int, mails: int) -> None:
    """All its processes at once, while four senders are at work; they outlive it."""
    launched(campaign, mails)
    judge.at(smtp.Step.DOT, Act(delay=0.005), times=mails)
    with moved_to_own_postgres() as server:
        runner = pollers()
        nemesis = Nemesis(judge, SEED, pollers=runner)
        pids, pauses = runner.start(4), []
        for mark, moment, _who in nemesis.schedule(kills, mails):
            assert until(lambda mark=mark: len(judge) >= mark, PATIENCE)
            nemesis.wait_for_holders()
            time.sleep(moment)
            server.kill()
            up, so_far = time.monotonic(), len(judge)
            assert until(lambda so_far=so_far: len(judge) > so_far, AFTER_POSTGRES, every=0.01)
            pauses.append(time.monotonic() - up)
        connection.close()
        assert until(lambda: is_finished(campaign), PATIENCE, every=0.1)
        assert runner.alive() == pids, "a sender died of it"
        runner.close()
        most = kills * 4 * int(SHORT["SEND_CONNECTIONS"])
        found = ledger.check(campaign, judge, logs=logs_of(runner), most_unknown=most)
        connection.close()
    say(f"{found}; PostgreSQL killed {kills} times, at most {max(pauses):.1f} s until the next mail")


# --- Redis -----------------------------------------------------------------------------------------


def test_redis_killed_and_wiped_costs_only_time(campaign, judge, celery_worker_process, say, tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path / "media"
    upset_redis(campaign, judge, celery_worker_process, say, faults=["kill"])


@pytest.mark.prove
def test_redis_killed_20_times_and_hung_up_50_times_costs_only_time(
    campaign, judge, celery_worker_process, say, tmp_path, settings
):
    settings.MEDIA_ROOT = tmp_path / "media"
    upset_redis(campaign, judge, celery_worker_process, say, faults=["kill", "wipe"] * 20 + ["hang_up"] * 50)


def upset_redis(campaign, judge: Judge, celery_worker_process, say, *, faults: list[str]) -> None:
    """Each time mails and an import wait, and their wake-ups go with it; the clock's next one finds the work."""
    launched(campaign, 20 * len(faults))
    rows = campaign.deliveries.order_by("pk").values_list("pk", flat=True)
    batches = [rows[n * 20 : n * 20 + 20] for n in range(len(faults))]
    campaign.deliveries.update(due_at=timezone.now() + dt.timedelta(days=1))
    waits: dict[str, float] = {}
    data_dir = judge.book.parent  # where the import's file is, too
    with own_valkey() as valkey:
        worker = celery_worker_process(
            "-B", "-s", os.fspath(judge.book.with_name("beat")), "--concurrency=2", "--without-gossip",
            "--without-mingle", **SHORT, EMAIL_URL=judge.url, REDIS_URL=valkey.url(), DATA_DIR=os.fspath(data_dir),
        )  # fmt: skip
        for number, (fault, batch) in enumerate(zip(faults, batches, strict=True)):
            imported = _import(number)
            campaign.deliveries.filter(pk__in=list(batch)).update(due_at=timezone.now())
            getattr(valkey, fault)()
            begun = time.monotonic()
            assert until(lambda number=number: len(judge) == (number + 1) * 20, AFTER_RESET), f"{fault} {number}"
            waits[fault] = max(waits.get(fault, 0), time.monotonic() - begun)
            assert until(lambda pk=imported.pk: Import.objects.get(pk=pk).state == Import.State.DONE, AFTER_RESET)
        assert until(lambda: is_finished(campaign), PATIENCE, every=0.1)
        assert worker.is_alive()
        assert worker.stop() == 0
    assert max(waits.get("kill", 0), waits.get("wipe", 0)) <= POLL + 5 + 5, waits
    found = ledger.check(
        campaign, judge, logs=logs_of(worker), expected_errors=("ConnectionError", "OperationalError"), unknown=0
    )
    say(f"{found}; longest wait in seconds { ({fault: round(wait, 1) for fault, wait in waits.items()}) }")


def _import(number: int) -> Import:
    text = "customer_id,order_id,purchased_at,amount\n" + "".join(
        f"N{number},O{number}-{n},2024-01-01,100\n" for n in range(30)
    )
    return running.start(
        kind="purchases", source=ContentFile(text.encode()), file_name="f.csv", mapping={},
        options={"create_customers": True}, by=None,
    )  # fmt: skip


WEB = """
import json, time, django
django.setup()
from django.test import Client
from campaigns import tasks
def timed(ask):
    begun = time.monotonic()
    answer = ask()
    return getattr(answer, "status_code", 0), time.monotonic() - begun
client, token = Client(), {token!r}
client.get("/livez")  # loads what the first request of a process loads
asks = [lambda: client.get("/livez"), lambda: client.get("/readyz"), lambda: client.get(f"/u/{{token}}/"),
    lambda: client.post(f"/u/{{token}}/"), lambda: client.get("/sign-in/", follow=True), tasks.wake]
print(json.dumps([timed(ask) for ask in asks]))
"""


def test_without_any_redis_mails_go_out_and_the_pages_answer(campaign, judge, pollers):
    """And without a single wake-up: the poller alone finds the work."""
    launched(campaign, 300)
    token = campaign.deliveries.order_by("pk").last().token
    runner = pollers(REDIS_URL=NO_REDIS)
    runner.start(2)
    around = os.environ | runner.environment | {"DJANGO_SETTINGS_MODULE": "retention_crm.settings"}
    said = subprocess.run(
        [sys.executable, "-c", WEB.format(token=token)], env=around, capture_output=True, text=True, check=True
    )
    answers = json.loads(said.stdout)
    assert [status for status, _seconds in answers] == [200] * 5 + [0]
    assert max(seconds for _status, seconds in answers) < 2, answers
    assert until(lambda: is_finished(campaign), PATIENCE, every=0.1)
    runner.close()
    ledger.check(campaign, judge, logs=logs_of(runner), unknown=0)


# --- clocks ----------------------------------------------------------------------------------------


def test_two_beats_and_three_pollers_do_each_scheduled_job_once(campaign, here, settings):
    tick_together(campaign, here, settings, campaigns=6, ticks=24)


@pytest.mark.prove
def test_an_hour_of_two_beats_and_three_pollers(campaign, here, settings, say):
    tick_together(campaign, here, settings, campaigns=60, ticks=720)
    say("60 campaigns, 720 ticks of 5 clocks")


def tick_together(campaign, here: Judge, settings, *, campaigns: int, ticks: int) -> None:
    """An hour of ticks by five clocks at once; a campaign is due every so often."""
    settings.SENDERS = 3
    people(campaign, 5)
    begins, step = timezone.now(), 3600 / ticks
    series = [_scheduled(campaign, begins + dt.timedelta(seconds=3600 * n / campaigns)) for n in range(campaigns)]
    gate, errors = threading.Barrier(5), []

    def clock() -> None:
        try:
            for tick in range(ticks + 1):
                gate.wait(PATIENCE)
                now = begins + dt.timedelta(seconds=tick * step)
                audience.launch_due(now=now)
                audience.plan_due(now=now)
                sending.run(now=now)
        except Exception as error:
            errors.append(error)
            gate.abort()
        finally:
            connection.close()

    clocks = [threading.Thread(target=clock) for _clock in range(5)]
    for each in clocks:
        each.start()
    for each in clocks:
        each.join()
    assert errors == []
    for each in series:
        moves = AuditEvent.objects.filter(action="campaign.state", object_id=str(each.pk))
        assert [move.detail["after"] for move in moves.order_by("pk")] == ["running", "finished"]
        assert AuditEvent.objects.filter(action="campaign.plan", object_id=str(each.pk)).count() == 1
        each.refresh_from_db()
        assert dt.timedelta(0) <= each.launched_at - each.scheduled_at < dt.timedelta(seconds=step)
        assert ledger.check(each, here, unknown=0).accepted == 5


def _scheduled(like: Campaign, at: dt.datetime) -> Campaign:
    made = Campaign.objects.create(
        name=f"{at}", segment=like.segment, created_by=like.created_by, launched_by=like.created_by,
        holdout_percent=0, state="scheduled", scheduled_at=at,
    )  # fmt: skip
    words = like.steps.get()
    Step.objects.create(campaign=made, subject=words.subject, body=words.body)
    return made
