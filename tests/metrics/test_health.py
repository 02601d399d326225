"""What an admin sees of data and jobs."""

import datetime as dt
from collections import namedtuple

import pytest

from accounts.models import Installation, JobRun
from customers.models import Import, Touched
from metrics import health, rollups
from metrics.models import Fill, Stale
from tests import factories

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 7, 1, 0, 30, tzinfo=dt.UTC)
SENDER = {name: "x" for name in ("sender_name", "sender_address", "complaint_contact", "refusal_notice")}


def looked(**settings):
    factories.configure(sender_email="info@example.jp", **{**SENDER, **settings})
    return health.read(settings=Installation.get(), now=NOW)


def line(lines, label):
    return next((one.value, one.look, one.note) for one in lines if str(one.label) == label)


def test_an_empty_company_has_no_trouble():
    found = looked()
    assert (found.trouble, found.night, found.failed, found.quality) == (0, None, [], [])
    assert {one.value for one in found.queues} == {"0"}
    assert line(found.sending, "送信") == ("送信できます", "good", "info@example.jp")
    assert line(found.figures, "分析の集計")[1] == "good"
    assert found.next_run == dt.datetime(2026, 7, 1, 15, tzinfo=dt.UTC)  # midnight in Tokyo


def test_a_night_says_how_long_it_took_and_older_failures_stand_by_themselves():
    run = {"state": "failed", "detail": {"error": "OSError: disk full"}}
    JobRun.objects.create(job="nightly", due="2026-06-30", started_at=NOW - dt.timedelta(days=1), **run)
    JobRun.objects.create(job="nightly", due="2026-07-01", started_at=NOW, state="done", detail={"seconds": 754.2})
    found = looked()
    assert (found.night_took, found.night.due) == ("12分", "2026-07-01")
    assert ([one.due for one in found.failed], found.trouble) == (["2026-06-30"], 1)


def test_a_queue_that_stands_still_is_seen():
    who = factories.customer()
    Touched.objects.all().delete()
    Touched.objects.create(customer=who)
    Touched.objects.update(at=NOW - dt.timedelta(hours=2))
    Import.objects.create(kind="customers", file_name="a.csv", sha256="0" * 64, state="queued")
    Import.objects.update(created_at=NOW - dt.timedelta(minutes=3))
    found = looked()
    assert line(found.queues, "スコア計算待ちの顧客") == ("1", "warn", "最も古いものは2時間待ち")
    assert line(found.queues, "取り込み中のファイル") == ("1", "good", "最も古いものは3分待ち")


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"sending_stopped": "苦情が多い"}, ("停止", "bad", "苦情が多い")),
        ({"sender_name": "", "refusal_notice": ""}, ("停止中", "warn", "表示義務の項目が2件未入力")),
    ],
)
def test_why_nothing_is_sent(settings, expected):
    assert line(looked(**settings).sending, "送信") == expected


def test_figures_that_are_half_done_or_wait():
    said = {"settings": rollups.settings_hash(), "as_of": NOW.date(), "started_at": NOW}
    Fill.objects.create(metric="churn", period="2026-06", **said)
    Stale.objects.create(kind="purchases", month=dt.date(2026, 5, 1))
    Stale.objects.create(kind="purchases", month=dt.date(2026, 5, 1))
    found = looked()
    assert line(found.figures, "途中で止まった集計")[:2] == ("1", "warn")
    assert line(found.figures, "集計し直し待ちの月")[:2] == ("1", "")


def test_a_full_disk_is_loud(monkeypatch):
    disk = namedtuple("disk", "total used free")(100 * 2**30, 95 * 2**30, 5 * 2**30)
    monkeypatch.setattr(health.shutil, "disk_usage", lambda path: disk)
    found = looked()
    assert line(found.space, "ファイル用の空き容量") == ("5.0 GB", "bad", "ディスクの5%")
    assert found.trouble == 1
