"""The proposal for the days without activity, worked out by hand."""

import datetime as dt

import pytest

from accounts.models import Role, User
from scores import proposing
from tests import factories

pytestmark = pytest.mark.django_db
AS_OF = dt.date(2026, 6, 30)


def buys(*days: str):
    who = factories.customer()
    for day in days:
        factories.purchase(who, day)
    return who


def test_it_is_the_nearest_rank_of_the_gaps():
    # Twenty gaps: nineteen of 10 days and one of 100. Rank ceil(0.95 × 20) = 19: 10 days.
    start = dt.date(2025, 1, 1)
    buys(*(str(start + dt.timedelta(days=10 * step)) for step in range(20)), "2025-10-18")
    proposal = proposing.inactivity(as_of=AS_OF, present=180)
    assert (proposal.gaps, proposal.proposed.days) == (20, 10)
    # Lost under 10: once before the long gap, and once for good after 2025-10-18.
    assert (proposal.proposed.lost, proposal.proposed.came_back) == (2, 1)
    # Under 180: only for good (255 days until 30 June).
    assert (proposal.present.lost, proposal.present.came_back) == (1, 0)


def test_who_buys_on_the_last_day_was_never_lost():
    # Bought on 1 January; under N = 30 lost on 31 January unless bought on that very day.
    buys("2026-01-01", "2026-01-31", "2026-06-30")
    buys("2026-01-01", "2026-02-01", "2026-06-30")
    proposal = proposing.inactivity(as_of=AS_OF, present=30)
    # Gaps 30, 150, 31, 149: lost by 150, 31 and 149; all came back.
    assert (proposal.present.lost, proposal.present.came_back) == (3, 3)


def test_who_is_quiet_exactly_so_long_is_lost_today():
    buys("2026-05-31")
    assert proposing.inactivity(as_of=AS_OF, present=30).present.lost == 1
    assert proposing.inactivity(as_of=AS_OF, present=31).present.lost == 0


def test_two_purchases_on_one_day_are_no_gap_and_refunds_are_none():
    who = buys("2026-05-01", "2026-05-01")
    factories.purchase(who, "2026-06-01", amount=-500)
    assert proposing.inactivity(as_of=AS_OF, present=180).proposed is None


def test_later_purchases_change_nothing():
    buys("2026-01-01", "2026-01-11")
    before = proposing.inactivity(as_of=AS_OF, present=90)
    buys("2026-07-01", "2026-12-01")
    assert proposing.inactivity(as_of=AS_OF, present=90) == before


def test_without_customers_there_is_nothing_to_propose():
    proposal = proposing.inactivity(as_of=AS_OF, present=180)
    assert (proposal.proposed, proposal.present.lost, proposal.gaps) == (None, 0, 0)


def test_the_page_shows_it_alone_and_within_the_settings(client):
    admin = User.objects.create_user("boss@example.jp", name="管理", role=Role.ADMIN)
    client.force_login(admin, backend="accounts.backends.StaffBackend")
    assert "まだありません" in client.get("/scores/inactivity/").content.decode()
    buys("2026-01-01", "2026-01-11")
    whole = client.get("/scores/inactivity/").content.decode()
    part = client.get("/scores/inactivity/", headers={"HX-Request": "true"}).content.decode()
    assert "10日" in whole
    assert "10日" in part
    assert "<html" not in part
