"""The process of an undo dies by SIGKILL again and again; the end is that of an undo nobody disturbed."""

import datetime as dt
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg2
import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.db import connection

from customers.importing import running, undoing
from customers.models import Customer, Import, ImportChange, Interaction, Purchase, UndoKept
from devstack.machine import until
from tests import factories
from tests.conftest import database_url

pytestmark = pytest.mark.django_db(transaction=True)
KILLS = int(os.environ.get("KILLS", "5"))
ROWS, CHUNK = 6_000, 100
NOW = dt.datetime(2026, 11, 21, 3, tzinfo=dt.UTC)
RUN = "import django; django.setup(); from customers.importing import undoing; undoing.CHUNK = {chunk};" \
    " from django.utils import timezone; undoing.run(import_id={pk}, now=timezone.now(), wait=True)"  # fmt: skip
STATE = """
    SELECT md5(string_agg(line, '|' ORDER BY line)) FROM (
        SELECT concat_ws(',', c.code, p.order_id, d.name, p.nth, p.purchased_at, p.amount, p.line_key) AS line
        FROM customers_purchase p JOIN customers_customer c ON c.id = p.customer_id
        LEFT JOIN customers_product d ON d.id = p.product_id
        UNION ALL SELECT concat_ws(',', code, name, search_text, version) FROM customers_customer
        UNION ALL SELECT concat_ws(',', 'product', name) FROM customers_product
        UNION ALL SELECT concat_ws(',', k.model, coalesce(c.code, p.line_key::text, d.name), k.field,
        k.why, k.now, k.before) FROM customers_undokept k
        LEFT JOIN customers_customer c ON k.model = 'customer' AND c.id = k.row_id
        LEFT JOIN customers_purchase p ON k.model = 'purchase' AND p.id = k.row_id
        LEFT JOIN customers_product d ON k.model = 'product' AND d.id = k.row_id
        UNION ALL SELECT concat_ws(',', file_name, state, undone - 'was') FROM customers_import
        UNION ALL SELECT concat_ws(',', 'audit', action, c.code) FROM accounts_auditevent e
        LEFT JOIN customers_customer c ON e.object_type = 'customers.Customer' AND e.object_id = c.id::text
        WHERE action = 'import.undo'
        UNION ALL SELECT DISTINCT concat_ws(',', 'touched', c.code)
        FROM customers_touched t JOIN customers_customer c ON c.id = t.customer_id
    ) AS everything
"""
SEEN = "state, undone ->> 'step', undone ->> 'after'"


def lines(seed: int, rows: int) -> str:
    """Purchases of unknown customers; of the same orders another seed gives other amounts."""
    dice = random.Random(seed)
    found = ["customer_id,order_id,purchased_at,amount,product"]
    for number in range(rows):
        day = f"2024-{dice.randint(1, 12):02}-{dice.randint(1, 28):02}"
        found.append(f"K{number % 900},O{number},{day},{dice.randint(1, 9000)},商品{number % 50}")
    return "\n".join(found) + "\n"


def bring(name: str, text: str) -> Import:
    source, options = ContentFile(text.encode()), {"create_customers": True}
    queued = running.start(kind="purchases", source=source, file_name=name, mapping={}, options=options, by=None)
    return running.run(import_id=queued.pk, now=NOW)


def build() -> Import:
    """A second file of purchases over a first one, then people at work: the second is to be undone."""
    bring("first.csv", lines(seed=1, rows=ROWS // 3))
    second = bring("second.csv", lines(seed=2, rows=ROWS).replace("K7,", "N7,"))
    edited = Purchase.objects.filter(id__in=ImportChange.objects.filter(imported=second).values("row_id"))
    edited.filter(order_id__endswith="11").update(amount=1)
    Interaction.objects.create(customer=Customer.objects.get(code="N7"), occurred_at=NOW)
    return second


def forget() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("TRUNCATE customers_customer, customers_import, customers_product, accounts_auditevent CASCADE")
        cursor.execute("SET session_replication_role = origin")


def state() -> str:
    with connection.cursor() as cursor:
        cursor.execute(STATE)
        return cursor.fetchone()[0]


def seen(pk: int) -> tuple:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {SEEN} FROM customers_import WHERE id = %s", [pk])
        return cursor.fetchone()


def start(pk: int, data_dir: Path) -> subprocess.Popen:
    environment = os.environ | {"DATABASE_URL": database_url(), "DATA_DIR": str(data_dir)}
    environment |= {"DJANGO_SETTINGS_MODULE": "retention_crm.settings"}
    return subprocess.Popen(
        [sys.executable, "-c", RUN.format(pk=pk, chunk=CHUNK)], env=environment, cwd=settings.BASE_DIR
    )


def _wait_for_progress(pk: int, before: tuple, process: subprocess.Popen) -> None:
    """A kill while Python starts would prove nothing."""
    assert until(lambda: seen(pk) != before or process.poll() is not None, 60)


@contextmanager
def another_session(statement: str) -> Iterator[None]:
    """A connection of its own that holds what the statement takes."""
    held = psycopg2.connect(database_url())
    held.cursor().execute(statement)
    yield
    held.cursor().execute("SELECT pg_advisory_unlock_all()")  # closed, the server lets go only a moment later
    held.close()


def test_an_undo_killed_again_and_again_ends_as_one_nobody_disturbed(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path / "media"
    second = build()
    undoing.begin(import_id=second.pk, by=None)
    undoing.run(import_id=second.pk, now=NOW)
    undisturbed = state()
    assert UndoKept.objects.count() > 10
    forget()

    second = build()
    undoing.begin(import_id=second.pk, by=None)
    dice, at = random.Random(20261121), []
    for _ in range(KILLS):
        before = seen(second.pk)
        process = start(second.pk, tmp_path)
        try:
            _wait_for_progress(second.pk, before, process)
            with suppress(subprocess.TimeoutExpired):
                process.wait(dice.uniform(0, 0.25))
        finally:
            process.kill()  # SIGKILL
            process.wait()
        at.append(seen(second.pk))
        assert at[-1][0] == Import.State.UNDOING, "the file is too small for so many kills"
    assert start(second.pk, tmp_path).wait(120) == 0
    assert state() == undisturbed
    assert len(set(at)) > 1  # it went on from where it stood


def test_while_one_undo_runs_nothing_else_does(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path / "media"
    factories.customer("K1")
    first, other = (bring(f"{n}.csv", f"customer_id,order_id,purchased_at,amount\nK1,{n},2024-04-01,1\n") for n in "AB")
    for imported in (first, other):
        undoing.begin(import_id=imported.pk, by=None)
    with another_session("SELECT pg_advisory_lock(7102, 0)"):
        assert undoing.run(import_id=first.pk, now=NOW) is None
        source = ContentFile(b"customer_id,order_id,purchased_at,amount\nK1,C,2024-04-01,1\n")
        queued = running.start(kind="purchases", source=source, file_name="c.csv", mapping={}, options={}, by=None)
        assert running.run(import_id=queued.pk, now=NOW) is None
        assert undoing.due() == [first.pk, other.pk]
    assert running.run(import_id=queued.pk, now=NOW).state == Import.State.DONE
    assert [undoing.run(import_id=pk, now=NOW).state for pk in undoing.due()] == [Import.State.UNDONE] * 2
    assert list(Purchase.objects.values_list("order_id", flat=True)) == ["C"]


def test_an_undo_waits_while_an_import_runs(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path / "media"
    factories.customer("K1")
    done = bring("A.csv", "customer_id,order_id,purchased_at,amount\nK1,A,2024-04-01,1\n")
    undoing.begin(import_id=done.pk, by=None)
    with another_session("SELECT pg_advisory_lock_shared(7102, 0)"):
        assert undoing.run(import_id=done.pk, now=NOW) is None
    assert undoing.run(import_id=done.pk, now=NOW).state == Import.State.UNDONE
