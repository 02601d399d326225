"""What a campaign did: how far it is, and afterwards whether it helped. Figures come from rows, never from counters."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Count, QuerySet

from accounts.models import Installation
from common import sql

from . import uplift
from .models import Campaign, Delivery, Enrollment

State = Delivery.State
OPEN = (State.PENDING, State.CLAIMED, State.SENDING, State.DEFERRED)
ARMS = (Enrollment.Arm.TREATED, Enrollment.Arm.HELD_OUT)


@dataclass(frozen=True)
class Progress:
    """The ledger by state. `planned` are all rows; `percent` of those meant to be sent that are settled."""

    planned: int
    open: int
    accepted: int
    failed: int
    unknown: int
    suppressed: int
    held_out: int
    cancelled: int
    expired: int
    is_planned: bool

    @property
    def is_done(self) -> bool:
        """Computed: the ledger is written and nothing in it waits."""
        return self.is_planned and self.open == 0

    @property
    def percent(self) -> int:
        """0 … 100, whole, never 100 while something waits."""
        meant = self.open + self.accepted + self.failed + self.unknown + self.expired + self.cancelled
        if not meant:
            return 100 if self.is_done else 0
        return (meant - self.open) * 100 // meant


def states(campaign: Campaign) -> dict[str, int]:
    """How many rows of the ledger are in each state."""
    counted = campaign.deliveries.values("state").annotate(count=Count("pk")).order_by()
    return {row["state"]: row["count"] for row in counted}


def progress(campaign: Campaign) -> Progress:
    counts = states(campaign)
    ends = (State.ACCEPTED, State.FAILED, State.UNKNOWN, State.SUPPRESSED, State.HELD_OUT, State.CANCELLED)
    return Progress(
        planned=sum(counts.values()),
        open=sum(counts.get(state, 0) for state in OPEN),
        expired=counts.get(State.EXPIRED, 0),
        is_planned=campaign.planned_to is not None,
        **{str(state): counts.get(state, 0) for state in ends},
    )


@dataclass(frozen=True)
class ArmResult:
    """Customers randomised into an arm, how many of them reached the goal in the window, and their net revenue."""

    customers: int
    reached: int
    revenue: float
    moments: uplift.Moments

    @property
    def rate(self) -> float | None:
        return self.reached / self.customers if self.customers else None

    @property
    def arm(self) -> uplift.Arm:
        return uplift.Arm(self.customers, self.reached)


@dataclass(frozen=True)
class Results:
    """Counts at any time; a verdict only once the window is over."""

    arms: Mapping[str, ArmResult]
    judgement: uplift.Judgement
    money: uplift.Interval | None  # capped at the 95th percentile of buyers' revenue before launch
    money_uncapped: uplift.Interval | None
    roi: uplift.Interval | None
    is_over: bool
    first_on: dt.date
    last_on: dt.date
    faults: list[uplift.Fault]
    states: Mapping[str, int]
    unknown: QuerySet[Delivery]

    @property
    def treated(self) -> ArmResult:
        return self.arms[Enrollment.Arm.TREATED]

    @property
    def held_out(self) -> ArmResult:
        return self.arms[Enrollment.Arm.HELD_OUT]


def results(campaign: Campaign, *, now: dt.datetime) -> Results | None:
    """The campaign's results as of now; None before its launch.

    Everyone randomised is analysed in his arm, whatever was sent. The window begins on the day of the launch and has
    `window_days` days; outcome = at least one goal event in it. Verdict: PRODUCT.md §1 "Uplift".
    """
    if campaign.launched_at is None or campaign.planned_to is None:
        return None
    installation = Installation.get()
    first_on = installation.day_of(campaign.launched_at)
    last_on = first_on + dt.timedelta(days=campaign.window_days - 1)
    randomised = _people(campaign, first_on, last_on)
    people = [row for row in randomised if not row["has_left"]]
    arms = {str(arm): _arm([row for row in people if row["arm"] == arm]) for arm in ARMS}
    is_over = installation.day_of(now) > last_on
    faults = _faults(campaign, randomised)
    treated, held_out = (arms[arm] for arm in ARMS)
    judgement = uplift.judge(treated.arm, held_out.arm, _plan(campaign), is_over=is_over, has_faults=bool(faults))
    may_judge = is_over and not faults
    money, uncapped = _money(campaign, people, first_on) if may_judge else (None, None)
    return Results(
        arms=arms,
        judgement=judgement,
        money=money,
        money_uncapped=uncapped,
        roi=uplift.return_on_investment(money, margin=installation.margin, cost=campaign.cost),
        is_over=is_over,
        first_on=first_on,
        last_on=last_on,
        faults=faults,
        states=states(campaign),
        unknown=campaign.deliveries.filter(state=State.UNKNOWN).select_related("customer", "contact").order_by("id"),
    )


def _people(campaign: Campaign, first_on: dt.date, last_on: dt.date) -> list[dict]:
    days = {"first_on": first_on, "last_on": last_on}
    return sql.rows("campaigns/sql/outcomes.sql", {"campaign": campaign.pk, "goal": campaign.goal, **days})


def _arm(rows: list[dict]) -> ArmResult:
    revenue = [float(row["revenue"]) for row in rows]
    return ArmResult(len(rows), sum(row["has_reached"] for row in rows), sum(revenue), uplift.Moments.of(revenue))


def _plan(campaign: Campaign) -> uplift.Plan:
    effect = float(campaign.expected_effect) / 100
    return uplift.Plan(campaign.base_rate or 0.0, effect, campaign.held_out_share)


def _faults(campaign: Campaign, people: list[dict]) -> list[uplift.Fault]:
    """Every randomised customer must be in the analysis, or have left it for a known reason (merged), by arm."""
    randomised = dict(campaign.enrollments.values_list("arm").annotate(Count("pk")).order_by())
    analysed = {arm: sum(row["arm"] == arm and not row["has_left"] for row in people) for arm in ARMS}
    left = {arm: sum(row["arm"] == arm and row["has_left"] for row in people) for arm in ARMS}
    treated, held_out = (uplift.Counts(randomised.get(arm, 0), analysed[arm], left[arm]) for arm in ARMS)
    return uplift.find_faults(treated, held_out)


def _money(campaign: Campaign, people: list[dict], first_on: dt.date):
    """Difference of mean net revenue × treated customers: capped, and as it is."""
    cap = sql.rows(
        "campaigns/sql/revenue_cap.sql",
        {
            "campaign": campaign.pk,
            "since": first_on - dt.timedelta(days=campaign.window_days),
            "until": first_on - dt.timedelta(days=1),
        },
    )[0]["cap"]
    held_out = [row for row in people if row["arm"] == Enrollment.Arm.HELD_OUT]
    buyers = sum(row["revenue"] > 0 for row in held_out)
    by_arm = [[float(row["revenue"]) for row in people if row["arm"] == arm] for arm in ARMS]
    capped, plain = ([uplift.Moments.of(amounts, limit) for amounts in by_arm] for limit in (cap, None))
    return tuple(uplift.incremental_money(*arms, held_out_buyers=buyers) for arms in (capped, plain))
