"""Random schedules of entering, goals, pauses, editions and deaths in mid-work: nobody twice, nobody forgotten."""

import contextlib
import datetime as dt
import random

import pytest
from django.db.models import Count

from campaigns import advancing, editions, entering, states
from campaigns.models import Campaign, Delivery, Journey, Step
from common import sql
from tests import factories
from tests.campaigns import series
from tests.campaigns.moments import NOW
from tests.campaigns.series import DAY, HOUR

PEOPLE = 5
ACTS = 22


class Killed(BaseException):
    """The process dies here."""


class Story:
    """One campaign, its people, and a clock that only goes forward."""

    def __init__(self, seed: int, campaign: Campaign, people: list, segment, monkeypatch):
        self.dice, self.campaign, self.people, self.segment = random.Random(seed), campaign, people, segment
        self.now, self.fuse, self.patch = NOW, None, monkeypatch
        self.by = campaign.created_by
        honest = sql.run
        monkeypatch.setattr(sql, "run", lambda name, params=None: self._maybe_die() or honest(name, params))

    def _maybe_die(self) -> None:
        if self.fuse is not None:
            self.fuse -= 1
            if self.fuse < 0:
                self.fuse = None
                raise Killed

    def tick(self) -> None:
        self.now += self.dice.choice([HOUR, 5 * HOUR, DAY, 3 * DAY])
        for _time in range(2):  # two clocks
            entering.enter_due(now=self.now)
            advancing.advance_due(now=self.now, most=self.dice.choice([1, 2, 100]))

    def die(self) -> None:
        self.fuse = self.dice.randrange(12)
        with contextlib.suppress(Killed):
            self.tick()
        self.fuse = None

    def enter(self) -> None:
        day = (self.now + dt.timedelta(hours=9)).date()
        series.news(self.segment, self.dice.choice(self.people), on=day, at=self.now)

    def leave(self) -> None:
        day = (self.now + dt.timedelta(hours=9)).date()
        series.news(self.segment, self.dice.choice(self.people), kind="left", on=day, at=self.now)

    def buy(self) -> None:
        factories.purchase(self.dice.choice(self.people), (self.now + dt.timedelta(hours=9)).date())

    def pause(self) -> None:
        if self._state() == "running":
            states.pause(campaign=self.campaign, by=self.by, now=self.now)

    def resume(self) -> None:
        if self._state() == "paused":
            states.resume(campaign=self.campaign, by=self.by, now=self.now)

    def edit(self) -> None:
        edition = editions.begin(campaign=self.campaign, by=self.by)
        version = Campaign.objects.values_list("version", flat=True).get()
        count = Step.objects.filter(edition=edition).count()
        at = {"campaign": self.campaign, "by": self.by, "version": version}
        if count > 1 and self.dice.random() < 0.5:
            editions.remove_step(**at, position=self.dice.randint(1, count))
        else:
            editions.add_step(**at, after=self.dice.randint(0, count))
        Step.objects.filter(edition=edition, subject="").update(subject="件名", body="本文")
        day = (self.now + dt.timedelta(hours=9)).date()
        moves = self.dice.random() < 0.5
        editions.put_in_force(campaign=self.campaign, by=self.by, now=self.now, as_of=day, moves=moves)

    def _state(self) -> str:
        return Campaign.objects.values_list("state", flat=True).get()

    def play(self) -> None:
        acts = [
            self.tick,
            self.tick,
            self.die,
            self.enter,
            self.enter,
            self.leave,
            self.buy,
            self.pause,
            self.resume,
            self.edit,
        ]
        for act in self.dice.choices(acts, k=ACTS):
            act()
            self.check()
        self.resume()
        self.fuse = None
        for _day in range(60):
            if not Journey.objects.filter(state="active").exists():
                break
            self.now += 3 * DAY
            advancing.advance_due(now=self.now)
            self.check()

    def check(self) -> None:
        """No position twice in an entry, and a row of the ledger for each position behind somebody."""
        rows = Delivery.objects.filter(entry__gt=0).exclude(state="held_out")
        twice = rows.values("customer", "entry", "step__position").annotate(n=Count("pk")).filter(n__gt=1)
        assert not twice.order_by()
        seen: dict[tuple[int, int], set[int]] = {}
        for customer, entry, position in rows.values_list("customer", "entry", "step__position"):
            seen.setdefault((customer, entry), set()).add(position)
        for journey in Journey.objects.all():
            behind = set(range(1, journey.position + 1))
            assert seen.pop((journey.customer_id, journey.entry), set()) == behind
        assert seen == {}


SEEDS = [*range(3), *(pytest.param(seed, marks=pytest.mark.prove) for seed in range(3, 30))]


@pytest.mark.parametrize("seed", SEEDS)
def test_nobody_gets_a_step_twice_and_nobody_is_forgotten(campaign, person, segment, monkeypatch, seed):
    campaign.offer.delete()
    campaign = Campaign.objects.get(pk=campaign.pk)
    series.steps(campaign, {"subject": "件名", "body": "本文"})
    made = series.by_news(
        campaign,
        {},
        {"wait": 1, "condition": {"is": "not_clicked", "step": 1}},
        {"wait": 2},
        reentry_days=4,
        holdout_percent=20,
    )
    people = [person(n) for n in range(1, PEOPLE + 1)]
    story = Story(seed, made, people, segment, monkeypatch)
    story.play()
    assert not Journey.objects.filter(state="active").exists()
