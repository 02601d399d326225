"""Who stayed, who left and why, who came back."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from common.templatetags.crm import money, number, percent

from .. import computing
from .. import wording as words_of
from ..models import ChurnRollup
from .shape import Cell, Chart, Column, Figure, Section, Series, Table, signed
from .source import CUTS, TREND, Source, as_amount, as_day

GROUPS = 12  # of a cut
NAMED = 10  # customers
REASONS = 8


def churn(source: Source) -> Section:
    """The rate over thirteen months, and the month by the cuts people ask for."""
    title = source.metric("churn")
    now = source.churn_of()
    if not source.churn:
        return Section("churn", title, empty=_("No full month yet"))
    figures = (rate(source), count(source), gone(source)) if now else ()
    cuts = tuple(table for by in CUTS if (table := _cut(source, by)) is not None)
    return Section(
        "churn",
        title,
        _against(source),
        figures,
        (_rates(source),),
        (_months(source), *cuts),
    )


def rate(source: Source) -> Figure:
    return Figure(
        "churn",
        source.metric("churn"),
        source.rate(),
        "percent",
        source.rate(1),
        source.rate(12),
        good="down",
        url=reverse("metrics:lost", args=[source.period.code]),
    )


def count(source: Source) -> Figure:
    """At the end of the month."""
    values = [source.standing("active", back) for back in (0, 1, 12)]
    return Figure("active", source.metric("active"), values[0], "people", values[1], values[2], good="up")


def gone(source: Source) -> Figure:
    values = [found.lost if (found := source.churn_of(back)) else None for back in (0, 1, 12)]
    name = pgettext("customers", "Lost")
    return Figure("lost", name, values[0], "people", values[1], values[2], good="down")


def _against(source: Source) -> tuple[str, ...]:
    """The rate against the month before, the same month of the year before, and the goal."""
    now = source.rate()
    if now is None:
        return ()
    found = []
    for back, words in ((1, _("the month before")), (12, _("the same month of the year before"))):
        before = source.rate(back)
        if before is not None:
            found.append(compared(now, before, words))
    goal = source.goal(source.period)
    if goal is not None:
        held = {"goal": percent(goal)}
        found.append(
            (_("The goal of %(goal)s was kept.") if now <= goal else _("The goal of %(goal)s was missed.")) % held
        )
    return tuple(found)


def compared(now: float, before: float, when: str) -> str:
    """In words: a lower churn rate is better."""
    change = round(round(now, 1) - round(before, 1), 1)
    words = {"when": when, "points": f"{abs(change):.1f}", "before": percent(before)}
    if not change:
        return _("As high as %(when)s (%(before)s).") % words
    if change < 0:
        return _("%(points)s points better than %(when)s (%(before)s).") % words
    return _("%(points)s points worse than %(when)s (%(before)s).") % words


def _rates(source: Source) -> Chart:
    lines = [Series(source.metric("churn"), tuple(source.rate(back) for back in range(TREND - 1, -1, -1)))]
    goals = tuple(source.goal(one) for one in source.months)
    if any(goal is not None for goal in goals):
        lines.append(Series(pgettext("of a figure", "Goal"), goals, "target"))
    title = _("%(name)s over 13 months") % {"name": source.metric("churn")}
    return Chart("churn", title, "line", tuple(source.names), tuple(lines), "percent", first=_("Period"))


def _months(source: Source) -> Table:
    """The same months with the people behind them, newest first."""
    columns = (
        Column(_("Period")),
        Column(_("At the start"), "people"),
        Column(pgettext("customers", "Lost"), "people"),
        Column(source.metric("churn"), "percent"),
        Column(pgettext("customers", "New"), "people"),
        Column(pgettext("customers", "Came back"), "people"),
    )
    rows: list[tuple[Cell, ...]] = []
    links = []
    for month, name in zip(reversed(source.months), reversed(source.names), strict=True):
        found = source.churn.get(month.first)
        if found and found.at_start:
            rows.append((name, found.at_start, found.lost, _rate(found), found.joined, found.won_back))
            links.append(reverse("metrics:lost", args=[month.code]))
    return Table("churn-months", _("Month by month"), columns, tuple(rows), tuple(links))


def _rate(found: ChurnRollup) -> float | None:
    return computing.rate(found.lost, found.at_start)


def _cut(source: Source, by: str) -> Table | None:
    """The groups of the month, the largest first; nothing where all are in one group without a value."""
    groups = [(words, one) for words, one in source.cut(by) if one.at_start]
    if not any(one.group for _words, one in groups):
        return None
    columns = (
        Column(str(words_of.CUTS[by])),
        Column(_("At the start"), "people"),
        Column(pgettext("customers", "Lost"), "people"),
        Column(source.metric("churn"), "percent"),
    )
    rows = tuple((words, one.at_start, one.lost, _rate(one)) for words, one in groups[:GROUPS])
    hidden = len(groups) - len(rows)
    notes = [_("by the value at the start of the period")]
    if hidden:
        notes.append(_("the %(shown)s largest of %(all)s") % {"shown": GROUPS, "all": len(groups)})
    title = f"{source.metric('churn')}: {words_of.CUTS[by]}"
    return Table(f"churn-{by}", title, columns, rows, note=" · ".join(notes))


def lost(source: Source) -> Section:
    """Those with most LTV among the lost, and why."""
    facts, title = source.fact(), _("Customers lost")
    if not facts.get("lost"):
        return Section(
            "lost",
            title,
            empty=_("Nobody was lost in this month.")
            if source.is_complete
            else _("To be read once the month is over."),
        )
    return Section("lost", title, _loss(source), (), _why(source), (_names(source), *_reasons(source)))


def _loss(source: Source) -> tuple[str, ...]:
    facts = source.fact()
    words = {"n": number(facts["lost"]), "ltv": money(facts["lost_ltv"]), "historic": source.metric("ltv_historic")}
    found = [_("%(n)s customers were lost; together they had brought %(ltv)s (%(historic)s).") % words]
    if top := main_reason(source):
        found.append(top)
    return tuple(found)


def main_reason(source: Source) -> str:
    """The reason named most; empty where none is written down."""
    facts = source.fact()
    known = [row for row in facts.get("reasons", []) if row["value"]]
    if not known:
        return ""
    words = {
        "reason": known[0]["value"],
        "n": number(known[0]["customers"]),
        "all": number(sum(row["customers"] for row in known)),
    }
    return _("The reason named most is “%(reason)s” (%(n)s of %(all)s with a reason written down).") % words


def _why(source: Source) -> tuple[Chart, ...]:
    rows = [row for row in source.fact()["reasons"] if row["value"]][:REASONS]
    if len(rows) < 2:
        return ()
    series = Series(pgettext("customers", "Lost"), tuple(row["customers"] for row in rows))
    names = tuple(row["value"] for row in rows)
    return (
        Chart(
            "reasons", _("Reasons for leaving"), "bar", names, (series,), "people", is_across=True, first=_("Reason")
        ),
    )


def _names(source: Source) -> Table:
    rows: list[tuple[Cell, ...]] = []
    links = []
    for row in source.fact()["lost_top"]:
        one = source.people.get(row["customer_id"])
        if one is None or len(rows) == NAMED:
            continue
        owner = one.owner.name if one.owner else _("Without owner")
        rows.append(
            (
                one.name,
                one.code,
                owner,
                as_day(row["last_on"]),
                row["reason"] or "–",
                row["competitor"] or "–",
                as_amount(row["ltv"]),
            )
        )
        links.append(reverse("customers:detail", args=[one.pk]))
    columns = (
        Column(_("Customer")),
        Column(_("Code")),
        Column(_("Owner")),
        Column(_("Last active day"), "day"),
        Column(_("Reason")),
        Column(_("Competitor")),
        Column(source.metric("ltv_historic"), "money"),
    )
    title = _("Customers lost, largest LTV first")
    return Table("lost", title, columns, tuple(rows), tuple(links), note=_top_note(len(rows), source.fact()["lost"]))


def _top_note(shown: int, count: int) -> str:
    return (
        _("the %(shown)s largest of %(all)s") % {"shown": number(shown), "all": number(count)} if shown < count else ""
    )


def _reasons(source: Source) -> tuple[Table, ...]:
    found = []
    for key, title, first in (
        ("reasons", _("Reasons for leaving"), _("Reason")),
        ("competitors", _("Where they went"), _("Competitor")),
    ):
        rows = source.fact()[key]
        if any(row["value"] for row in rows):
            columns = (
                Column(first),
                Column(pgettext("customers", "Lost"), "people"),
                Column(source.metric("ltv_historic"), "money"),
            )
            lines = tuple(
                (row["value"] or _("Not written down"), row["customers"], as_amount(row["ltv"]))
                for row in rows[:GROUPS]
            )
            found.append(Table(key, title, columns, lines))
    return tuple(found)


def moved(source: Source) -> Section:
    """How the number of customers moved: new, back, lost."""
    title = _("New, come back, lost")
    months = [
        (name, found)
        for one, name in zip(source.months, source.names, strict=True)
        if (found := source.churn.get(one.first))
    ]
    if not months:
        return Section("moved", title, empty=_("No full month yet"))
    series = (
        Series(pgettext("customers", "New"), tuple(one.joined for _name, one in months), "main"),
        Series(pgettext("customers", "Came back"), tuple(one.won_back for _name, one in months), "second"),
        Series(pgettext("customers", "Lost"), tuple(-one.lost for _name, one in months), "bad"),
    )
    names = tuple(name for name, _one in months)
    chart = Chart(
        "moved",
        _("New, come back and lost by month"),
        "bar",
        names,
        series,
        "people",
        is_stacked=True,
        first=_("Period"),
    )
    return Section("moved", title, movement(source), (), (chart,))


def movement(source: Source) -> tuple[str, ...]:
    """In one sentence, from the start of the month to its end."""
    found = source.churn_of()
    if found is None:
        return ()
    end = found.at_start - found.lost + found.joined + found.won_back
    words = {
        "start": number(found.at_start),
        "end": number(end),
        "change": signed(end - found.at_start, 0),
        "joined": number(found.joined),
        "back": number(found.won_back),
        "lost": number(found.lost),
    }
    return (
        _("From %(start)s to %(end)s customers (%(change)s): %(joined)s new, %(back)s came back, %(lost)s were lost.")
        % words,
    )
