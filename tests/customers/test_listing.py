"""Whom the list shows, in which order, and that pages by keys lose and repeat nobody."""

import datetime as dt
import random

import pytest

from customers import listing, searching
from customers.models import Contact, Customer
from scores.models import Prediction, Score
from segments.models import Membership, Segment
from tests import factories

pytestmark = pytest.mark.django_db


def _customer(code, *, email="", phone="", **fields):
    customer = factories.customer(code, **fields)
    if email or phone:
        Contact.objects.create(customer=customer, name="先方 太郎", email=email, phone=phone, is_primary=True)
    searching.refresh([customer.pk])
    return customer


# --- what a person asks for ---------------------------------------------------------------------


def _wanted(user, has_own=True, **params):
    return listing.Wanted.read(params, user=user, has_own=has_own)


def test_staff_begin_with_their_own_customers_and_search_everybodys():
    cs = factories.user()
    assert _wanted(cs).scope == "mine"
    assert _wanted(cs, lifecycle="dormant").scope == "mine"
    assert _wanted(cs, q="5678").scope == "all"
    assert _wanted(cs, segment="vip").scope == "all"
    assert _wanted(cs, has_own=False).scope == "all"
    assert _wanted(cs, scope="all").scope == "all"
    assert _wanted(cs, scope="mine", q="5678").scope == "mine"


def test_leaders_begin_with_everybody():
    assert _wanted(factories.user(role="manager")).scope == "all"


def test_what_makes_no_sense_is_left_out():
    wanted = _wanted(factories.user(), scope="x", sort="x", owner="1 OR 1", q="a\0b")
    assert (wanted.scope, wanted.sort, wanted.owner, wanted.q) == ("all", "name", "", "ab")


def _codes(wanted, user):
    return {customer.code for customer in listing.page(wanted, user=user).rows}


def test_filters_narrow_down():
    cs, other = factories.user(), factories.user()
    mine = _customer("M", owner=cs, industry="食品")
    his = _customer("H", owner=other, industry="食品")
    _customer("N")
    archived = _customer("X", owner=cs)
    archived.archived_at = factories.moment("2026-06-01")
    archived.save()
    Score.objects.create(customer=his, as_of="2026-06-30", lifecycle="dormant")
    segment = Segment.objects.create(slug="s", name="s", rule={})
    Membership.objects.create(segment=segment, customer=mine, entered_on="2026-06-01")
    Membership.objects.create(segment=segment, customer=his, entered_on="2026-06-01", left_on="2026-06-02")
    assert _codes(listing.Wanted(), cs) == {"M", "H", "N"}
    assert _codes(listing.Wanted(scope="mine"), cs) == {"M"}
    assert _codes(listing.Wanted(owner=str(other.pk)), cs) == {"H"}
    assert _codes(listing.Wanted(industry="食品"), cs) == {"M", "H"}
    assert _codes(listing.Wanted(lifecycle="dormant"), cs) == {"H"}
    assert _codes(listing.Wanted(segment="s"), cs) == {"M"}
    assert _codes(listing.Wanted(industry="食品", q="m"), cs) == {"M"}


# --- order and pages ----------------------------------------------------------------------------


def test_names_stand_in_gojuon_order_by_their_reading():
    for code, name, kana in [
        ("1", "渡辺", "ワタナベ"),
        ("2", "安藤", "アンドウ"),
        ("3", "株式会社加藤", "カトウ"),
        ("4", "がけ", ""),
    ]:
        _customer(code, name=name, kana=kana)
    page = listing.page(listing.Wanted(), user=factories.user())
    assert [customer.name for customer in page.rows] == ["安藤", "がけ", "株式会社加藤", "渡辺"]


def _scored(code, **fields):
    customer = factories.customer(code, sort_key=fields.pop("sort_key", code))
    Prediction.objects.create(customer=customer, as_of="2026-06-30", churn_risk=fields.pop("churn_risk"))
    Score.objects.create(customer=customer, as_of="2026-06-30", **fields)


def _crowd(seed):
    """Thirty customers; few distinct values, so that most are ties; every fourth has no figures."""
    chance = random.Random(seed)
    for number in range(30):
        code, place = f"{seed}-{number}", chance.choice("あいうえ")
        if number % 4 == 0:
            factories.customer(code, sort_key=place)
            continue
        _scored(
            code,
            sort_key=place,
            churn_risk=chance.choice([None, 0.0, 0.25, 0.5]),
            last_purchase_on=chance.choice([None, dt.date(2026, 6, 30), dt.date(2026, 6, 29), dt.date(1960, 1, 1)]),
            frequency=chance.randrange(3),
            ltv_historic=chance.choice([None, -500, 0, 1200]),
        )


FIGURES = {
    "last": lambda one: one.score.last_purchase_on and one.score.last_purchase_on.toordinal(),
    "orders": lambda one: one.score.frequency,
    "ltv": lambda one: one.score.ltv_historic,
    "risk": lambda one: one.prediction.churn_risk,
}


def _in_order(sort):
    """The ids in the order the list should have, made in Python: names up, figures down, none last, then ids."""
    people = Customer.objects.select_related("score", "prediction")
    if sort == "name":
        return [one.pk for one in sorted(people, key=lambda one: (one.sort_key, one.pk))]
    figures = {one.pk: FIGURES[sort](one) if hasattr(one, "score") else None for one in people}
    return sorted(figures, key=lambda pk: (figures[pk] is None, -(figures[pk] or 0), pk))


def _cursor(url, name):
    return dict(part.split("=") for part in url.removeprefix("?").split("&"))[name]


@pytest.mark.parametrize("sort", list(listing.ORDERS))
@pytest.mark.parametrize("seed", range(3))
def test_pages_forwards_and_backwards_are_the_whole_order(sort, seed, monkeypatch):
    monkeypatch.setattr(listing, "ROWS", 7)
    _crowd(seed)
    user, wanted = factories.user(), listing.Wanted(sort=sort)
    pages = [listing.page(wanted, user=user)]
    while pages[-1].next_url:
        pages.append(listing.page(wanted, user=user, after=_cursor(pages[-1].next_url, "after")))
    assert [one.pk for page in pages for one in page.rows] == _in_order(sort)
    assert [len(page.rows) for page in pages] == [7, 7, 7, 7, 2]
    assert {page.count for page in pages} == {30}
    back = [pages[-1]]
    while back[-1].prev_url:
        back.append(listing.page(wanted, user=user, before=_cursor(back[-1].prev_url, "before")))
    assert [one.pk for page in reversed(back) for one in page.rows] == _in_order(sort)


def test_pages_with_a_filter_stay_inside_it(monkeypatch):
    monkeypatch.setattr(listing, "ROWS", 2)
    for number in range(6):
        factories.customer(f"c{number}", industry="小売" if number % 2 else "製造")
    user, wanted = factories.user(), listing.Wanted(industry="小売")
    first = listing.page(wanted, user=user)
    second = listing.page(wanted, user=user, after=_cursor(first.next_url, "after"))
    assert [one.code for one in first.rows + second.rows] == ["c1", "c3", "c5"]
    assert (first.count, second.next_url) == (3, "")


def test_beyond_the_last_customer_the_list_begins_again():
    who = factories.customer("A")
    page = listing.page(listing.Wanted(), user=factories.user(), after=str(who.pk))
    assert ([one.code for one in page.rows], page.prev_url, page.next_url) == (["A"], "", "")


def test_who_has_no_figure_comes_last():
    factories.customer("c3")
    _scored("c1", churn_risk=0.0, last_purchase_on="1960-01-01", ltv_historic=-100_000)
    for sort in ("last", "ltv", "risk", "orders"):
        page = listing.page(listing.Wanted(sort=sort), user=factories.user())
        assert [customer.code for customer in page.rows] == ["c1", "c3"]


@pytest.mark.parametrize("cursor", ["x", "999999999", "-1", "９", "9" * 30])
def test_a_cursor_that_names_nobody_gives_the_beginning(cursor):
    _customer("A")
    assert len(listing.page(listing.Wanted(), user=factories.user(), after=cursor).rows) == 1


def test_counting_stops_at_a_limit(monkeypatch):
    monkeypatch.setattr(listing, "COUNT_TO", 2)
    for number in range(4):
        _customer(f"c{number}")
    page = listing.page(listing.Wanted(), user=factories.user())
    assert (page.count, page.is_capped) == (2, True)


# --- addresses and choices ----------------------------------------------------------------------


def test_the_address_keeps_what_is_asked_and_leaves_out_what_is_not():
    wanted = listing.Wanted(q="青空", sort="ltv")
    assert wanted.address() == "?q=%E9%9D%92%E7%A9%BA&scope=all&sort=ltv"
    assert wanted.address(q="", after=7) == "?scope=all&sort=ltv&after=7"
    assert wanted.is_filtered
    assert not listing.Wanted().is_filtered


def test_choices_are_what_there_is():
    staff, other = factories.user(), factories.user()
    factories.customer(industry="小売", owner=staff)
    factories.customer(industry="小売")
    factories.customer(industry="製造", owner=other, archived_at=factories.moment("2026-06-01"))
    Segment.objects.create(slug="mine", name="私の", rule={})
    assert listing.industries() == ["小売"]
    assert list(listing.owners()) == [staff]
    assert "dormant" in dict(listing.lifecycle_choices())
    assert ("mine", "私の") in listing.segment_choices()
