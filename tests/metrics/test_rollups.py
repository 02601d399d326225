"""Figures kept up are those of a rebuild from nothing; only what changed is redone; whatever is cut short heals."""

import datetime as dt
import os
import random
import signal
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest
from django.db import connection, transaction

from accounts.models import Installation
from customers import editing
from customers.models import Contract, Customer, DimensionChange, Purchase
from metrics import churn_people, computing, rollups
from metrics.churn_people import Behind
from metrics.models import ChurnRollup, Filed, Fill, FirstDay, Spell, Stale
from metrics.periods import Period, named
from metrics.rollups import churn, filling, spells
from scores.models import ScoreSnapshot
from segments.models import CustomerTier, Membership, PastTier, Segment
from tests import factories

NOW = dt.datetime(2026, 7, 1, 9, tzinfo=dt.timezone(dt.timedelta(hours=9)))
TODAY = dt.date(2026, 7, 1)
BEGIN = dt.date(2025, 9, 1)
DAY, HOUR = dt.timedelta(days=1), dt.timedelta(hours=1)
TABLES = (Spell, Filed, FirstDay, ChurnRollup)


@pytest.fixture(autouse=True)
def _churn_alone(monkeypatch):
    monkeypatch.setattr(rollups, "ROLLUPS", (churn.ROLLUP,))
    monkeypatch.setattr(rollups, "SNAPSHOTS_BACK", 0)


def rows(model):
    names = [field.attname for field in model._meta.fields if field.attname != "id"]
    return sorted(model.objects.values_list(*names), key=str)


def kept():
    return {model.__name__: rows(model) for model in TABLES}


def rebuilt(as_of, now):
    """All of it from nothing; what was kept stays as it was."""
    with transaction.atomic():
        for model in (*TABLES, Fill, Stale):
            model.objects.all().delete()
        rollups.fill(as_of=as_of, now=now)
        found = kept()
        transaction.set_rollback(True)
    return found


class Company:
    """Customers to whom things happen by dice; every happening says whom it touched."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.owners = [factories.user(name=name) for name in ("佐藤", "鈴木")]
        self.customers = [factories.customer(owner=self.dice.choice(self.owners), industry="小売") for _ in range(8)]
        self.segment = Segment.objects.create(slug="x", name="x", rule={})
        self.day = TODAY

    def someday(self) -> dt.date:
        return BEGIN + self.dice.randrange((self.day - BEGIN).days + 1) * DAY

    def buys(self, who):
        factories.purchase(who, self.someday(), order_id=self.dice.choice(["", "A", "B"]))

    def returns(self, who):
        factories.purchase(who, self.someday(), -100)

    def buys_in_one_go(self, who):
        for _ in range(3):
            factories.purchase(who, self.someday())

    def takes_back(self, who):
        Purchase.objects.filter(pk__in=who.purchases.values("pk")[:2]).delete()

    def moves_a_purchase(self, who):
        Purchase.objects.filter(pk__in=who.purchases.values("pk")[:1]).update(purchased_on=self.someday())

    def logs_in(self, who):
        factories.login(who, self.someday())

    def signs(self, who):
        starts = self.someday()
        ends = self.dice.choice([None, starts + self.dice.randrange(1, 200) * DAY])
        factories.contract(who, starts, self.dice.choice([0, 1000, 2000]), plan=self.dice.choice("甲乙"), ends_on=ends)

    def corrects_a_term(self, who):
        for term in Contract.objects.filter(customer=who)[:1]:
            term.mrr, term.plan = self.dice.choice([0, 1500]), self.dice.choice("甲乙")
            term.save()

    def cancels(self, who):
        for term in Contract.objects.filter(customer=who, ends_on=None)[:1]:
            term.cancelled_on = self.someday() + self.dice.choice([0, 0, 10]) * DAY
            term.ends_on = max(term.starts_on, self.someday())
            term.save()

    def changes_hands(self, who):
        new = self.dice.choice(self.owners)
        editing.remember(who, "owner", who.owner, new, on=self.dice.choice([self.day, self.day, self.someday()]))
        who.owner = new
        who.save()

    def says_where_he_is(self, who):
        new = self.dice.choice(["東京都", "大阪府"])
        editing.remember(who, "region", who.region, new, on=self.day)
        who.region = new
        who.save()

    def was_elsewhere(self, who):
        DimensionChange.objects.update_or_create(
            customer=who,
            dimension="industry",
            since=self.dice.choice([None, self.someday()]),
            defaults={"value": "製造"},
        )

    def is_archived_or_back(self, who):
        who.archived_at = None if who.archived_at else NOW
        who.save()

    def moves_tier(self, who):
        was = CustomerTier.objects.filter(customer=who).first()
        since = max(self.someday(), was.since + DAY) if was else self.someday()
        if was:
            PastTier.objects.create(customer=who, tier=was.tier, since=was.since, until=since, why="facts")
        CustomerTier.objects.update_or_create(
            customer=who, defaults={"tier": self.dice.choice(["high", "low"]), "since": since}
        )

    def enters_or_leaves(self, who):
        inside = Membership.objects.filter(customer=who, left_on=None)
        if not inside.update(left_on=self.day):
            Membership.objects.create(segment=self.segment, customer=who, entered_on=self.someday())

    def is_snapped(self, who):
        eve = self.someday().replace(day=1) - DAY
        if not ScoreSnapshot.objects.filter(customer=who, as_of=eve).exists():
            ScoreSnapshot.objects.create(
                customer=who, as_of=eve, rfm_segment="champions", lifecycle="active", is_active=True
            )

    HAPPENINGS = (
        buys, returns, buys_in_one_go, takes_back, moves_a_purchase, logs_in, signs, corrects_a_term, cancels,
        changes_hands, says_where_he_is, was_elsewhere, is_archived_or_back, moves_tier, enters_or_leaves, is_snapped,
    )  # fmt: skip

    def happens(self) -> int:
        who = self.dice.choice(self.customers)
        who.refresh_from_db()
        self.dice.choice(self.HAPPENINGS)(self, who)
        return who.pk


def live(seed: int, rounds: int, *, settings: dict) -> None:
    """Rounds of happenings, each kept up by a refresh or a night; compared with a rebuild after every round."""
    factories.configure(inactivity_days=45, **settings)
    company = Company(seed)
    now = NOW
    rollups.fill(as_of=company.day, now=now)
    for number in range(rounds):
        touched = {company.happens() for _ in range(company.dice.randrange(1, 5))}
        now += HOUR
        if company.dice.random() < 0.3:
            company.day += company.dice.choice([1, 1, 20]) * DAY
            now = factories.moment(company.day)
            rollups.fill(as_of=company.day, now=now)
        else:
            rollups.keep_up(as_of=company.day, now=now, touched=touched)
            rollups.fill_open(now=now)
        found, right = kept(), rebuilt(company.day, now)
        for name in found:
            assert found[name] == right[name], f"{name} after round {number} of {seed}"
        assert not Stale.objects.exists()
    everybody_is_found(company, every=97)


def everybody_is_found(company, every):
    """As many people stand behind a figure as it says; of every so-manieth row."""
    for one in list(ChurnRollup.objects.order_by("id"))[::every]:
        cuts = {cut: group for cut, group in [(one.dimension, one.group), (one.second, one.second_group)] if cut}
        period, settings = Period(one.first, one.months), Installation.get()
        for who in ("lost", "joined", "won-back", "at-start"):
            found = churn_people.counted(Behind(who, period, company.day, settings, pairs=tuple(cuts.items())))
            assert found == getattr(one, who.replace("-", "_")), (who, one.first, one.months, cuts)


POLICIES = [
    {"churn_policy": "inactivity"},
    {"churn_policy": "inactivity", "activity": "purchases+logins"},
    {"churn_policy": "contract"},
    {"churn_policy": "either", "month_end": False},
]


@pytest.mark.django_db
@pytest.mark.parametrize("settings", [POLICIES[0], POLICIES[3]])
def test_kept_up_is_rebuilt(settings):
    live(1, 2, settings=settings)


@pytest.mark.prove
@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("settings", POLICIES)
def test_kept_up_is_rebuilt_whatever_the_dice_say(seed, settings):
    live(seed, 25, settings=settings)


# --- only what changed


@pytest.fixture
def shop(db):
    """A bought in January and on 20 June, B in May; activity lasts 30 days. Everything is filled."""
    factories.configure(inactivity_days=30)
    a, b = factories.customer("A", owner=factories.user(name="佐藤")), factories.customer("B")
    for who, on in ((a, "2026-01-10"), (a, "2026-06-20"), (b, "2026-05-20")):
        factories.purchase(who, on)
    rollups.fill(as_of=TODAY, now=NOW)
    return a, b


def redone(*touched):
    """Codes of the periods that a refresh an hour later writes."""
    rollups.keep_up(as_of=TODAY, now=NOW + HOUR, touched=[who.pk for who in touched])
    rollups.fill_open(now=NOW + HOUR)
    return set(Fill.objects.filter(metric="churn", done_at__gt=NOW).values_list("period", flat=True))


def test_a_late_purchase_redoes_the_months_at_whose_ends_he_stands_otherwise(shop):
    factories.purchase(shop[0], "2026-03-05")  # active to 3 April
    long = {"2026-Q1", "2026-Q2", "FY2025", "FY2025-H2", "FY2026", "FY2026-H1"}
    assert redone(shop[0]) == {"2026-03", "2026-04"} | long
    assert ChurnRollup.objects.get(first="2026-03-01", months=1, dimension="").won_back == 1
    assert ChurnRollup.objects.get(first="2026-04-01", months=1, dimension="").lost == 1


def test_an_earlier_first_day_redoes_the_month_in_which_he_joined(shop):
    factories.purchase(shop[1], "2026-02-01")  # active to 2 March: at no month's end but February's
    assert "2026-05" in redone(shop[1])
    may = ChurnRollup.objects.get(first="2026-05-01", months=1, dimension="")
    assert (may.joined, may.won_back) == (0, 1)


def test_an_owner_changed_today_redoes_nothing(shop):
    new = factories.user(name="鈴木")
    editing.remember(shop[0], "owner", shop[0].owner, new, on=TODAY + DAY)
    Customer.objects.filter(pk=shop[0].pk).update(owner=new)
    assert redone(shop[0]) == set()


def test_an_industry_known_for_the_first_time_holds_where_he_was_there_or_came(shop):
    Customer.objects.filter(pk=shop[0].pk).update(industry="小売")
    assert {code for code in redone(shop[0]) if named(code).months == 1} == {
        "2026-01", "2026-02", "2026-06", "2026-07",
    }  # fmt: skip


def test_what_changed_nothing_writes_nothing(shop):
    before = {model: list(model.objects.order_by("pk").values_list("pk")) for model in TABLES}
    assert redone(*shop) == set()
    assert rollups.fill(as_of=TODAY, now=NOW + HOUR) == {"churn": 0}
    assert before == {model: list(model.objects.order_by("pk").values_list("pk")) for model in TABLES}


def test_the_next_day_redoes_what_is_not_over(shop):
    rollups.fill(as_of=TODAY + DAY, now=NOW + DAY)
    assert set(Fill.objects.filter(metric="churn", done_at__gt=NOW).values_list("period", flat=True)) == {
        "2026-07", "2026-Q3", "FY2026", "FY2026-H1",
    }  # fmt: skip
    assert rollups.filled_to() == TODAY + DAY


def test_another_fiscal_year_takes_the_place_of_the_one_before(shop):
    factories.configure(fiscal_year_start=1)
    rollups.fill(as_of=TODAY, now=NOW)
    firsts = ChurnRollup.objects.filter(months__gte=6, dimension="").values_list("months", "first")
    assert {(months, f"{first:%Y-%m}") for months, first in firsts} == {(6, "2026-01"), (6, "2026-07"), (12, "2026-01")}
    assert kept() == rebuilt(TODAY, NOW)


def test_what_was_written_a_moment_ago_waits_a_little(shop):
    factories.purchase(shop[0], "2026-03-05")
    moment = NOW + dt.timedelta(seconds=30)
    rollups.keep_up(as_of=TODAY, now=moment, touched=[shop[0].pk])
    assert rollups.fill_open(now=moment) == {"churn": 0}
    assert rollups.fill_open(now=NOW + HOUR)["churn"] == 8


def test_a_mark_concerns_the_periods_that_hold_its_month():
    june, april = dt.date(2026, 6, 1), dt.date(2026, 4, 1)
    year, autumn, may = Period(april, 12), Period(dt.date(2026, 10, 1), 3), Period(dt.date(2026, 5, 1), 1)
    assert [filling.is_stale(one, [("x", june, False)]) for one in (year, autumn, may)] == [True, False, False]
    assert [filling.is_stale(one, [("x", june, True)]) for one in (year, autumn, may)] == [True, True, False]
    assert filling.is_stale(autumn, [("x", june, False)], reach=4)


@pytest.mark.django_db
def test_facts_mark_the_months_they_touch():
    who, other = factories.customer(), factories.customer()

    def marks(kind):
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM metrics_stale RETURNING kind, month, onward")
            found = cursor.fetchall()
        return sorted((f"{month:%Y-%m}", onward) for said, month, onward in found if said == kind)

    june, july = ("2026-06", False), ("2026-07", False)
    one = factories.purchase(who, "2026-06-30")
    assert marks("purchases") == [june]
    Purchase.objects.filter(pk=one.pk).update(purchased_on="2026-07-01")
    assert marks("purchases") == [june, july]
    Purchase.objects.filter(pk=one.pk).update(quantity=7)
    assert marks("purchases") == []
    Purchase.objects.filter(pk=one.pk).update(customer=other)
    assert marks("purchases") == [july]
    Purchase.objects.all().delete()
    assert marks("purchases") == [july]
    factories.login(who, "2026-06-01")
    assert marks("logins") == [june]
    term = factories.contract(who, "2026-01-15")
    assert marks("contracts") == [("2026-01", True)]
    Contract.objects.filter(pk=term.pk).update(cancelled_on="2026-05-01", ends_on="2026-07-01")
    assert marks("contracts") == [("2026-06", True)]
    Contract.objects.filter(pk=term.pk).update(mrr=5)
    assert marks("contracts") == [("2026-01", True)]
    ScoreSnapshot.objects.create(customer=who, as_of="2026-05-31", lifecycle="active", is_active=True)
    ScoreSnapshot.objects.create(customer=who, as_of="2026-05-30", lifecycle="active", is_active=True)
    assert marks("values") == [june]


# --- cut short


class Killed(BaseException):
    """What a killed process would do to its transaction."""


def killed_at(patched, module, name, call):
    """The function works until its so-manieth call, which is killed when it has done its work."""
    whole, calls = getattr(module, name), count(1)

    def broken(*args, **words):
        found = whole(*args, **words)
        if next(calls) == call:
            raise Killed
        return found

    patched.setattr(module, name, broken)


STEPS = [(spells, "_keep", 1), (filling, "_take_marks", 1), (filling, "open_stale", 1), (filling, "_write", 3)]


def test_a_run_cut_short_at_any_step_heals(shop, monkeypatch):
    factories.purchase(shop[0], "2026-03-05")
    Customer.objects.filter(pk=shop[1].pk).update(region="東京都")
    right = rebuilt(TODAY, NOW)

    def run():
        rollups.keep_up(as_of=TODAY, now=NOW + HOUR, touched=[one.pk for one in shop])
        rollups.fill_open(now=NOW + HOUR)

    for module, name, call in STEPS:
        with transaction.atomic():
            with monkeypatch.context() as patched:
                killed_at(patched, module, name, call)
                with pytest.raises(Killed):
                    run()
            assert kept() != right, name
            run()
            assert kept() == right, name
            transaction.set_rollback(True)


@pytest.fixture
def many(transactional_db):
    """A company whose facts are committed, of which nothing is kept yet."""
    factories.configure(inactivity_days=30)
    for number in range(20):
        who = factories.customer()
        for month in range(1, 7):
            factories.purchase(who, dt.date(2026, month, 1 + (number * month) % 28))


@pytest.mark.prove
def test_a_killed_process_leaves_nothing_that_the_next_does_not_heal(many):
    """Killed by the system in the middle of the third period."""
    connection.close()
    child = os.fork()
    if not child:
        stand, calls = computing.stand, count(1)
        computing.stand = lambda *args, **words: (
            os.kill(os.getpid(), signal.SIGKILL) if next(calls) == 3 else stand(*args, **words)
        )
        rollups.fill(as_of=TODAY, now=NOW)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    assert Fill.objects.filter(metric="churn").count() == 2
    rollups.fill(as_of=TODAY, now=NOW + HOUR)
    assert Fill.objects.filter(metric="churn", done_at=NOW).count() == 2
    assert kept() == rebuilt(TODAY, NOW)


@pytest.mark.prove
def test_two_fillers_at_once_do_each_period_once(many, monkeypatch):
    whole, written = filling._write, []
    monkeypatch.setattr(
        filling, "_write", lambda rollup, periods, **words: (written.extend(periods), whole(rollup, periods, **words))
    )

    def run(_number):
        try:
            rollups.fill(as_of=TODAY, now=NOW)
            rollups.fill_open(now=NOW)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(run, range(2)))
    assert len(written) == len(set(written)) == Fill.objects.filter(metric="churn").count()
