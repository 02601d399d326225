"""Revenue movements, NRR and GRR: the sample of the definition, pauses, last days, and sums that always close."""

import datetime as dt
from itertools import pairwise

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import Installation
from customers.models import Customer
from metrics import movements
from metrics.periods import between
from scores import spells
from tests import factories

NOW = dt.datetime(2026, 7, 1, 3, tzinfo=dt.UTC)
AS_OF = dt.date(2026, 6, 30)
JUNE = {"start": dt.date(2026, 6, 1), "end": dt.date(2026, 6, 30)}


def moved(**options):
    return movements.movements(as_of=AS_OF, now=NOW, **{**JUNE, **options})


def only(**options):
    (row,) = moved(**options)
    return {name: int(row[name]) for name in movements.AMOUNTS}


def shown(row):
    return {name: int(row[name]) for name in movements.AMOUNTS if row[name]}


@pytest.mark.django_db
def test_the_sample_of_the_definition():
    """1,000 at the start (five); new 200, expansion 150, contraction 50, churned 100, reactivated 80: 1,280."""
    grows, shrinks, leaves, stays = (factories.customer() for _ in range(4))
    for who, before, after in [(grows, 200, 350), (shrinks, 300, 250), (stays, 400, None), (leaves, 100, None)]:
        ends = {"ends_on": "2026-06-15"} if who is leaves else {}
        factories.contract(who, "2026-01-01", before, contract_id=f"K{who.pk}", **ends)
        if after:
            factories.contract(who, "2026-06-10", after, contract_id=f"K{who.pk}")
    factories.contract(factories.customer(), "2026-06-20", 200)
    back = factories.customer()
    factories.contract(back, "2025-01-01", 60, ends_on="2025-06-01")
    factories.contract(back, "2026-06-05", 80)
    (row,) = moved()
    assert shown(row) == {
        "at_start": 1000,
        "new": 200,
        "reactivated": 80,
        "expansion": 150,
        "contraction": 50,
        "churned": 100,
        "at_end": 1280,
    }
    assert (row["grr"], row["nrr"], row["customers"]) == (85.0, 100.0, 4)


@pytest.mark.django_db
def test_an_empty_start_has_no_rates():
    factories.contract(factories.customer(), "2026-06-20", 200)
    (row,) = moved()
    assert (row["grr"], row["nrr"], row["at_end"]) == (None, None, 200)


@pytest.mark.django_db
@pytest.mark.parametrize(("month_end", "churned_in"), [(True, "2026-03"), (False, "2026-04")])
def test_what_ends_with_the_last_day_of_march_is_lost_in_march(month_end, churned_in):
    factories.configure(month_end=month_end)
    factories.contract(factories.customer(), "2026-01-01", 700, ends_on="2026-04-01")
    rows = moved(start=dt.date(2026, 1, 1))
    assert [row["period"] for row in rows if row["churned"]] == [churned_in]


@pytest.mark.django_db
def test_a_term_that_follows_on_the_next_day_is_no_loss_and_grows_when_it_begins():
    who = factories.customer()
    factories.contract(who, "2026-01-01", 700, contract_id="old", ends_on="2026-05-01")
    factories.contract(who, "2026-05-01", 900, contract_id="new")
    found = {row["period"]: shown(row) for row in moved(start=dt.date(2026, 4, 1))}
    assert found["2026-04"] == {"at_start": 700, "at_end": 700}
    assert found["2026-05"] == {"at_start": 700, "expansion": 200, "at_end": 900}


@pytest.mark.django_db
def test_one_of_two_contracts_that_ends_is_a_contraction():
    who = factories.customer()
    factories.contract(who, "2026-01-01", 700)
    factories.contract(who, "2026-01-01", 300, ends_on="2026-06-11")
    assert only() == {**dict.fromkeys(movements.AMOUNTS, 0), "at_start": 1000, "contraction": 300, "at_end": 700}


@pytest.mark.django_db
def test_trials_and_notice_given_later_count_for_nothing():
    factories.contract(factories.customer(), "2026-01-01", 700, is_trial=True)
    factories.contract(factories.customer(), "2026-01-01", 500, cancelled_on="2026-07-05", ends_on="2026-06-20")
    assert only() == {**dict.fromkeys(movements.AMOUNTS, 0), "at_start": 500, "at_end": 500}


@pytest.mark.django_db
def test_a_pause_is_a_line_of_its_own_for_six_months():
    factories.contract(factories.customer(), "2025-01-01", 400, paused_from="2025-09-10", paused_to="2026-05-20")
    factories.contract(factories.customer(), "2025-01-01", 100)
    rows = movements.movements(as_of=AS_OF, now=NOW, start=dt.date(2025, 9, 1))
    found = {row["period"]: shown(row) for row in rows}
    assert found["2025-09"] == {"at_start": 500, "paused": 400, "at_end": 500}
    assert found["2026-02"] == {"at_start": 500, "paused": 400, "at_end": 500}
    assert found["2026-03"] == {"at_start": 500, "churned": 400, "at_end": 100}
    assert found["2026-05"] == {"at_start": 100, "reactivated": 400, "at_end": 500}


@pytest.mark.django_db
def test_how_long_a_pause_may_last_is_a_setting():
    factories.configure(pause_months=1)
    who = factories.customer()
    factories.contract(who, "2026-01-01", 400, paused_from="2026-04-15")
    factories.contract(who, "2026-01-01", 100)
    rows = {row["period"]: shown(row) for row in moved(start=dt.date(2026, 4, 1))}
    assert rows["2026-04"] == {"at_start": 500, "paused": 400, "at_end": 500}
    assert rows["2026-05"] == {"at_start": 500, "contraction": 400, "at_end": 100}


@pytest.mark.django_db
def test_by_the_value_at_the_start_and_new_plans_by_the_end():
    sato = factories.user(name="佐藤")
    who = factories.customer(industry="小売", region="東京都", owner=sato)
    factories.contract(who, "2026-01-01", 100, plan="標準", contract_id="K")
    factories.contract(who, "2026-06-10", 300, plan="上位", contract_id="K")
    factories.contract(factories.customer(industry="製造"), "2026-06-20", 50, plan="上位")
    expected = {
        "plan": {"標準": 300, "上位": 50},
        "industry": {"小売": 300, "製造": 50},
        "region": {"東京都": 300, "": 50},
        "owner": {"佐藤": 300, "": 50},
        "cohort": {"2026-01": 300, "2026-06": 50},
        "segment": {"": 350},
    }
    for by, ends in expected.items():
        assert {row["group"]: int(row["at_end"]) for row in moved(by=by)} == ends


# --- the sums close, whatever is in the rows -------------------------------------------------------

DAYS = st.integers(0, 390)
TERMS = st.lists(
    st.tuples(
        st.integers(1, 4),  # customer
        st.integers(1, 3),  # contract of his
        DAYS,
        st.none() | st.integers(0, 400),  # length
        st.sampled_from([0, 100, 100, 250, 999]),
        st.none() | st.tuples(DAYS, st.none() | st.integers(0, 300)),  # pause
    ),
    max_size=12,
    unique_by=lambda term: (term[0], term[1], term[2]),
)
FIRST = dt.date(2025, 6, 1)


def _store(terms):
    people = {number: factories.customer() for number in {term[0] for term in terms}}
    for number, contract, begins, length, mrr, pause in terms:
        starts_on = FIRST + dt.timedelta(begins)
        fields = {"ends_on": starts_on + dt.timedelta(length)} if length is not None else {}
        if pause:
            fields["paused_from"] = FIRST + dt.timedelta(pause[0])
            if pause[1] is not None:
                fields["paused_to"] = fields["paused_from"] + dt.timedelta(pause[1])
        factories.contract(people[number], starts_on, mrr, contract_id=f"{people[number].pk}-{contract}", **fields)


def _closes(rows):
    for row in rows:
        flows = sum(row[name] for name in movements.INFLOWS) - sum(row[name] for name in movements.OUTFLOWS)
        assert row["at_start"] + flows == row["at_end"]
        assert 0 <= row["paused"] <= row["at_end"]
    assert all(one["at_end"] == after["at_start"] for one, after in pairwise(rows))


@pytest.mark.django_db
@settings(max_examples=8, deadline=None)
@given(terms=TERMS, month_end=st.booleans())
def test_start_and_movements_make_the_end(terms, month_end):
    factories.configure(month_end=month_end, churn_policy="contract")
    Customer.objects.all().delete()
    _store(terms)
    spells.build(as_of=AS_OF)
    movements.build_spells(as_of=AS_OF, settings=Installation.get())
    for months in (1, 12):
        _closes(movements.sums(between(FIRST, AS_OF, months), as_of=AS_OF))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM revenue_spells a JOIN revenue_spells b USING (customer_id)"
            " WHERE a.from_on < b.from_on AND a.until_on >= b.from_on"
        )
        assert cursor.fetchone() == (0,), "spells of a customer never overlap"
        cursor.execute(
            f"({_days('active_spells')} EXCEPT {_days('revenue_spells')}) UNION ALL"
            f" ({_days('revenue_spells')} EXCEPT {_days('active_spells')})"
        )
        assert cursor.fetchall() == [], "and he has one exactly on the days on which he is under contract"


def _days(table):
    days = "generate_series(timestamp '2025-06-01', '2026-06-30', '1 day') AS day"
    return f"SELECT customer_id, day FROM {table} JOIN {days} ON day BETWEEN from_on AND until_on"
