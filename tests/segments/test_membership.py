import datetime as dt

import pytest
from django.db import DatabaseError, connection
from django.db.models.expressions import RawSQL

from customers.models import Customer
from scores.models import Score
from segments import membership, ready_made, scanning
from segments.models import Membership, Segment
from tests import factories

pytestmark = pytest.mark.django_db
NOON = dt.datetime(2026, 6, 30, 3, tzinfo=dt.UTC)
D1, D2, D3 = (dt.date(2026, 6, day) for day in (1, 2, 3))


def _customer(code, **score):
    customer = factories.customer(code)
    Score.objects.create(customer=customer, as_of=D1, **score)
    return customer


@pytest.fixture
def vip():
    ready_made.ensure()
    return Segment.objects.get(slug="vip")


def _stays(segment):
    return list(segment.memberships.order_by("id").values_list("customer__code", "entered_on", "left_on"))


def _set_vip(code, value):
    Score.objects.filter(customer__code=code).update(m=5 if value else 4)


def test_who_matches_enters_and_who_no_longer_does_leaves(vip):
    _customer("A", m=5)
    _customer("B", m=4)
    assert membership.refresh(vip, as_of=D1, now=NOON) == 1
    _set_vip("A", False)
    _set_vip("B", True)
    assert membership.refresh(vip, as_of=D2, now=NOON) == 1
    assert _stays(vip) == [("A", D1, D2), ("B", D2, None)]


def test_a_second_run_of_the_day_changes_nothing(vip):
    _customer("A", m=5)
    membership.refresh(vip, as_of=D1, now=NOON)
    before = _stays(vip)
    membership.refresh(vip, as_of=D1, now=NOON)
    assert _stays(vip) == before


def test_who_left_and_is_back_on_the_same_day_never_left(vip):
    _customer("A", m=5)
    membership.refresh(vip, as_of=D1, now=NOON)
    _set_vip("A", False)
    membership.refresh(vip, as_of=D2, now=NOON)
    _set_vip("A", True)
    membership.refresh(vip, as_of=D2, now=NOON)
    assert _stays(vip) == [("A", D1, None)]


def test_who_entered_and_left_on_one_day_was_never_in(vip):
    _customer("A", m=5)
    membership.refresh(vip, as_of=D1, now=NOON)
    _set_vip("A", False)
    membership.refresh(vip, as_of=D1, now=NOON)
    assert _stays(vip) == []


def test_who_comes_back_later_has_two_stays(vip):
    _customer("A", m=5)
    for day, value in [(D1, True), (D2, False), (D3, True)]:
        _set_vip("A", value)
        membership.refresh(vip, as_of=day, now=NOON)
    assert _stays(vip) == [("A", D1, D2), ("A", D3, None)]


def test_one_that_fails_says_so_and_stops_no_other():
    _customer("A", m=5)
    broken = Segment.objects.create(slug="broken", name="broken", rule={"field": "nothing", "op": "is", "value": 1})
    counts = membership.refresh_all(as_of=D1, now=NOON)
    broken.refresh_from_db()
    assert (counts["broken"], broken.state) == (None, Segment.State.FAILED)
    assert "nothing" in broken.error
    assert counts["vip"] == 1


def test_a_rule_that_takes_too_long_is_stopped_and_says_so(vip, monkeypatch):
    slow = Customer.objects.annotate(slept=RawSQL("pg_sleep(2)::text", ())).filter(slept="x")
    matching = membership.matching
    Segment.objects.filter(pk=vip.pk).update(time_limit=1)
    monkeypatch.setattr(scanning, "scan", lambda segments, **how: {})
    monkeypatch.setattr(membership, "matching", lambda one, **day: slow if one == vip else matching(one, **day))
    _customer("A", f=5)
    counts = membership.refresh_all(as_of=D1, now=NOON)
    vip.refresh_from_db()
    assert (counts["vip"], vip.state, counts["frequent-buyers"]) == (None, Segment.State.FAILED, 1)
    assert vip.error == "timeout:1"


def test_what_the_database_refuses_is_said_without_its_statement(vip, monkeypatch):
    broken = Customer.objects.annotate(x=RawSQL("1 / (1 - least(length(code), 1))", ())).filter(x=1)
    monkeypatch.setattr(membership, "matching", lambda one, **day: broken)
    monkeypatch.setattr(scanning, "scan", lambda segments, **how: {})
    _customer("A")
    membership.refresh_all(as_of=D1, now=NOON)
    vip.refresh_from_db()
    assert vip.error == "database:22012"
    assert "22012" in vip.error_words


def test_archived_customers_are_in_no_segment(vip):
    customer = _customer("A", m=5)
    customer.archived_at = NOON
    customer.save()
    assert membership.refresh(vip, as_of=D1, now=NOON) == 0


def test_a_frozen_segment_stays_as_it_is():
    customer = _customer("A", m=4)
    frozen = Segment.objects.create(slug="frozen", name="x", rule={}, is_frozen=True)
    Membership.objects.create(segment=frozen, customer=customer, entered_on=D1)
    membership.refresh_all(as_of=D2, now=NOON)
    assert _stays(frozen) == [("A", D1, None)]


@pytest.mark.parametrize(
    ("slug", "score", "expected"),
    [
        ("vip", {"m": 5}, True),
        ("frequent-buyers", {"f": 5}, True),
        ("frequent-buyers", {"f": 4}, False),
        ("dormant", {"lifecycle": "dormant"}, True),
        ("dormant", {"lifecycle": "lapsed"}, True),
        ("dormant", {"lifecycle": "cancelled"}, False),
        ("cancelled", {"lifecycle": "cancelled"}, True),
        ("onboarding", {"lifecycle": "new"}, True),
        ("first-purchase-only", {"frequency": 1}, True),
        ("first-purchase-only", {"frequency": 2}, False),
        ("renewal-due", {"notice_due_on": D1}, True),
        ("renewal-due", {"notice_due_on": D1 + dt.timedelta(days=90)}, True),
        ("renewal-due", {"notice_due_on": D1 + dt.timedelta(days=91)}, False),
        ("renewal-due", {"notice_due_on": D1 - dt.timedelta(days=1)}, False),
        ("renewal-due", {"notice_due_on": D1, "notice_given_on": D1}, False),
        ("cant-lose-them", {"rfm_segment": "cant_lose_them"}, True),
        ("champions", {"rfm_segment": "loyal_customers"}, False),
    ],
)
def test_ready_made_segments_hold_whom_they_say(slug, score, expected):
    _customer("A", **score)
    ready_made.ensure()
    counts = membership.refresh_all(as_of=D1, now=NOON)
    assert bool(counts[slug]) is expected


def test_segments_about_contracts_are_offered_where_there_are_contracts():
    customer = factories.customer("A")
    assert {"cancelled", "renewal-due"}.isdisjoint(ready_made.offered())
    factories.contract(customer, "2026-01-01")
    assert "renewal-due" in ready_made.offered()


@pytest.mark.parametrize(("policy", "expected"), [("contract", True), ("either", True), ("inactivity", False)])
def test_cancelled_is_offered_where_contracts_decide_who_left(policy, expected):
    factories.configure(churn_policy=policy)
    factories.contract(factories.customer("A"), "2026-01-01")
    assert ("cancelled" in ready_made.offered()) is expected


def test_a_rule_of_ours_that_changed_is_brought_up_to_date_and_keeps_its_members(vip):
    _customer("A", m=5)
    membership.refresh(vip, as_of=D1, now=NOON)
    Segment.objects.filter(pk=vip.pk).update(rule={"field": "m", "op": "eq", "value": 4}, name="Old")
    ready_made.ensure()
    vip.refresh_from_db()
    assert (vip.rule, vip.name) == ({"field": "m", "op": "eq", "value": 5}, "VIP")
    assert _stays(vip) == [("A", D1, None)]


def test_one_pass_over_everybody_finds_whom_each_rule_finds_by_itself():
    for number, fields in enumerate(
        [{"m": 5, "f": 5, "lifecycle": "new", "is_vip": True}, {"m": 5, "frequency": 1}, {"lifecycle": "lapsed"}, {}]
    ):
        _customer(str(number), **fields)
    factories.customer("never scored")
    archived = _customer("archived", m=5)
    Customer.objects.filter(pk=archived.pk).update(archived_at=NOON)
    vip = {"field": "is_vip", "op": "is", "value": True}
    Segment.objects.create(slug="not-vip", name="x", rule={"not": vip})
    Segment.objects.create(slug="either", name="x", rule={"any": [vip, {"field": "m", "op": "eq", "value": 5}]})
    ready_made.ensure()
    segments = list(Segment.objects.all())
    scanned = scanning.scan(segments, as_of=D1, seconds=9)
    assert len(scanned) == len(segments)
    for segment in segments:
        with connection.cursor() as cursor:
            cursor.execute(scanning.found(segment.pk))
            by_scan = {row[0] for row in cursor}
        assert by_scan == set(membership.matching(segment, as_of=D1).values_list("pk", flat=True)), segment.slug
    scanning.forget()


def test_a_pass_that_fails_leaves_each_rule_to_itself(monkeypatch):
    def fill(plain, seconds):
        raise DatabaseError

    monkeypatch.setattr(scanning, "_fill", fill)
    _customer("A", m=5)
    assert membership.refresh_all(as_of=D1, now=NOON)["vip"] == 1
