import datetime as dt

import pytest

from demo import invent

LAST_DAY = dt.date(2026, 11, 21)


@pytest.fixture(scope="module")
def records():
    return list(invent.records(last_day=LAST_DAY))


def test_the_same_seed_gives_the_same_data(records):
    assert list(invent.records(last_day=LAST_DAY)) == records


def test_the_last_order_falls_on_the_last_day_and_none_later(records):
    days = [row["purchased_at"][:10] for record in records for row in record.purchases]
    assert max(days) == "2026-11-21"
    assert min(days) == "2025-11-13"  # 373 days before, as in the file


def test_every_order_of_the_file_is_there_in_whole_yen(records):
    assert (len(records), sum(len(record.purchases) for record in records)) == (4_372, 22_190)
    amounts = [int(row["amount"]) for record in records for row in record.purchases]
    # 8,300,065.81 × 190 = 1,577,012,503.9; each order rounded to whole yen moves it by less than half a yen an order
    assert sum(amounts) == pytest.approx(8_300_065.81 * 190, abs=22_190 / 2)


def test_cancellations_are_refunds(records):
    cancelled = [row for record in records for row in record.purchases if row["order_id"].startswith("C")]
    assert cancelled
    assert all(int(row["amount"]) <= 0 for row in cancelled)


def test_nobody_can_be_reached_outside(records):
    assert all(record.customer["email"].endswith("@example.jp") for record in records)
    assert len({record.customer["email"] for record in records}) == len(records)


def test_names_are_not_repeated_and_have_a_reading(records):
    assert len({record.customer["name"] for record in records}) == len(records)
    assert all(record.customer["kana"] for record in records)


def test_nothing_invented_is_later_than_the_last_day(records):
    assert max(row["logged_in_at"][:10] for record in records for row in record.logins) <= "2026-11-21"
    terms = [row for record in records for row in record.contracts]
    assert 300 < len(terms) < 900
    assert all(row["starts_on"] <= "2026-11-21" and row.get("cancelled_on", "") <= "2026-11-21" for row in terms)
