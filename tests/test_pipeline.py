"""Twenty customers from CSV to every metric: each figure below was worked out by hand.

Policy inactivity, N = 180, as of 2026-06-30 (a purchase on 2026-01-02 is the oldest that keeps one active).

     purchases (day amount)                                       last         F  monetary   R F M
P01  25-08-01 1000                                                2025-08-01   1    1,000    1 1 2
P02  25-09-15 2000 · 25-09-20 1000                                2025-09-20   2    3,000    1 3 3
P03  25-10-05 500                                                 2025-10-05   1      500    1 1 1
P04  25-08-20 3000 · 25-10-01 3000 · 25-11-10 3000                2025-11-10   3    9,000    1 4 4
P05  25-12-01 1500                                                2025-12-01   1    1,500    2 1 2
P06  25-09-01, 10-15, 11-20, 12-20: 4000 each                     2025-12-20   4   16,000    2 5 5
P07  26-01-01 800    (180 days: just no longer active)            2026-01-01   1      800    2 1 1
P08  26-01-02 700    (179 days: still active)                     2026-01-02   1      700    3 1 1
P09  25-12-10 2500 · 26-02-01 2500                                2026-02-01   2    5,000    3 3 4
P10  26-02-20 1200                                                2026-02-20   1    1,200    3 1 2
P11  25-11-01 6000 · 26-01-15 6000 · 26-03-10 6000                2026-03-10   3   18,000    4 4 5
P12  26-03-31 900    (91 days: no longer new)                     2026-03-31   1      900    4 1 1
P13  25-08-10 2000 · 26-04-15 2000  (gone from 26-02-06, back)    2026-04-15   2    4,000    4 3 3
P14  26-04-20 3500 · 26-05-05 3500                                2026-05-05   2    7,000    5 3 4
P15  order A1: 26-05-20 2000 + 26-05-22 1000; refund 06-01 −500   2026-05-20   1    2,500    5 1 3
P16  25-09-10, 25-12-15, 26-03-01, 26-06-10: 10000 each           2026-06-10   4   40,000    5 5 5
P17  25-08-05, 10-05, 12-05, 26-02-05, 04-05, 06-25: 5000 each    2026-06-25   6   30,000    5 5 5
P18  only a refund (26-05-01 −300) · P19, P20 nothing: prospects, counted nowhere

17 are scored: p = (strictly worse) ÷ 16, so 0–3 worse → 1, 4–6 → 2, 7–9 → 3, 10–12 → 4, 13–16 → 5.
F: eight have 1 order (0 worse → 1), four have 2 (8 → 3), two have 3 (12 → 4), two have 4 (14 → 5), one has 6 (16 → 5).
"""

import csv
import io
import json
from decimal import Decimal

import pytest
import time_machine
from django.core.management import call_command

pytestmark = pytest.mark.django_db

PURCHASES = {
    "P01": ["2025-08-01 1000"],
    "P02": ["2025-09-15 2000", "2025-09-20 1000"],
    "P03": ["2025-10-05 500"],
    "P04": ["2025-08-20 3000", "2025-10-01 3000", "2025-11-10 3000"],
    "P05": ["2025-12-01 1500"],
    "P06": ["2025-09-01 4000", "2025-10-15 4000", "2025-11-20 4000", "2025-12-20 4000"],
    "P07": ["2026-01-01 800"],
    "P08": ["2026-01-02 700"],
    "P09": ["2025-12-10 2500", "2026-02-01 2500"],
    "P10": ["2026-02-20 1200"],
    "P11": ["2025-11-01 6000", "2026-01-15 6000", "2026-03-10 6000"],
    "P12": ["2026-03-31 900"],
    "P13": ["2025-08-10 2000", "2026-04-15 2000"],
    "P14": ["2026-04-20 3500", "2026-05-05 3500"],
    "P15": ["2026-05-20 2000 A1", "2026-05-22 1000 A1", "2026-06-01 -500 R1"],
    "P16": ["2025-09-10 10000", "2025-12-15 10000", "2026-03-01 10000", "2026-06-10 10000"],
    "P17": ["2025-08-05 5000", "2025-10-05 5000", "2025-12-05 5000", "2026-02-05 5000", "2026-04-05 5000", "2026-06-25 5000"],
    "P18": ["2026-05-01 -300"],
    "P19": [],
    "P20": [],
}  # fmt: skip
RFM = {  # customer: recency, frequency, monetary, R, F, M, segment
    "P01": (333, 1, 1000, 1, 1, 2, "hibernating"),
    "P02": (283, 2, 3000, 1, 3, 3, "at_risk"),
    "P03": (268, 1, 500, 1, 1, 1, "hibernating"),
    "P04": (232, 3, 9000, 1, 4, 4, "at_risk"),
    "P05": (211, 1, 1500, 2, 1, 2, "hibernating"),
    "P06": (192, 4, 16000, 2, 5, 5, "cant_lose_them"),
    "P07": (180, 1, 800, 2, 1, 1, "hibernating"),
    "P08": (179, 1, 700, 3, 1, 1, "about_to_sleep"),
    "P09": (149, 2, 5000, 3, 3, 4, "need_attention"),
    "P10": (130, 1, 1200, 3, 1, 2, "about_to_sleep"),
    "P11": (112, 3, 18000, 4, 4, 5, "loyal_customers"),
    "P12": (91, 1, 900, 4, 1, 1, "promising"),
    "P13": (76, 2, 4000, 4, 3, 3, "potential_loyalists"),
    "P14": (56, 2, 7000, 5, 3, 4, "potential_loyalists"),
    "P15": (41, 1, 2500, 5, 1, 3, "new_customers"),
    "P16": (20, 4, 40000, 5, 5, 5, "champions"),
    "P17": (5, 6, 30000, 5, 5, 5, "champions"),
}
LIFECYCLE = {
    **dict.fromkeys(["P01", "P02", "P03", "P04", "P05", "P06", "P07"], "dormant"),  # quiet ≤ 540 days
    **dict.fromkeys(["P08", "P09", "P10"], "pre_dormant"),  # quiet > 120
    **dict.fromkeys(["P11", "P12"], "slipping"),  # quiet > 60
    "P13": "won_back",
    **dict.fromkeys(["P14", "P15"], "new"),
    **dict.fromkeys(["P16", "P17"], "active"),
}
# Active at the end of: 11-30 P01–P04 P06 P11 P13 P16 P17; then who stops (180 days after his last purchase) is lost.
CHURN = {  # month: at start, lost
    "2025-12": (9, 0),
    "2026-01": (11, 1),  # + P05 P09; P01 until 01-27
    "2026-02": (12, 1),  # + P07 P08; P13 until 02-05
    "2026-03": (12, 1),  # + P10; P02 until 03-18
    "2026-04": (12, 1),  # + P12; P03 until 04-02
    "2026-05": (13, 2),  # + P13 P14; P04 until 05-08, P05 until 05-29
    "2026-06": (12, 2),  # + P15; P06 until 06-17, P07 until 06-29
}
# 4 first bought in August 2025 (P01 P04 P13 P17): who of them bought k months later
COHORT_AUGUST = [4, 0, 2, 1, 1, 0, 1, 0, 2, 0, 1]
COHORT_SIZES = {
    "2025-08": 4, "2025-09": 3, "2025-10": 1, "2025-11": 1, "2025-12": 2,
    "2026-01": 2, "2026-02": 1, "2026-03": 1, "2026-04": 1, "2026-05": 1,
}  # fmt: skip
CONTRACTS = """customer_id,contract_id,plan,mrr,starts_on,cancelled_on,ends_on,is_trial
P01,K1,basic,1000,2026-01-01,,,0
P02,K2,basic,2000,2026-01-01,2026-03-01,2026-04-01,0
P03,K3,basic,1500,2026-02-01,,,0
P03,K3,plus,2500,2026-05-01,,,0
P04,K4,trial,0,2026-03-01,,,1
P05,K5,plus,3000,2026-01-01,2026-06-20,2026-08-01,0
P06,K6,basic,1200,2026-01-01,2026-05-20,2026-06-15,0
"""
MORNING_AFTER = "2026-07-01 09:00:00+09:00"


def _write(path, header, rows):
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return str(path)


def _json(*words):
    out = io.StringIO()
    call_command(*words, stdout=out)
    return json.loads(out.getvalue())


def _report(name, *words):
    return _json("report", name, "--as-of", "2026-06-30", "--format", "json", *words)


def _csv(path):
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def twenty(tmp_path):
    """Twenty customers and what they bought, through the importer."""
    people = [
        f"{code},株式会社{code},カ{code},{code.lower()}@example.jp,{'あ山 一' if int(code[1:]) % 2 else 'い川 二'}"
        for code in PURCHASES
    ]
    purchases = []
    for code, lines in PURCHASES.items():
        for line in lines:
            day, amount, order = [*line.split(), ""][:3]
            purchases.append(f"{code},{order},{day},{amount}")
    with time_machine.travel(MORNING_AFTER, tick=False):
        first = _json(
            "import_records",
            "customers",
            _write(tmp_path / "people.csv", "customer_id,name,kana,email,owner", people),
            "--json",
        )
        second = _json(
            "import_records",
            "purchases",
            _write(tmp_path / "orders.csv", "customer_id,order_id,purchased_at,amount", purchases),
            "--json",
        )
        assert (first["rows"], first["created"], first["rejected"]) == (20, 20, 0)
        assert (second["rows"], second["created"], second["rejected"]) == (len(purchases), len(purchases), 0)
        yield tmp_path


def test_scores_of_twenty_customers(twenty):
    call_command("nightly", "--as-of", "2026-06-30", stdout=io.StringIO())
    call_command("export_scores", str(twenty / "scores.csv"), "--as-of", "2026-06-30", stdout=io.StringIO())
    got = {row["customer_id"]: row for row in _csv(twenty / "scores.csv")}
    assert {code: _scored(row) for code, row in got.items()} == RFM
    assert {code: row["lifecycle"] for code, row in got.items()} == LIFECYCLE
    assert {code for code, row in got.items() if row["vip"] == "true"} == {"P06", "P11", "P16", "P17"}
    assert {code: Decimal(row["ltv_historic"]) for code, row in got.items()} == {
        code: figures[2] for code, figures in RFM.items()
    }


def _scored(row):
    whole = [int(Decimal(row[name])) for name in ("recency_days", "frequency", "monetary", "r", "f", "m")]
    return (*whole, row["rfm_segment"])


def test_churn_of_twenty_customers(twenty):
    months = {
        row["period"]: (row["at_start"], row["lost"])
        for row in _report("churn", "--from", "2025-12-01", "--to", "2026-06-30")
    }
    assert months == CHURN
    june = next(row for row in _report("churn", "--from", "2026-06-01", "--to", "2026-06-30"))
    assert (june["start"], june["end"], june["group"], june["rate"]) == (
        "2026-06-01",
        "2026-06-30",
        None,
        pytest.approx(100 * 2 / 12),
    )


def test_churn_by_quarter_counts_who_is_gone_at_its_end(twenty):
    quarters = _report("churn", "--period", "quarter", "--from", "2026-01-01", "--to", "2026-06-30")
    # Q1: P01 P02 P13 of 11 (P13 is back only in April); Q2: P03–P07 of 12
    assert [(row["period"], row["at_start"], row["lost"]) for row in quarters] == [
        ("2026-Q1", 11, 3),
        ("2026-Q2", 12, 5),
    ]


def test_churn_by_owner(twenty):
    rows = _report("churn", "--by", "owner", "--from", "2026-06-01", "--to", "2026-06-30")
    # at start P06–P17: six odd (P07 lost), six even (P06 lost)
    assert sorted((row["group"], row["at_start"], row["lost"]) for row in rows) == [
        ("あ山 一", 6, 1),
        ("い川 二", 6, 1),
    ]


def test_cohorts_of_twenty_customers(twenty):
    rows = _report("cohorts")
    august = [row for row in rows if row["cohort"] == "2025-08"]
    assert [row["retained"] for row in august] == COHORT_AUGUST
    assert [row["month"] for row in august] == list(range(11))
    assert all(row["complete"] for row in august)
    assert {row["cohort"]: row["size"] for row in rows} == COHORT_SIZES


def test_ltv_of_twenty_customers(twenty):
    (everybody,) = _report("ltv")
    assert (everybody["group"], everybody["customers"], everybody["historic_total"]) == (None, 17, 141_100)
    assert everybody["historic_mean"] == pytest.approx(8_300)


def test_rfm_grid_of_twenty_customers(twenty):
    cells = {(row["r"], row["f"]): row for row in _report("rfm") if row["customers"]}
    assert cells[1, 1]["customers"] == 2  # P01 P03
    assert (cells[5, 5]["segment"], cells[5, 5]["customers"], cells[5, 5]["monetary"]) == ("champions", 2, 70_000)
    assert sum(cell["customers"] for cell in cells.values()) == 17


MEMBERS = {
    "vip": {"P06", "P11", "P16", "P17"},
    "dormant": {"P01", "P02", "P03", "P04", "P05", "P06", "P07", "P08"},  # P08 turns 180 on 1 July
    "onboarding": {"P14", "P15"},
    "cant-lose-them": {"P06"},
    "champions": {"P16", "P17"},
    "about-to-sleep": {"P08", "P10"},
    "need-attention": {"P09"},
    "cancelled": set(),
}


def test_segments_of_twenty_customers(twenty):
    """A day later R, F and M rank alike, and nobody else crosses 60, 120, 180 or 90 days."""
    call_command("nightly", "--as-of", "2026-07-01", stdout=io.StringIO())
    found = {}
    for slug in MEMBERS:
        call_command("export_segment", slug, str(twenty / f"{slug}.csv"), stdout=io.StringIO())
        rows = _csv(twenty / f"{slug}.csv")
        found[slug] = {row["customer_id"] for row in rows}
        assert all(row["entered_on"] == "2026-07-01" for row in rows), slug
    assert found == MEMBERS


def test_nothing_dated_after_the_day_changes_a_figure(twenty, tmp_path):
    before = [_report(name) for name in ("churn", "ltv", "cohorts", "rfm", "model")]
    late = ["P03,,2026-07-01,99999", "P20,,2026-07-01,5", "P17,R9,2026-07-01,-30000"]
    _json(
        "import_records",
        "purchases",
        _write(tmp_path / "late.csv", "customer_id,order_id,purchased_at,amount", late),
        "--json",
    )
    assert [_report(name) for name in ("churn", "ltv", "cohorts", "rfm", "model")] == before


def test_contracts_of_twenty_customers(twenty, tmp_path):
    """With month_end: K2 (ends 04-01) is lost in March, K6 (ends 06-15) in June; a trial never counts."""
    (tmp_path / "contracts.csv").write_text(CONTRACTS, encoding="utf-8")
    assert _json("import_records", "contracts", str(tmp_path / "contracts.csv"), "--json")["created"] == 7
    call_command("configure", "churn_policy=contract", stdout=io.StringIO())
    months = _report("churn", "--from", "2026-01-01", "--to", "2026-06-30")
    assert [(row["at_start"], row["lost"]) for row in months] == [(0, 0), (4, 0), (5, 1), (4, 0), (4, 0), (4, 1)]
    assert [row["rate"] for row in months] == [None, 0, 20, 0, 0, 25]
    call_command("configure", "month_end=off", stdout=io.StringIO())
    months = _report("churn", "--from", "2026-03-01", "--to", "2026-04-30")
    assert [(row["at_start"], row["lost"]) for row in months] == [(5, 0), (5, 1)]


def test_ltv_by_contract(twenty, tmp_path):
    """Historic: P01 6,000, P02 6,000, P03 3 × 1,500 + 2 × 2,500, P05 18,000, P06 5 × 1,200 + 14/30 × 1,200.

    Predicted: c = 2 lost ÷ 21 at start (0 4 5 4 4 4); P01, P03 (2,500) and P05 are active.
    """
    (tmp_path / "contracts.csv").write_text(CONTRACTS, encoding="utf-8")
    _json("import_records", "contracts", str(tmp_path / "contracts.csv"), "--json")
    call_command("configure", "churn_policy=contract", stdout=io.StringIO())
    (everybody,) = _report("ltv")
    historic = 6_000 + 6_000 + 9_500 + 18_000 + 6_560
    assert (everybody["customers"], everybody["historic_total"]) == (5, historic)
    to_come = 6_500 * sum((19 / 21) ** k for k in range(1, 13))
    assert everybody["predicted_mean"] == pytest.approx((historic + to_come) / 5, abs=0.01)
    call_command("nightly", "--as-of", "2026-07-01", stdout=io.StringIO())
    call_command("export_segment", "cancelled", str(tmp_path / "gone.csv"), stdout=io.StringIO())
    assert {row["customer_id"] for row in _csv(tmp_path / "gone.csv")} == {"P02", "P06"}


def test_the_same_files_again_change_nothing(twenty):
    again = _json("import_records", "purchases", str(twenty / "orders.csv"), "--json")
    assert (again["created"], again["updated"], again["rejected"]) == (0, 0, 0)
    assert again["unchanged"] == again["rows"]
