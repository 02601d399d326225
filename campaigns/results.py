"""What a campaign did: how far it is, and afterwards whether it helped. Figures come from rows, never from counters."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from django.core.cache import cache
from django.db.models import Count, Q, QuerySet

from accounts.models import Installation
from common import sql

from . import uplift
from .models import Campaign, Delivery, Enrollment

State = Delivery.State
OPEN = (State.PENDING, State.CLAIMED, State.SENDING, State.DEFERRED)
ARMS = (Enrollment.Arm.TREATED, Enrollment.Arm.HELD_OUT)
SAID = (uplift.Verdict.POSITIVE, uplift.Verdict.NEGATIVE, uplift.Verdict.CANNOT_SAY)
LARGE = 20_000  # customers, from which on adding them up takes more than a blink
KEPT_SECONDS = 3600
NO_MONEY = uplift.Moments(0, 0.0, 0.0)


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
    """Customers randomised into an arm (or a variant of it), how many of them reached the goal in their window, and
    their net revenue. `customers` are those analysed: neither gone nor, in a series, still within their window."""

    randomised: int = 0
    departed: int = 0
    open: int = 0  # their window is not over
    customers: int = 0
    reached: int = 0
    buyers: int = 0
    revenue: float = 0.0
    moments: uplift.Moments = NO_MONEY
    capped: uplift.Moments = NO_MONEY

    @classmethod
    def of(cls, row: Mapping) -> "ArmResult":
        """From a row of rates.sql."""
        counts = {name: row[name] for name in ("randomised", "departed", "open", "customers", "reached", "buyers")}
        moments = uplift.Moments(row["customers"], row["mean"], row["variance"])
        capped = uplift.Moments(row["customers"], row["capped_mean"], row["capped_variance"])
        return cls(**counts, revenue=float(row["revenue"]), moments=moments, capped=capped)

    @property
    def rate(self) -> float | None:
        return self.reached / self.customers if self.customers else None

    @property
    def arm(self) -> uplift.Arm:
        return uplift.Arm(self.customers, self.reached)

    @property
    def spent_each(self) -> float | None:
        """Net revenue per customer, zeros included."""
        return self.moments.mean if self.customers else None


@dataclass(frozen=True)
class Results:
    """Counts at any time; a verdict only once the window is over."""

    arms: Mapping[str, ArmResult]
    variants: Mapping[str, ArmResult]  # of those treated, by letter; empty: no test
    judgement: uplift.Judgement
    money: uplift.Interval | None  # capped at the 95th percentile of buyers' revenue before launch
    money_uncapped: uplift.Interval | None
    cost: float | None
    roi: uplift.Interval | None
    is_over: bool  # a verdict may be read
    is_series: bool  # customers come in over time: those whose window is over are analysed
    first_on: dt.date
    last_on: dt.date  # of the latest window
    faults: list[uplift.Fault]
    states: Mapping[str, int]
    unknown: QuerySet[Delivery]

    @property
    def treated(self) -> ArmResult:
        return self.arms[Enrollment.Arm.TREATED]

    @property
    def held_out(self) -> ArmResult:
        return self.arms[Enrollment.Arm.HELD_OUT]

    @property
    def ranking(self) -> uplift.Ranking | None:
        """The variants among each other; None before anything may be said, and where nothing was tested."""
        is_said = self.judgement.verdict in (*SAID, uplift.Verdict.NO_COMPARISON)
        return uplift.rank({letter: one.arm for letter, one in self.variants.items()}) if is_said else None

    @property
    def open(self) -> int:
        """Customers randomised whose window is not over."""
        return self.treated.open + self.held_out.open

    @property
    def departed(self) -> int:
        return self.treated.departed + self.held_out.departed


@dataclass(frozen=True)
class _Sums:
    """The rows of rates.sql of one campaign."""

    arms: dict[str, ArmResult]
    variants: dict[str, ArmResult]
    last_on: dt.date | None

    @classmethod
    def of(cls, rows: list[dict]) -> "_Sums":
        whole = {row["arm"]: ArmResult.of(row) for row in rows if row["is_whole"]}
        tested = [row for row in rows if row["variant"] and row["arm"] == Enrollment.Arm.TREATED]
        letters = {row["variant"]: ArmResult.of(row) for row in sorted(tested, key=lambda row: row["variant"])}
        last_on = max((row["last_on"] for row in rows), default=None)
        return cls({str(arm): whole.get(arm, ArmResult()) for arm in ARMS}, letters, last_on)


def results(campaign: Campaign, *, now: dt.datetime) -> Results | None:
    """The campaign's results as of now; None before its launch.

    Everyone randomised is analysed in his arm, whatever was sent. The window begins on the day of the launch (of his
    entry, where customers come in by trigger) and has `window_days` days; outcome = at least one goal event in it.
    Verdict: PRODUCT.md §1 "Uplift".
    """
    if campaign.launched_at is None or campaign.planned_to is None:
        return None
    installation = Installation.get()
    today, first_on = installation.day_of(now), installation.day_of(campaign.launched_at)
    cap = _cap(campaign, first_on)
    sums = _sums([campaign], today, installation, cap=cap, with_money=True).get(campaign.pk, _Sums.of([]))
    faults = _faults(campaign, sums, _randomised([campaign]))
    judgement = _judged(campaign, sums, faults, today, first_on)
    is_said = judgement.verdict in SAID
    treated, held_out = (sums.arms[arm] for arm in ARMS)
    pairs = [(treated.capped, held_out.capped), (treated.moments, held_out.moments)]
    money, uncapped = (
        uplift.incremental_money(*pair, held_out_buyers=held_out.buyers) if is_said else None for pair in pairs
    )
    cost = cost_of(campaign)
    return Results(
        arms=sums.arms,
        variants=sums.variants,
        judgement=judgement,
        money=money,
        money_uncapped=uncapped,
        cost=cost,
        roi=uplift.return_on_investment(money, margin=installation.margin, cost=cost),
        is_over=judgement.verdict != uplift.Verdict.RUNNING,
        is_series=campaign.trigger != Campaign.Trigger.BROADCAST,
        first_on=first_on,
        last_on=sums.last_on or _last_of(campaign, first_on),
        faults=faults,
        states=states(campaign),
        unknown=campaign.deliveries.filter(state=State.UNKNOWN).select_related("customer", "contact").order_by("id"),
    )


def judgements(campaigns: Sequence[Campaign], *, now: dt.datetime) -> dict[int, uplift.Judgement]:
    """What may be said of those of which anything may be said, in one statement: the same as `results` says of one.

    Of large ones an answer is kept for an hour: a list of twenty must not add up millions of customers at each look.
    """
    installation = Installation.get()
    today = installation.day_of(now)
    asked_for = {one.pk: one for one in campaigns if _may_be_judged(one, today, installation)}
    names = {pk: f"judgement:{pk}:{one.version}:{today}" for pk, one in asked_for.items() if _is_large(one)}
    kept = cache.get_many(names.values())
    known = {pk: kept[name] for pk, name in names.items() if name in kept}
    found = _judge_anew([one for pk, one in asked_for.items() if pk not in known], today, installation)
    cache.set_many({names[pk]: judgement for pk, judgement in found.items() if pk in names}, KEPT_SECONDS)
    return known | found


def _may_be_judged(campaign: Campaign, today: dt.date, installation: Installation) -> bool:
    if campaign.launched_at is None or campaign.planned_to is None:
        return False
    is_series = campaign.trigger != Campaign.Trigger.BROADCAST
    return is_series or _last_of(campaign, installation.day_of(campaign.launched_at)) < today


def _is_large(campaign: Campaign) -> bool:
    return (campaign.planned_to or 0) >= LARGE


def _judge_anew(campaigns: list[Campaign], today: dt.date, installation: Installation) -> dict[int, uplift.Judgement]:
    if not campaigns:
        return {}
    sums, randomised = _sums(campaigns, today, installation), _randomised(campaigns)
    judged = {}
    for one in campaigns:
        if one.launched_at and one.pk in sums:
            faults = _faults(one, sums[one.pk], randomised)
            judged[one.pk] = _judged(one, sums[one.pk], faults, today, installation.day_of(one.launched_at))
    return judged


def ranking(campaign: Campaign, *, now: dt.datetime) -> uplift.Ranking | None:
    """How its variants stand now by the goal, whatever the window: for choosing what the rest gets."""
    if campaign.launched_at is None:
        return None
    installation = Installation.get()
    sums = _sums([campaign], installation.day_of(now), installation).get(campaign.pk)
    return uplift.rank({letter: one.arm for letter, one in sums.variants.items()}) if sums else None


def _sums(
    campaigns: Sequence[Campaign],
    today: dt.date,
    installation: Installation,
    *,
    cap: Decimal | None = None,
    with_money: bool = False,
) -> dict[int, _Sums]:
    """What the arms did, by campaign."""
    rows: dict[int, list[dict]] = {}
    wanted = asked(campaigns, today, installation) | {"cap": cap, "with_money": with_money}
    for row in sql.rows("campaigns/sql/rates.sql", wanted):
        rows.setdefault(row["campaign_id"], []).append(row)
    return {campaign: _Sums.of(found) for campaign, found in rows.items()}


def asked(campaigns: Sequence[Campaign], today: dt.date, installation: Installation) -> dict:
    """The parameters of outcomes.sql but `with_money`."""
    return {
        "campaigns": [one.pk for one in campaigns],
        "goals": sorted({str(one.goal) for one in campaigns}),
        "zone": installation.time_zone,
        "as_of": today,
        "since": min(installation.day_of(one.launched_at) for one in campaigns if one.launched_at),
    }


def _last_of(campaign: Campaign, first_on: dt.date) -> dt.date:
    return first_on + dt.timedelta(days=campaign.window_days - 1)


def _judged(
    campaign: Campaign, sums: _Sums, faults: list[uplift.Fault], today: dt.date, first_on: dt.date
) -> uplift.Judgement:
    treated, held_out = (sums.arms[arm] for arm in ARMS)
    plan = _plan(campaign, sums, today, first_on)
    if campaign.trigger == Campaign.Trigger.BROADCAST:
        is_over, is_early = _last_of(campaign, first_on) < today, False
    else:
        is_over = bool(treated.customers + held_out.customers)
        is_early = not _has_ended(campaign, sums) and uplift.is_early(treated.arm, held_out.arm, plan)
    return uplift.judge(treated.arm, held_out.arm, plan, is_over=is_over, has_faults=bool(faults), is_early=is_early)


def _has_ended(campaign: Campaign, sums: _Sums) -> bool:
    """Nobody comes in any more, and every window is over."""
    ended = campaign.state in (Campaign.State.CANCELLED, Campaign.State.FINISHED)
    return ended and not any(arm.open for arm in sums.arms.values())


def _plan(campaign: Campaign, sums: _Sums, today: dt.date, first_on: dt.date) -> uplift.Plan:
    effect = float(campaign.expected_effect) / 100
    plan = uplift.Plan(campaign.base_rate or 0.0, effect, campaign.held_out_share)
    if campaign.trigger == Campaign.Trigger.BROADCAST:
        return plan
    randomised = sum(arm.randomised for arm in sums.arms.values())
    waiting = sum(arm.open for arm in sums.arms.values())
    days = max(1, (today - first_on).days)
    return replace(plan, entries_per_day=randomised / days, waiting=waiting, window_days=campaign.window_days)


def _randomised(campaigns: Sequence[Campaign]) -> dict[tuple[int, str], int]:
    """Customers by campaign and arm, as they were drawn."""
    drawn = Enrollment.objects.filter(campaign__in=campaigns).values("campaign", "arm")
    return {(row["campaign"], row["arm"]): row["count"] for row in drawn.annotate(count=Count("pk")).order_by()}


def _faults(campaign: Campaign, sums: _Sums, randomised: Mapping[tuple[int, str], int]) -> list[uplift.Fault]:
    """Every randomised customer must be in the analysis, or have left it for a known reason, by arm."""
    counts = []
    for arm in ARMS:
        found = sums.arms[arm]
        there = found.randomised - found.departed
        counts.append(uplift.Counts(randomised.get((campaign.pk, arm), 0), there, found.departed))
    is_hashed = campaign.trigger != Campaign.Trigger.BROADCAST
    return uplift.find_faults(*counts, hashed_percent=campaign.held_out_share if is_hashed else None)


def _cap(campaign: Campaign, first_on: dt.date) -> Decimal | None:
    """Above it one large order would decide the result; None where nobody bought in the window before."""
    before = {"since": first_on - dt.timedelta(days=campaign.window_days), "until": first_on - dt.timedelta(days=1)}
    return sql.rows("campaigns/sql/revenue_cap.sql", {"campaign": campaign.pk, **before})[0]["cap"]


def cost_of(campaign: Campaign) -> float | None:
    """What it cost: the sum someone entered and, for each step with a price apiece, what of it was accepted.
    None where neither is known."""
    apiece = campaign.steps.exclude(unit_cost=None).annotate(
        accepted=Count("deliveries", filter=Q(deliveries__state=State.ACCEPTED))
    )
    parts = [step.unit_cost * step.accepted for step in apiece if step.unit_cost is not None]
    if campaign.cost is not None:
        parts.append(campaign.cost)
    return float(sum(parts)) if parts else None
