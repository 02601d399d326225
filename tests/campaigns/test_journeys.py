"""The table of entry, exit and re-entry, cell by cell: as it is written down, and as the statements do it."""

import datetime as dt

import pytest

from campaigns import entering, journeys
from campaigns.journeys import Event, Outcome, Standing
from campaigns.models import Campaign, Enrollment, Journey
from common import sql
from tests.campaigns import series
from tests.campaigns.moments import NOW, TODAY
from tests.campaigns.series import DAY

ENTERS, STAYS, NOTHING = Outcome.ENTERS, Outcome.STAYS, Outcome.NOTHING
LEAVES, FINISHES = Outcome.LEAVES, Outcome.FINISHES
COLUMNS = ("new", "on_the_way", "resting", "returning", "done", "held_out", "outside")
EXPECTED = {
    "started": (ENTERS, STAYS, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING),
    "entered": (ENTERS, STAYS, NOTHING, ENTERS, NOTHING, NOTHING, NOTHING),
    "day": (ENTERS, STAYS, NOTHING, ENTERS, NOTHING, NOTHING, NOTHING),
    "occurrence": (ENTERS, STAYS, NOTHING, ENTERS, NOTHING, NOTHING, NOTHING),
    "through": (NOTHING, FINISHES, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING),
    "goal": (NOTHING, LEAVES, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING),
    "left_segment": (NOTHING, LEAVES, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING),
    "unreachable": (NOTHING, LEAVES, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING),
    "gone": (NOTHING, LEAVES, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING),
    "offer_over": (NOTHING, LEAVES, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING),
    "cancelled": (NOTHING, LEAVES, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING),
}
CELLS = [(event, standing, row[n]) for event, row in EXPECTED.items() for n, standing in enumerate(COLUMNS)]


@pytest.mark.parametrize(("event", "standing", "expected"), CELLS)
def test_every_cell_of_the_table(event, standing, expected):
    assert journeys.outcome(Event(event), Standing(standing)) == expected


def test_the_table_has_no_other_cells():
    assert {(event, standing) for event, row in journeys.TABLE.items() for standing in row} == {
        (event, standing) for event, standing, _outcome in CELLS
    }


def test_exits_that_were_not_chosen_are_none():
    assert "goal" not in journeys.exits_of(Campaign(exits_on_goal=False))
    assert "left_segment" in journeys.exits_of(Campaign(exits_on_leaving=True))
    assert journeys.exits_of(Campaign()) == ["gone", "cancelled", "goal", "offer_over", "unreachable"]


# --- and the statement says so too ---------------------------------------------------------------


def _stand(campaign: Campaign, customer, standing: str) -> None:
    """Puts a customer where the column of the table says."""
    if standing == "held_out":
        Enrollment.objects.create(campaign=campaign, customer=customer, arm="held_out", enrolled_at=NOW)
    if standing == "outside":
        customer.memberships.update(left_on=TODAY)
    if standing in {"on_the_way", "resting", "returning", "done"}:
        Enrollment.objects.create(campaign=campaign, customer=customer, arm="treated", enrolled_at=NOW)
        entered_at = NOW - (30 * DAY if standing == "returning" else 29 * DAY)
        state = "active" if standing == "on_the_way" else "finished"
        Journey.objects.create(
            campaign=campaign, customer=customer, cause="before", entered_at=entered_at, due_at=NOW + DAY, state=state
        )


@pytest.mark.parametrize("event", ["started", "entered", "day", "occurrence"])
def test_who_may_enter_does_and_nobody_else(campaign, person, event):
    """All columns at once: with re-entry after 30 days, and "done" in a campaign without."""
    people = {standing: person(n) for n, standing in enumerate(COLUMNS, start=1)}
    series.steps(campaign, {}, {"wait": 3})
    entered = {}
    for reentry_days in (30, None):
        campaign.reentry_days = reentry_days
        Journey.objects.all().delete()
        Enrollment.objects.all().delete()
        for standing, customer in people.items():
            if (standing == "done") == (reentry_days is None):
                _stand(campaign, customer, standing)
        chosen = [people[standing].pk for standing in COLUMNS if (standing == "done") == (reentry_days is None)]
        sql.run("campaigns/sql/candidates.sql", {"customers": chosen, "causes": ["now"] * len(chosen)})
        entering.enter(campaign, Event(event), base=NOW, now=NOW)
        entered |= {code: True for code in Journey.objects.filter(cause="now").values_list("customer__code", flat=True)}
    expected = {people[s].code for s in COLUMNS if journeys.outcome(Event(event), Standing(s)) == ENTERS}
    assert set(entered) == expected


def test_a_cause_lets_nobody_in_twice(campaign, person):
    campaign.reentry_days = 0
    customer = person(1)
    series.steps(campaign, {})
    for _time in range(2):
        Journey.objects.update(state="finished")
        sql.run("campaigns/sql/candidates.sql", {"customers": [customer.pk], "causes": ["news:1"]})
        entering.enter(campaign, Event.ENTERED, base=NOW, now=NOW)
    assert Journey.objects.count() == 1


def test_whoever_comes_again_keeps_his_arm_and_counts_his_entries(campaign, person):
    campaign.reentry_days = 1
    campaign.holdout_percent = 50
    series.steps(campaign, {})
    people = [person(n) for n in range(1, 9)]
    for days in range(3):
        Journey.objects.update(state="finished")
        causes = [f"day {days}"] * len(people)
        sql.run("campaigns/sql/candidates.sql", {"customers": [one.pk for one in people], "causes": causes})
        entering.enter(campaign, Event.DAY, base=NOW, now=NOW + dt.timedelta(days))
    arms = dict(Enrollment.objects.values_list("customer__code", "arm"))
    assert set(arms.values()) == {"treated", "held_out"}
    treated = sorted(code for code, arm in arms.items() if arm == "treated")
    assert series.places(campaign) == [
        (code, n, 0, "finished" if n < 3 else "active") for code in treated for n in (1, 2, 3)
    ]
