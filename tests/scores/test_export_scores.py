"""manage.py export_scores: the columns scripts rely on."""

import csv
import io
import os
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from scores.models import Score
from tests.factories import configure, contract, customer, login, purchase

pytestmark = pytest.mark.django_db
HEADER = (
    "customer_id,recency_days,frequency,monetary,r,f,m,rfm_segment,vip,lifecycle,p_alive,expected_purchases_365d,"
    "ltv_historic,ltv_predicted"
)


def export(path: Path, as_of: str = "2026-06-30") -> dict[str, dict]:
    call_command("export_scores", str(path), "--as-of", as_of, stdout=io.StringIO())
    with path.open(encoding="utf-8-sig", newline="") as file:
        return {row["customer_id"]: row for row in csv.DictReader(file)}


def test_it_writes_one_row_a_scored_customer(tmp_path):
    one, two = customer("A-1"), customer("=2")
    customer("P")
    purchase(one, "2026-06-01", "1200.5", order_id="X")
    purchase(one, "2026-06-02", 300, order_id="X")
    purchase(one, "2026-06-03", -500)
    purchase(two, "2026-01-01", 10)
    rows = export(tmp_path / "scores.csv")
    assert (tmp_path / "scores.csv").read_bytes().startswith(b"\xef\xbb\xbf" + HEADER.encode() + b"\n")
    assert list(rows) == ["'=2", "A-1"]
    assert list(rows["A-1"].values()) == [
        *("A-1", "29", "1", "1000.50", "5", "3", "5", "potential_loyalists", "true", "new", "", "", "1000.50", ""),
    ]


def test_it_stores_nothing_and_leaves_no_half_file(tmp_path):
    purchase(customer(), "2026-06-01")
    export(tmp_path / "scores.csv")
    assert not Score.objects.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["scores.csv"]


def test_a_pipe_is_written_to_and_stays_one(tmp_path):
    purchase(customer("A-1"), "2026-06-01")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as reader:
        read = reader.submit(pipe.read_bytes)
        call_command("export_scores", str(pipe), "--as-of", "2026-06-30", stdout=io.StringIO())
    assert b"A-1" in read.result()
    assert pipe.is_fifo()
    assert [path.name for path in tmp_path.iterdir()] == ["pipe"]


def test_figures_are_plain_decimals(tmp_path):
    for number in range(15):
        who = customer(f"C{number}")
        purchase(who, "2024-01-01", 100)
        purchase(who, f"2024-01-{10 + number}", 200)
        if number > 10:
            purchase(who, "2026-06-01", 300)
    rows = export(tmp_path / "scores.csv")
    figures = [row[name] for row in rows.values() for name in ("p_alive", "expected_purchases_365d", "ltv_predicted")]
    assert any(figures)
    assert not any("e" in figure.lower() for figure in figures)
    assert all(Decimal(figure) >= 0 for figure in figures if figure)


def test_who_is_under_contract_is_listed_without_a_purchase(tmp_path):
    configure(churn_policy="contract")
    signed, trial = customer("S"), customer("T")
    contract(signed, "2026-04-01", 3000)
    contract(trial, "2026-04-01", 3000, is_trial=True)
    login(trial, "2026-06-01")
    rows = export(tmp_path / "scores.csv")
    assert list(rows) == ["S"]
    assert (rows["S"]["r"], rows["S"]["lifecycle"], rows["S"]["ltv_historic"]) == ("", "new", "9000.00")


def test_today_is_the_default(tmp_path):
    purchase(customer("A"), "2026-06-01")
    told = io.StringIO()
    call_command("export_scores", str(tmp_path / "scores.csv"), stdout=told)
    assert told.getvalue().startswith("1 customers as of ")


def test_a_wrong_day_and_a_folder_that_is_not_there_are_one_sentence(tmp_path):
    with pytest.raises(CommandError, match="“soon” is not a day: write it as 2026-03-31"):
        call_command("export_scores", str(tmp_path / "a.csv"), "--as-of", "soon")
    with pytest.raises(CommandError, match=r"a\.csv cannot be written: No such file or directory\."):
        call_command("export_scores", str(tmp_path / "missing" / "a.csv"))
