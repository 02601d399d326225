"""People enter a series: by news, by a date, on a recurring day; each cause once, also after an outage."""

import datetime as dt

import pytest

from accounts.models import Installation
from campaigns import entering, journeys, states, uplift
from campaigns.models import Campaign, Coupon, Enrollment, Journey
from segments.models import Consumer, Segment
from tests import factories
from tests.campaigns import series
from tests.campaigns.conftest import agree
from tests.campaigns.moments import NOW, TODAY
from tests.campaigns.series import DAY, HOUR

Trigger = Campaign.Trigger


def who() -> list[str]:
    return sorted(Journey.objects.values_list("customer__code", flat=True))


def fresh(on: dt.date) -> None:
    Segment.objects.update(as_of=on)


# --- by news of the segment ------------------------------------------------------------------


def test_news_from_the_launch_on_lets_people_in_and_the_first_step_is_written(campaign, person, segment):
    before, after = person(1), person(2)
    series.news(segment, before)
    campaign = series.by_news(campaign)
    series.news(segment, after)
    series.tick(NOW)
    assert series.places(campaign) == [("C00002", 1, 1, "active")]
    assert series.ledger(campaign) == [("C00002", 1, 1, "pending")]
    journey = Journey.objects.get()
    assert journey.due_at == NOW + 3 * DAY
    assert Enrollment.objects.get().enrolled_at == NOW
    assert Coupon.objects.get().customer == after


def test_who_is_in_the_segment_at_the_launch_enters_too_where_the_campaign_says_so(campaign, person):
    person(1)
    series.by_news(campaign, trigger_rule={"present": True})
    series.tick(NOW)
    series.tick(NOW + HOUR)
    assert who() == ["C00001"]


def test_who_has_left_again_before_anybody_looked_does_not_enter(campaign, person, segment):
    customer = person(1)
    series.by_news(campaign)
    series.news(segment, customer)
    series.news(segment, customer, kind="left", on=TODAY + DAY)
    series.tick(NOW + DAY)
    assert who() == []


def test_the_hour_of_entries_is_that_of_the_first_step(campaign, person, segment):
    series.by_news(campaign, {"send_time": dt.time(9)}, {"wait": 1})
    series.news(segment, person(1))
    series.tick(NOW)  # 10:00
    assert Journey.objects.get().due_at == NOW + 23 * HOUR


def test_who_cant_be_reached_is_turned_away_with_the_reason_and_may_come_again(campaign, person, segment):
    customer = person(1, agreed=False)
    campaign = series.by_news(campaign, reentry_days=1)
    series.news(segment, customer)
    series.tick(NOW)
    assert series.ledger(campaign) == [("C00001", 0, 1, "no_consent")]
    assert not Enrollment.objects.exists()
    agree(customer, "p1@example.jp")
    series.news(segment, customer, kind="left", on=TODAY + DAY)
    series.news(segment, customer, on=TODAY + 2 * DAY)
    series.tick(NOW + 2 * DAY)
    assert series.ledger(campaign) == [("C00001", 0, 1, "no_consent"), ("C00001", 1, 1, "pending")]


def test_the_held_out_are_those_of_the_hash_and_stand_in_the_ledger_alone(campaign, person, segment):
    people = [person(n) for n in range(1, 21)]
    campaign = series.by_news(campaign, holdout_percent=30)
    series.news(segment, *people)
    series.tick(NOW)
    drawn = uplift.drawn_at_entry(campaign.pk, [one.pk for one in people], 30)
    held_out = sorted(one.code for one in people if one.pk in drawn)
    assert held_out
    assert who() == sorted({one.code for one in people} - set(held_out))
    assert [row[0] for row in series.ledger(campaign) if row[3] == "held_out"] == held_out


def test_nobody_enters_once_the_offer_has_ended_or_while_it_is_paused(campaign, person, segment):
    campaign = series.by_news(campaign)
    Campaign.objects.update(state="paused")
    series.news(segment, person(1))
    series.tick(NOW)
    assert who() == []
    Campaign.objects.update(state="running")
    campaign.offer.expires_on = TODAY - DAY
    campaign.offer.save()
    series.tick(NOW)
    assert who() == []


def test_the_trouble_of_one_campaign_stays_its_own(campaign, person, segment, caplog):
    series.by_news(campaign)
    Campaign.objects.create(
        name="壊れた", segment=segment, created_by=campaign.created_by, trigger="date", state="running", planned_to=0
    )
    series.news(segment, person(1))
    series.tick(NOW)
    assert who() == ["C00001"]
    assert "nobody could enter" in caplog.text


def test_a_stopped_campaign_takes_no_more_news(campaign, person, segment):
    campaign = series.by_news(campaign)
    series.news(segment, person(1))
    series.tick(NOW)
    states.cancel(campaign=campaign, by=campaign.created_by)
    assert series.places(campaign) == [("C00001", 1, 1, "cancelled")]
    assert not Consumer.objects.filter(name=journeys.consumer_of(campaign)).exists()


# --- by a date ---------------------------------------------------------------------------------


@pytest.fixture
def dated(campaign, person):
    """Launched on 20 November at 10:00; its hour is 9."""

    def make(rule: dict, **fields) -> Campaign:
        wanted = {"trigger": Trigger.DATE, "trigger_rule": rule, "send_time": dt.time(9), "reentry_days": 30}
        return series.launched(campaign, {}, **(wanted | fields))

    return make


def at(day: str, hour: int = 9) -> dt.datetime:
    fresh(dt.date.fromisoformat(day))
    return factories.moment(day, hour)


def test_a_birthday_lets_someone_in_once_a_year(dated, person):
    campaign = dated({"field": "birth_on"})
    campaign.offer.delete()
    person(1, birth_on=dt.date(1980, 11, 22))
    person(2, birth_on=dt.date(1990, 11, 23))
    person(3, birth_on=dt.date(2026, 11, 22) + DAY * 365)  # not born yet
    series.tick(at("2026-11-22", 8))
    assert who() == []
    series.tick(at("2026-11-22"))
    series.tick(at("2026-11-22", 12))
    assert who() == ["C00001"]
    series.tick(at("2027-11-22"))
    assert who() == ["C00001", "C00001", "C00003"]


def test_days_missed_are_made_up_for_within_a_limit_and_never_twice(dated, person):
    dated({"field": "birth_on"})
    for number, day in enumerate((24, 25, 26, 27, 28), start=1):
        person(number, birth_on=dt.date(1980, 11, day))
    series.tick(at("2026-11-24"))
    series.tick(at("2026-11-28"))  # nothing ran from the 25th on
    series.tick(at("2026-11-28", 10))
    assert who() == ["C00001", "C00002", "C00003", "C00004", "C00005"]
    assert entering.CATCH_UP == 3 * DAY
    person(6, birth_on=dt.date(1980, 11, 29))
    series.tick(at("2026-12-03"))  # the 29th is four days ago
    assert "C00006" not in who()


def test_the_day_of_the_launch_counts_only_if_its_hour_is_still_to_come(dated, person):
    dated({"field": "birth_on"})
    person(1, birth_on=dt.date(1980, 11, 20))
    series.tick(at("2026-11-20", 12))
    assert who() == []


def test_days_after_joining_and_anniversaries_of_it(dated, person):
    campaign = dated({"field": "joined_on", "days": 7})
    person(1, joined_on=dt.date(2026, 11, 14))
    person(2, joined_on=dt.date(2025, 11, 14))
    series.tick(at("2026-11-21"))
    assert who() == ["C00001"]
    Campaign.objects.filter(pk=campaign.pk).update(trigger_rule={"field": "joined_yearly", "days": 7})
    series.tick(at("2026-11-22"))
    assert who() == ["C00001"]
    person(3, joined_on=dt.date(2025, 11, 16))
    series.tick(at("2026-11-23"))
    assert who() == ["C00001", "C00003"]


@pytest.mark.parametrize(
    ("field", "term"),
    [
        ("renews_on", {"renews_on": "2026-12-22"}),
        ("notice_on", {"renews_on": "2027-01-21", "notice_days": 30}),
        ("ends_on", {"ends_on": "2026-12-23", "cancelled_on": "2026-10-01"}),
    ],
)
def test_dates_of_contracts(dated, person, field, term):
    dated({"field": field, "days": -30})
    factories.contract(person(1), "2026-01-01", **term)
    factories.contract(person(2), "2026-01-01", contract_id="X", **term)
    factories.contract(person(3), "2026-01-01", is_trial=True, **term)
    series.tick(at("2026-11-21"))
    assert who() == []
    series.tick(at("2026-11-22"))
    assert who() == ["C00001", "C00002"]


def test_a_contract_under_notice_or_followed_by_a_new_term_has_no_renewal(dated, person):
    dated({"field": "renews_on", "days": -30})
    factories.contract(person(1), "2026-01-01", renews_on="2026-12-22", cancelled_on="2026-10-01")
    factories.contract(person(2), "2026-01-01", renews_on="2026-12-22", contract_id="Y")
    factories.contract(person(3), "2026-01-01")
    factories.contract(
        factories.Customer.objects.get(code="C00002"), "2026-12-22", renews_on="2027-12-22", contract_id="Y"
    )
    series.tick(at("2026-11-22"))
    assert who() == []


def test_members_of_yesterday_are_no_audience_of_today(dated, person):
    campaign = dated({"field": "birth_on"})
    person(1, birth_on=dt.date(1980, 11, 21))
    now = factories.moment("2026-11-21", 9)
    series.tick(now)
    campaign.refresh_from_db()
    assert who() == []
    assert campaign.note
    fresh(dt.date(2026, 11, 21))
    series.tick(now)
    campaign.refresh_from_db()
    assert (who(), campaign.note) == (["C00001"], "")


# --- on a recurring day --------------------------------------------------------------------------


def test_each_occurrence_takes_whoever_is_in_the_segment_then_once(campaign, person, segment):
    rule = {"every": "week", "on": [0]}
    first, second = person(1), person(2)
    series.launched(campaign, {}, trigger=Trigger.RECURRING, trigger_rule=rule, send_time=dt.time(9), reentry_days=1)
    for day in ("2026-11-21", "2026-11-23", "2026-11-23"):
        series.tick(at(day))
    assert who() == ["C00001", "C00002"]
    series.news(segment, first, kind="left")
    person(3)
    series.tick(at("2026-11-30", 12))
    assert who() == ["C00001", "C00002", "C00002", "C00003"]
    assert Installation.get().day_of(Journey.objects.latest("pk").entered_at) == dt.date(2026, 11, 30)
    assert second.journeys.get(entry=2).cause == "on:2026-11-30T00:00Z"
