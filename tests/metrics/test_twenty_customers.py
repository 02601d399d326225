"""Two companies of twenty customers, every figure worked out by hand: leap day, edges of the zone, fiscal quarters.

Days of the shop (quiet for 180 days = lost; a day D + 180 is the first without activity): 1 September 2023 → lost on
28 February 2024, 2 September → 29 February (the leap day), 3 September → 1 March.
"""

import datetime as dt

import pytest

from customers import zones
from metrics import computing
from tests import factories
from tests.customers.importing.bringing import bring

pytestmark = pytest.mark.django_db
JST = dt.timezone(dt.timedelta(hours=9))
AS_OF = dt.date(2024, 8, 31)
NOW = dt.datetime(2024, 9, 1, 9, tzinfo=JST)
MONTHLY = [f"2023-{month:02}-15" for month in range(6, 13)] + [f"2024-{month:02}-15" for month in range(1, 9)]
BOUGHT = {
    **{key: ["2023-09-01"] for key in ("P01", "P02", "P03", "P04", "P05")},
    **{key: ["2023-09-02"] for key in ("P06", "P07", "P08")},
    **{key: ["2023-09-03"] for key in ("P09", "P10")},
    "P11": ["2024-02-29T15:30:00Z"],  # 1 March, half past midnight in Japan
    "P12": ["2024-02-29T14:30:00Z"],  # still 29 February there
    "P13": ["2023-09-01", "2024-03-15"],  # lost in February, won back in March
    "P14": ["2023-09-03", "2024-03-31T23:59:59+09:00"],  # away from 1 to 30 March, back on its last day
    "P15": ["2024-02-10"],
    "P18": ["2023-12-20"],  # for nothing: it counts as bought
    "P19": ["2023-10-05", "2024-01-05"],
    "P20": MONTHLY,
}
AMOUNTS = {"P18": "0"}


@pytest.fixture
def shop(db):
    """P16 has a refund alone, P17 nothing: prospects."""
    factories.configure(churn_policy="inactivity", inactivity_days=180, fiscal_year_start=4)
    for number in range(1, 21):
        factories.customer(f"P{number:02}")
    lines = [(who, at, AMOUNTS.get(who, "1000")) for who, days in BOUGHT.items() for at in days]
    lines.append(("P16", "2024-01-05", "-500"))
    text = "".join(f"{who},{who}-{n},{at},{amount}\n" for n, (who, at, amount) in enumerate(lines))
    done = bring("purchases", "customer_id,order_id,purchased_at,amount\n" + text)
    assert (done.created, done.rejected) == (len(lines), 0)


@pytest.fixture
def provider(db):
    """Fourteen stand under contract at the start of March 2024 (its last day of February counts as active after it)."""
    factories.configure(churn_policy="contract", month_end=True, fiscal_year_start=4)
    terms = {
        **{f"C0{number}": [("2023-01-01", {})] for number in range(1, 7)},
        "C07": [("2023-01-01", {"ends_on": "2024-04-01"})],  # last day 31 March: lost in March
        "C08": [("2023-01-01", {"ends_on": "2024-03-31"})],
        "C09": [("2023-01-01", {"ends_on": "2024-03-10"}), ("2024-03-20", {})],  # away for ten days
        "C10": [("2024-01-01", {"is_trial": True})],
        "C11": [("2023-01-01", {"mrr": 0})],
        "C12": [("2023-01-01", {"cancelled_on": "2024-03-15", "ends_on": "2024-06-01"})],  # has paid until 31 May
        "C13": [("2023-01-01", {"cancelled_on": "2024-09-15", "ends_on": "2024-08-01"})],  # not known yet
        "C14": [("2024-03-05", {"ends_on": "2024-03-25"})],  # comes and goes inside March
        "C15": [("2023-01-01", {"mrr": 2000, "ends_on": "2024-03-15"}), ("2023-01-01", {"contract_id": "second"})],
        "C16": [("2023-01-01", {"mrr": 2000}), ("2024-03-01", {"mrr": 5000})],
        "C17": [("2023-01-01", {"ends_on": "2023-12-01"}), ("2024-03-01", {})],  # back after three months
        "C18": [("2024-03-01", {"mrr": 4000})],
        "C19": [("2024-02-29", {})],
        "C20": [("2023-01-01", {"ends_on": "2024-03-01"})],  # last day 29 February: lost in February
    }
    for code, rows in terms.items():
        who = factories.customer(code)
        for starts_on, fields in rows:
            factories.contract(who, starts_on, **{"contract_id": code, **fields})


def churn(**asked):
    rows = computing.churn(as_of=AS_OF, now=NOW, **asked)
    return {row["period"]: (row["at_start"], row["lost"]) for row in rows}


def test_the_shop_month_by_month(shop):
    assert churn(start=dt.date(2024, 1, 1)) == {
        "2024-01": (15, 0),
        "2024-02": (15, 9),  # five of 1 September, three of the 2nd, and P13
        "2024-03": (8, 2),  # P09 and P10; P14 is back on the last day, P11 came in March by our clock
        "2024-04": (8, 0),
        "2024-05": (8, 0),
        "2024-06": (8, 1),  # P18, whose purchase was for nothing
        "2024-07": (7, 1),  # P19
        "2024-08": (6, 3),  # P11, P12 and P15
    }


def test_in_another_zone_the_same_moment_may_lie_in_another_month(db):
    """Half past midnight on 1 March in Japan is 29 February in London."""
    factories.configure(churn_policy="inactivity", inactivity_days=180)
    factories.customer("P11")
    bring("purchases", "customer_id,order_id,purchased_at,amount\nP11,1,2024-02-29T15:30:00Z,1000\n")
    march = {"start": dt.date(2024, 3, 1), "end": dt.date(2024, 3, 31)}
    assert churn(**march) == {"2024-03": (0, 0)}
    zones.configure(values={"time_zone": "Europe/London"}, by=None)
    assert churn(**march) == {"2024-03": (1, 0)}


def test_the_shop_quarter_by_quarter(shop):
    """Codes are calendar quarters: 2024-Q2 is the first quarter of fiscal 2024. P13 is back by the end of Q1."""
    assert churn(period="quarter", start=dt.date(2024, 1, 1)) == {"2024-Q1": (15, 10), "2024-Q2": (8, 1)}


def test_in_a_year_without_leap_day_one_more_is_there_at_the_end_of_february(shop):
    """A year earlier the same days of September would end on 28 February, 1 March and 2 March."""
    who = factories.customer("P21")
    factories.purchase(who, "2022-09-02")
    assert churn(start=dt.date(2023, 2, 1), end=dt.date(2023, 3, 31)) == {"2023-02": (1, 0), "2023-03": (1, 1)}


def test_contracts_in_march(provider):
    months = {"start": dt.date(2024, 2, 1), "end": dt.date(2024, 6, 30)}
    assert churn(**months) == {
        "2024-02": (14, 1),  # C20; C19 comes on the leap day
        "2024-03": (14, 2),  # C07 and C08
        "2024-04": (14, 0),  # C17 and C18 came
        "2024-05": (14, 1),  # C12
        "2024-06": (13, 0),
    }


def test_contracts_in_march_where_the_last_day_still_counts(provider):
    factories.configure(month_end=False)
    assert churn(start=dt.date(2024, 3, 1), end=dt.date(2024, 4, 30)) == {
        "2024-03": (15, 2),  # C20 on 1 March, C08
        "2024-04": (15, 1),  # C07
    }


def test_notice_given_later_is_not_known_yet(provider):
    """C13 gives notice in September for an end in August: as of August he is there, as of September he left."""
    assert churn(start=dt.date(2024, 8, 1)) == {"2024-08": (13, 0)}
    later = computing.churn(
        as_of=dt.date(2024, 9, 30),
        now=dt.datetime(2024, 10, 1, 9, tzinfo=JST),
        start=dt.date(2024, 7, 1),
        end=dt.date(2024, 7, 31),
    )
    assert [(row["at_start"], row["lost"]) for row in later] == [(13, 1)]
