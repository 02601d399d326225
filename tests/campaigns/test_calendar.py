"""The calendar of campaigns: what stands on which day, days of rest, and how much each person gets."""

import datetime as dt

import pytest
from django.test import Client

from accounts.models import ClosedDays
from campaigns import approving, calendar
from campaigns.models import Campaign, Delivery, Offer
from tests.campaigns.events import invite, occasion
from tests.campaigns.moments import NOW, TODAY

pytestmark = pytest.mark.django_db
FIRST, LAST = calendar.month(TODAY)


def on(day: dt.date) -> list[tuple[str, str]]:
    found = next(one for one in calendar.days(FIRST, LAST) if one.on == day)
    return [(item.kind, item.words or item.campaign.name) for item in found.items]


def test_a_month_is_the_whole_weeks_it_touches_and_a_week_begins_on_monday():
    assert (dt.date(2026, 10, 26), dt.date(2026, 12, 6)) == (FIRST, LAST)
    assert calendar.month(dt.date(2027, 2, 14)) == (dt.date(2027, 2, 1), dt.date(2027, 2, 28))
    assert calendar.week(TODAY) == (dt.date(2026, 11, 16), dt.date(2026, 11, 22))


def test_everything_of_a_campaign_stands_on_its_day(campaign, staff):
    Offer.objects.filter(campaign=campaign).delete()
    Offer.objects.create(campaign=campaign, text="10%引き", expires_on=dt.date(2026, 11, 25))
    occasion(campaign)
    approving.ask(campaign=campaign, recipients=1, by=staff, now=NOW, planned_at=NOW + dt.timedelta(days=1))
    make = Campaign.objects.create
    given = {"segment": campaign.segment, "created_by": staff}
    make(name="予約", state="scheduled", scheduled_at=NOW + dt.timedelta(days=2), **given)
    make(name="送信", state="finished", launched_at=NOW - dt.timedelta(days=1), **given)
    make(name="毎月", state="running", trigger="recurring", trigger_rule={"every": "month", "on": 30}, **given)
    make(name="壊れた", state="running", trigger="recurring", trigger_rule={}, **given)
    assert on(TODAY + dt.timedelta(days=1)) == [("asked", "掘り起こし")]
    assert on(TODAY + dt.timedelta(days=2)) == [("planned", "予約")]
    assert on(TODAY - dt.timedelta(days=1)) == [("sent", "送信")]
    assert on(dt.date(2026, 11, 30)) == [("recurs", "毎月")]
    assert on(dt.date(2026, 11, 25)) == [("offer", "10%引き")]
    assert on(dt.date(2026, 11, 28)) == [("event", "秋の内覧会")]


def test_the_hour_near_midnight_stands_on_the_companys_day(campaign):
    Campaign.objects.update(state="scheduled", scheduled_at="2026-11-20T15:30:00Z")  # 00:30 on the 21st in Tokyo
    assert on(dt.date(2026, 11, 20)) == []
    assert on(dt.date(2026, 11, 21)) == [("planned", "掘り起こし")]


def test_days_of_rest_are_marked(db):
    ClosedDays.objects.create(name="創立記念日", first_on=dt.date(2026, 11, 18), last_on=dt.date(2026, 11, 18))
    days = {one.on: one for one in calendar.days(FIRST, LAST)}
    assert days[dt.date(2026, 11, 18)].is_closed
    assert days[dt.date(2026, 11, 23)].is_holiday  # 勤労感謝の日
    assert days[dt.date(2026, 11, 21)].is_weekend
    assert not days[dt.date(2026, 11, 20)].is_rest


def test_the_load_counts_promotions_per_person_and_week_against_the_budget(campaign, person, installation, staff):
    """Allowed: 2. Week of 16 November: p1 got 3, p2 got 2, p3 got 1. Week of 23: one planned, to all three."""
    installation.contact_budget = 2
    installation.save()
    people = [person(number) for number in (1, 2, 3)]
    given = {"segment": campaign.segment, "created_by": staff}
    for got in (people, people[:2], people[:1]):
        made = Campaign.objects.create(name="便り", state="finished", launched_at=NOW, **given)
        made.steps.create(subject="件名", body="本文")
        for who in got:
            invite(made, who)
    notice = Campaign.objects.create(name="連絡", launched_at=NOW, message_class="business", **given)
    notice.steps.create(subject="件名", body="本文")
    invite(notice, people[2])
    Campaign.objects.filter(pk=campaign.pk).update(state="scheduled", scheduled_at=NOW + dt.timedelta(days=5))
    assert calendar.load(FIRST, LAST) == [
        calendar.Load(dt.date(2026, 11, 16), messages=6, people=3, at_budget=1, over_budget=1),
        calendar.Load(dt.date(2026, 11, 23), messages=3, people=3, at_budget=0, over_budget=0),
    ]
    assert calendar.load(FIRST, LAST)[0].each == 2.0
    Delivery.objects.update(state="suppressed")
    assert [row.week for row in calendar.load(FIRST, LAST)] == [dt.date(2026, 11, 23)]
    assert calendar.Load(TODAY, 0, 0, 0, 0).each == 0


def test_the_pages_show_month_week_and_load_and_survive_any_address(campaign, staff):
    client = Client()
    client.force_login(staff)
    Campaign.objects.filter(pk=campaign.pk).update(trigger="entering", state="running")
    address = "/campaigns/calendar/"
    assert "2026年11月" in client.get(f"{address}?on=2026-11-20").content.decode()
    assert "2026/11/16〜11/22" in client.get(f"{address}?by=week&on=2026-11-20").content.decode()
    assert "一人ずつ送られる施策" in client.get(address).content.decode()
    for nonsense in ("0001-01-01", "9999-12-31", "x", "2026-13-01"):
        assert client.get(f"{address}?on={nonsense}").status_code == 200
        assert client.get(f"{address}load/?on={nonsense}").status_code == 200
    part = client.get(f"{address}load/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
