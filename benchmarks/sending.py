"""Mails a second with the whole guarantee, beside Django's own mail path and a bare smtplib loop, on the same sink.

    python -m benchmarks.sending --mails 5000

Its own PostgreSQL (fsync on) in a temporary folder; each figure is the median of three rounds.
"""

import argparse
import json
import os
import resource
import shutil
import smtplib
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from devstack.postgres import Postgres

ROUNDS = 3
BODY = (
    """{{ 宛名 }}

平素より格別のお引き立てを賜り、誠にありがとうございます。{{ 自社名 }}の{{ 担当者名 | default: "担当" }}です。
しばらくご利用がございませんので、{{ 特典 }}をご用意いたしました。

クーポン: {{ クーポン }}（{{ 有効期限 }}まで）

https://shop.example.jp/back
"""
    + "またのご利用を心よりお待ち申し上げております。\n" * 8
)


def prepare(home: Path) -> Postgres:
    """A migrated database, and Django set up on it."""
    server = Postgres(home)
    server.start()
    os.environ |= {
        "DATABASE_URL": server.url(),
        "SECRET_KEY": "for this benchmark only",
        "DATA_DIR": str(home),
        "DJANGO_SETTINGS_MODULE": "retention_crm.settings",
    }
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    return server


MANY = """
INSERT INTO customers_customer (code, kind, name, kana, sort_key, search_text, company, postal_code, address, industry,
    region, owner_id, acquired_via, tags, attributes, version, created_at, updated_at)
SELECT 'C' || to_char(n, 'FM0000000'), 'company', '株式会社 第' || n || '商事', '', '', '', '', '', '', '', '',
    %(owner)s, '', '{}', '{}', 1, now(), now()
FROM generate_series(1, %(count)s) AS n;
INSERT INTO customers_contact (customer_id, name, kana, department, title, email, phone, is_primary, version,
    created_at, updated_at)
SELECT id, '山田 太郎', '', '営業部', '', 'p' || id || '@example.jp', '', true, 1, now(), now()
FROM customers_customer;
INSERT INTO customers_consent (customer_id, contact_id, channel, address, state, basis, at, source, wording,
    recorded_at)
SELECT customer_id, id, 'mail', email, 'granted', 'consent', now(), 'form', '', now() FROM customers_contact;
INSERT INTO segments_membership (segment_id, customer_id, entered_on)
SELECT %(segment)s, id, %(today)s FROM customers_customer;
ANALYZE;
"""


def people(count: int):
    """A campaign for so many people who have agreed."""
    import datetime as dt

    from django.db import connection
    from django.utils import timezone

    from accounts.models import Installation, User
    from campaigns.models import Campaign, Offer, Step
    from segments.models import Segment

    Installation.get()
    words = dict.fromkeys(["company_name", "sender_name", "complaint_contact", "refusal_notice"], "株式会社もどる")
    Installation.objects.update(quiet_from=None, quiet_until=None, sends_on_weekends=True, sends_on_holidays=True)
    Installation.objects.update(**words, sender_email="news@modoru.example.jp", sender_address="東京都千代田区1-1")
    staff = User.objects.create_user("cs@modoru.example.jp", name="佐藤 花子")
    today = Installation.get().day_of(timezone.now())
    segment = Segment.objects.create(slug="all", name="All", rule={}, state="fresh", as_of=today)
    with connection.cursor() as cursor:
        cursor.execute(MANY, {"count": count, "owner": staff.pk, "segment": segment.pk, "today": today})
    campaign = Campaign.objects.create(name="掘り起こし", segment=segment, created_by=staff, holdout_percent=10)
    Step.objects.create(campaign=campaign, subject="{{ 会社名 }}様へのご案内", body=BODY)
    Offer.objects.create(campaign=campaign, text="10%割引", expires_on=today + dt.timedelta(days=30))
    return campaign


def plan(campaign) -> float:
    """Seconds for launch and planning."""
    from django.utils import timezone

    from campaigns import audience

    started = time.perf_counter()
    audience.launch(campaign=campaign, by=campaign.created_by, now=timezone.now())
    audience.plan_due(now=timezone.now())
    return time.perf_counter() - started


def ours(port: int, senders: int) -> Callable[[], float]:
    """The ledger, whole: claim, mark, DATA, settle; by so many senders, a process each."""
    from django.conf import settings
    from django.db import connection

    from campaigns.models import Campaign, Delivery

    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port

    def round_() -> float:
        settings.SENDERS = senders
        Campaign.objects.update(state="running")
        mails = Delivery.objects.exclude(state="held_out")
        count = mails.update(state="pending", attempts=0, sending_at=None)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE campaigns_delivery")
        connection.close()
        started = time.perf_counter()
        for child in [_forked() for _sender in range(senders)]:
            os.waitpid(child, 0)
        seconds = time.perf_counter() - started
        assert mails.filter(state="accepted").count() == count
        return count / seconds

    return round_


def _forked() -> int:
    """A sender in a process of its own; what it imports is there already."""
    from django.utils import timezone

    from campaigns import sending

    if child := os.fork():
        return child
    sending.run(now=timezone.now(), seconds=600)
    os._exit(0)


def djangos(port: int, count: int) -> Callable[[], float]:
    """A template and EmailMultiAlternatives per mail on one open connection; no ledger."""
    from django.core.mail import EmailMultiAlternatives
    from django.core.mail.backends.smtp import EmailBackend
    from django.template import Context, Template

    plain = Template(
        BODY.replace('{{ 担当者名 | default: "担当" }}', "{{ owner }}")
        .replace("{{ 宛名 }}", "{{ to }}")
        .replace("{{ 自社名 }}", "{{ us }}")
        .replace("{{ 特典 }}", "{{ offer }}")
        .replace("{{ クーポン }}", "{{ coupon }}")
        .replace("{{ 有効期限 }}", "{{ until }}")
    )
    values = {"to": "株式会社 第1商事\n営業部\n山田 太郎 様", "us": "もどる", "owner": "佐藤", "offer": "10%割引"}

    def round_() -> float:
        backend = EmailBackend(host="127.0.0.1", port=port, timeout=30)
        backend.open()
        started = time.perf_counter()
        for number in range(count):
            words = plain.render(Context(values | {"coupon": f"A{number}", "until": "2026/12/31"}))
            mail = EmailMultiAlternatives(
                f"第{number}商事様へのご案内",
                words,
                "株式会社もどる <news@modoru.example.jp>",
                [f"p{number}@example.jp"],
                headers={"List-Unsubscribe": f"<https://crm.example.jp/u/{number}/>"},
                connection=backend,
            )
            mail.attach_alternative(f"<p>{words}</p>", "text/html")
            mail.send()
        seconds = time.perf_counter() - started
        backend.close()
        return count / seconds

    return round_


def bare(port: int, count: int) -> Callable[[], float]:
    """smtplib on one connection with ready bytes: nothing is made, nothing is written down."""
    content = b"Subject: x\r\n\r\n" + b"x" * 76 * 50

    def round_() -> float:
        with smtplib.SMTP("127.0.0.1", port) as smtp:
            started = time.perf_counter()
            for number in range(count):
                smtp.sendmail("news@modoru.example.jp", f"p{number}@example.jp", content)
            return count / (time.perf_counter() - started)

    return round_


def measure(mails: int) -> dict[str, float]:
    """Mails a second of each, and what planning took."""
    home = Path(tempfile.mkdtemp(prefix="modoru-bench-"))
    sink = subprocess.Popen([sys.executable, "-m", "benchmarks.smtp_null"], stdout=subprocess.PIPE, text=True)
    port = int(sink.stdout.readline())
    server = prepare(home)
    try:
        campaign = people(mails)
        found = {"planning_seconds": plan(campaign)}
        rounds = {
            "ours": ours(port, 2),
            "one_sender": ours(port, 1),
            "django": djangos(port, mails // 2),
            "bare": bare(port, mails),
        }
        speeds = {name: [] for name in rounds}
        for _round in range(ROUNDS):
            for name, round_ in rounds.items():
                speeds[name].append(round_())
        found |= {name: statistics.median(values) for name, values in speeds.items()}
    finally:
        sink.kill()
        from django.db import connection

        connection.close()
        server.stop()
        shutil.rmtree(home, ignore_errors=True)
    rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return found | {"mails": mails, "ratio_to_django": found["ours"] / found["django"], "rss_mb": rss}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sending", description=__doc__.splitlines()[0])
    parser.add_argument("--mails", type=int, default=5000)
    print(json.dumps({key: round(value, 2) for key, value in measure(parser.parse_args().mails).items()}))


if __name__ == "__main__":
    main()
