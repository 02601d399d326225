"""The process of an import dies by SIGKILL again and again; the end is that of a run nobody disturbed."""

import os
import random
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.db import connection
from django.utils import timezone

from customers.importing import running
from customers.models import Customer, Import, ImportChange, ImportReject, Product, Purchase, Touched
from devstack.machine import until
from tests.conftest import database_url

pytestmark = pytest.mark.django_db(transaction=True)
CHUNK = 200
RUN = "import django; django.setup(); from customers.importing import running; running.CHUNK = {chunk};" \
    " from django.utils import timezone; running.run(import_id={pk}, now=timezone.now(), wait=True)"  # fmt: skip
STATE = """
    SELECT md5(string_agg(line, '|' ORDER BY line)) FROM (
        SELECT concat_ws(',', c.code, p.order_id, d.name, p.nth, p.purchased_at, p.amount, p.line_key,
            p.imported_id IS NULL) AS line
        FROM customers_purchase p JOIN customers_customer c ON c.id = p.customer_id
        LEFT JOIN customers_product d ON d.id = p.product_id
        UNION ALL SELECT concat_ws(',', code, name, search_text, version) FROM customers_customer
        UNION ALL SELECT concat_ws(',', line, code, "column", cells) FROM customers_importreject
        UNION ALL SELECT concat_ws(',', line, model, before) FROM customers_importchange
        UNION ALL SELECT concat_ws(',', state, rows, created, updated, unchanged, rejected, skipped)
        FROM customers_import
        UNION ALL SELECT DISTINCT concat_ws(',', 'touched', c.code)
        FROM customers_touched t JOIN customers_customer c ON c.id = t.customer_id
    ) AS everything
"""


def lines(seed: int, rows: int) -> str:
    """Purchases of unknown customers, some twice, some bad, in no order."""
    dice = random.Random(seed)
    text = ["customer_id,order_id,purchased_at,amount,product"]
    for _ in range(rows):
        amount = "?" if dice.random() < 0.02 else str(dice.randint(-500, 9000))
        day = f"2024-{dice.randint(1, 12):02}-{dice.randint(1, 28):02}"
        text.append(f"K{dice.randint(1, 900)},O{dice.randint(1, 4000)},{day},{amount},商品{dice.randint(1, 50)}")
    return "\n".join(text) + "\n"


def queue(text: str) -> Import:
    options = {"create_customers": True}
    source = ContentFile(text.encode())
    return running.start(kind="purchases", source=source, file_name="f.csv", mapping={}, options=options, by=None)


def state() -> str:
    with connection.cursor() as cursor:
        cursor.execute(STATE)
        return cursor.fetchone()[0]


def forget() -> None:
    for model in (Touched, ImportChange, ImportReject, Import, Purchase, Product, Customer):
        model.objects.all().delete()


def start(pk: int, data_dir: Path) -> subprocess.Popen:
    environment = os.environ | {"DATABASE_URL": database_url(), "DATA_DIR": str(data_dir)}
    environment |= {"DJANGO_SETTINGS_MODULE": "retention_crm.settings"}
    return subprocess.Popen(
        [sys.executable, "-c", RUN.format(pk=pk, chunk=CHUNK)], env=environment, cwd=settings.BASE_DIR
    )


def progress(pk: int) -> tuple:
    return Import.objects.values_list("state", "staged_to", "applied_to").get(pk=pk)


def _wait_for_progress(pk: int, before: tuple, process: subprocess.Popen) -> None:
    """A kill while Python starts would prove nothing."""
    assert until(lambda: progress(pk) != before or process.poll() is not None, 60)


def test_an_import_killed_again_and_again_ends_as_one_nobody_disturbed(tmp_path, settings):
    survive(5, 12_000, tmp_path, settings)


@pytest.mark.prove
def test_an_import_killed_fifty_times_ends_as_one_nobody_disturbed(tmp_path, settings):
    survive(50, 80_000, tmp_path, settings)


def survive(kills: int, rows: int, tmp_path: Path, settings) -> None:
    """Run a file undisturbed, then killed `kills` times at random moments; both must end alike."""
    settings.MEDIA_ROOT = tmp_path / "media"
    text = lines(seed=7, rows=rows)
    first = queue(text)
    running.run(import_id=first.pk, now=timezone.now())
    undisturbed = state()
    forget()

    queued = queue(text)
    dice, at = random.Random(20261121), []
    for number in range(kills):
        if number == kills // 4:
            _through_staging(queued, tmp_path)  # it begins anew after each kill; a large file would never get past it
        at.append(_killed(queued, dice.uniform(0, 0.12), tmp_path))
    assert start(queued.pk, tmp_path).wait(300) == 0
    assert state() == undisturbed
    done = Import.objects.get()
    assert done.created + done.updated + done.unchanged + done.rejected == done.rows == rows
    places = {place[0] for place in at}
    print(f"{kills} SIGKILLs, {len(set(at))} different places ({', '.join(sorted(places))}): equal end state")  # noqa: T201  make prove prints its figures
    assert len(set(at)) > 1  # it went on from where it stood


def _through_staging(queued: Import, tmp_path: Path) -> None:
    process = start(queued.pk, tmp_path)
    try:
        assert until(lambda: progress(queued.pk)[2] > 0 or process.poll() is not None, 120)
    finally:
        process.kill()
        process.wait()


def _killed(queued: Import, after: float, tmp_path: Path) -> tuple:
    """Let a process go on with the import, kill it some time after its first progress; where it left off."""
    before = progress(queued.pk)
    process = start(queued.pk, tmp_path)
    try:
        _wait_for_progress(queued.pk, before, process)
        with suppress(subprocess.TimeoutExpired):
            process.wait(after)
    finally:
        process.kill()  # SIGKILL
        process.wait()
    assert progress(queued.pk)[0] != Import.State.DONE, "the file is too small for so many kills"
    return progress(queued.pk)
