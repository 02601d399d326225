"""`manage.py report`: forms, ranges, and one sentence where it cannot."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from .conftest import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _day(time_machine):
    time_machine.move_to(NOW, tick=False)


def report(*words):
    out = io.StringIO()
    call_command("report", *words, stdout=out)
    return out.getvalue()


def test_churn_as_json(company):
    rows = json.loads(report("churn", "--from", "2026-05-01", "--to", "2026-05-31", "--format", "json"))
    assert rows == [
        {
            "period": "2026-05",
            "start": "2026-05-01",
            "end": "2026-05-31",
            "group": None,
            "at_start": 3,
            "lost": 1,
            "rate": pytest.approx(33.3333, abs=1e-4),
        }
    ]


def test_churn_as_a_table_has_one_decimal_and_a_dash_for_no_figure(company):
    lines = report("churn").splitlines()
    assert lines[0].split() == ["period", "start", "end", "group", "at_start", "lost", "rate"]
    assert lines[1].split() == ["2025-12", "2025-12-01", "2025-12-31", "-", "0", "0", "-"]
    assert lines[6].split()[-1] == "33.3"


def test_churn_by_quarter_and_owner(company):
    rows = json.loads(report("churn", "--period", "quarter", "--by", "owner", "--format", "json"))
    assert {(row["period"], row["group"], row["lost"]) for row in rows} == {
        ("2026-Q1", "佐藤", 0),
        ("2026-Q2", "佐藤", 1),  # on 1 April B was his
        ("2026-Q2", "鈴木", 0),
    }


def test_csv_begins_with_a_bom_and_holds_plain_decimals(company):
    text = report("ltv", "--as-of", "2026-06-30", "--by", "plan", "--format", "csv")
    columns = "group,customers,historic_total,historic_mean,to_come_total,to_come_mean,predicted_mean"
    assert text.startswith(f"\ufeff{columns}\n")
    assert "\n上位,1,10645.16," in text


def test_cohorts_of_some_months(company):
    rows = json.loads(report("cohorts", "--from", "2026-01-20", "--to", "2026-02-01", "--format", "json"))
    assert {row["cohort"] for row in rows} == {"2026-01"}
    assert rows[0] == {"cohort": "2026-01", "size": 1, "month": 0, "retained": 1, "complete": True} | {
        "retained_after": 1,
        "revenue": 2000,
    }
    assert "yes" in report("cohorts")
    assert report("cohorts").splitlines()[-1].split()[4] == "no"


def test_amounts_are_numbers_in_json(company):
    (row,) = json.loads(report("ltv", "--as-of", "2026-06-30", "--format", "json"))
    assert (row["group"], row["historic_total"]) == (None, 27645.16)


def test_rfm_has_25_cells(company):
    rows = json.loads(report("rfm", "--format", "json"))
    assert len(rows) == 25
    assert rows[0] == {"r": 5, "f": 5, "segment": "champions", "customers": 0, "monetary": 0}


def test_the_model_is_one_object(company):
    found = json.loads(report("model", "--format", "json"))
    assert list(found) == ["r", "alpha", "a", "b", "log_likelihood", "n", "p", "q", "gamma", "n_repeat"]
    assert report("model").splitlines()[1].split()[0] == "-"
    assert report("model", "--format", "csv").count("\n") == 2


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["churn", "--by", "colour"], "cannot be cut by “colour”"),
        (["rfm", "--by", "owner"], "it can by nothing"),
        (["churn", "--from", "2026-05-01", "--to", "2026-04-01"], "2026-05-01"),
        (["churn", "--as-of", "yesterday"], "“yesterday” is not a day like 2026-03-31"),
        (["weather"], "weather"),
    ],
)
def test_what_cannot_be_reported_is_one_sentence(db, words, sentence):
    with pytest.raises(CommandError, match=sentence) as error:
        call_command("report", *words)
    assert "\n" not in str(error.value)
