"""A company whose figures fit on a hand: three customers under contract and one on trial."""

import datetime as dt
from types import SimpleNamespace

import pytest
import time_machine
from django.db import transaction

from customers.models import DimensionChange
from metrics import rollups
from scores import scoring
from tests import factories
from tests.remembering import again

NOW = dt.datetime(2026, 7, 1, 9, tzinfo=dt.timezone(dt.timedelta(hours=9)))
TODAY = dt.date(2026, 7, 1)


@pytest.fixture
def company(db):
    """Three customers and a trial; see `found_company`."""
    return found_company()


def found_company():
    """A since December; B from January, last day 31 May, handed from Sato to Suzuki in April; C since 15 March.

    Active at the end of: Nov – · Dec A · Jan A B · Feb A B · Mar A B C · Apr A B C · May A C · Jun A C.
    """
    factories.configure(churn_policy="contract")
    sato, suzuki = (
        factories.user(f"{name}@example.jp", name=word) for name, word in [("sato", "佐藤"), ("suzuki", "鈴木")]
    )
    a = factories.customer("A", name="青空商事", owner=sato, industry="小売", region="東京都")
    b = factories.customer("B", name="備前工業", owner=suzuki, industry="製造", region="岡山県")
    c = factories.customer("C", name="千鳥屋", owner=suzuki, industry="小売", region="東京都")
    d = factories.customer("D", name="大地農園", owner=sato)
    factories.contract(a, "2025-12-01", 1000, plan="標準")
    factories.contract(
        b,
        "2026-01-01",
        2000,
        plan="標準",
        cancelled_on="2026-05-10",
        ends_on="2026-06-01",
        reason="価格",
        competitor="X社",
    )
    factories.contract(c, "2026-03-15", 3000, plan="上位")
    factories.contract(d, "2026-06-01", 500, is_trial=True)
    DimensionChange.objects.create(customer=b, dimension="owner", since=None, value=str(sato.pk))
    DimensionChange.objects.create(customer=b, dimension="owner", since="2026-04-10", value=str(suzuki.pk))
    return SimpleNamespace(a=a, b=b, c=c, d=d, sato=sato, suzuki=suzuki)


@pytest.fixture(scope="module")
def once(django_db_setup, django_db_blocker):
    """`once(make)` puts rows there for all tests of a module; what a test does beyond that is gone after it."""
    with django_db_blocker.unblock(), transaction.atomic(), pytest.MonkeyPatch.context() as patched:
        patched.setattr(rollups, "SNAPSHOTS_BACK", 0)
        yield lambda make: make()
        transaction.set_rollback(True)


def pass_night():
    """What the night of 1 July computes."""
    scoring.compute(as_of=TODAY, now=NOW)
    rollups.fill(as_of=TODAY, now=NOW)


@pytest.fixture
def night(db, monkeypatch):
    """The night of 1 July has been (without making up the segments of nights before it)."""
    monkeypatch.setattr(rollups, "SNAPSHOTS_BACK", 0)
    return again("night", lambda: after_a_night(found_company()))


def after_a_night(company):
    """The same company once its night has been."""
    pass_night()
    return company


@pytest.fixture
def bought(db, monkeypatch):
    """A and C also bought, so they are scored; then the night came."""
    monkeypatch.setattr(rollups, "SNAPSHOTS_BACK", 0)
    return again("bought", _bought)


def _bought():
    company = found_company()
    factories.purchase(company.a, "2026-05-01", 800)
    factories.purchase(company.c, "2026-06-01", 900)
    return after_a_night(company)


@pytest.fixture
def on_the_day():
    """The clock of the views stands still at NOW."""
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def signed_in(client, on_the_day):
    """`signed_in(user)` is a client of that user."""

    def sign_in(user):
        client.force_login(user, backend="accounts.backends.StaffBackend")
        return client

    return sign_in
