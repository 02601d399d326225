"""What customers are worth, what of it is at risk, what is up for renewal, and how monthly amounts moved."""

from decimal import Decimal

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.models import ChurnPolicy
from common.templatetags.crm import day, money, number, percent

from ..models import MovementRollup
from ..wording import group_words
from .shape import Cell, Chart, Column, Figure, Section, Series, Table, signed
from .source import Source, as_amount, as_day
from .staying import NAMED


def ltv(source: Source) -> Section:
    """LTV so far and to come at the month's end."""
    title = pgettext("report", "LTV")
    if source.standing("historic_total") is None:
        return Section("ltv", title, empty=_("Nobody has bought or signed yet."))
    figures = (historic(source), historic_mean(source), predicted(source))
    lines = (Series(source.metric("ltv_historic"), source.trend("historic_total")),)
    chart = Chart(
        "ltv", _("Historic LTV at the end of each month"), "bar", tuple(source.names), lines, "money", first=_("Period")
    )
    table = _by_segment(source)
    return Section("ltv", title, grown(source), figures, (chart,), (table,) if table else ())


def _figure(source: Source, key: str, name: str, sum_name: str, **more: str) -> Figure:
    values = [source.standing(sum_name, back) for back in (0, 1, 12)]
    return Figure(key, name, values[0], "money", values[1], values[2], **more)


def historic(source: Source) -> Figure:
    note = _("%(n)s customers together") % {"n": number(source.standing("customers"))}
    name = source.metric("ltv_historic")
    return _figure(source, "ltv_historic", name, "historic_total", good="up", note=note, url=reverse("metrics:ltv"))


def historic_mean(source: Source) -> Figure:
    return _figure(source, "ltv_mean", _("Historic LTV, mean"), "historic_mean", good="up")


def predicted(source: Source) -> Figure:
    return _figure(
        source,
        "ltv_predicted",
        source.metric("ltv_predicted"),
        "predicted_mean",
        good="up",
        note=_("mean per customer"),
    )


def at_risk(source: Source) -> Figure:
    risky = source.standing("high_risk")
    note = _("%(n)s customers with a risk of 50%% or more") % {"n": number(risky)} if risky is not None else ""
    return _figure(source, "at_risk", source.metric("at_risk"), "at_risk", good="down", note=note)


def grown(source: Source) -> tuple[str, ...]:
    """How far LTV came in the month; a fall is said as one."""
    now, before = source.standing("historic_total"), source.standing("historic_total", 1)
    if now is None:
        return ()
    words = {"historic": source.metric("ltv_historic"), "now": money(now), "n": number(source.standing("customers"))}
    sentence = _("%(historic)s: %(now)s from %(n)s customers.") % words
    if before is None:
        return (sentence,)
    change = now - before
    words = {"change": money(abs(change)), "share": signed(float(100 * change / before)) if before else "–"}
    more = _("That is %(change)s (%(share)s%%) more than at the end of the month before.")
    less = _("That is %(change)s (%(share)s%%) less than at the end of the month before.")
    return (sentence, (more if change >= 0 else less) % words)


def _by_segment(source: Source) -> Table | None:
    """Where the value lies: RFM segments by their sum."""
    rows = sorted(source.fact().get("segments", []), key=lambda row: -as_amount(row["historic_total"] or 0))
    whole = source.standing("historic_total")
    if not rows or not whole:
        return None
    columns = (
        Column(_("RFM segment")),
        Column(_("Customers"), "people"),
        Column(_("Historic LTV"), "money"),
        Column(_("Share"), "percent"),
        Column(_("Historic LTV, mean"), "money"),
    )
    lines = [
        (
            group_words("segment", row["segment"]),
            row["customers"],
            as_amount(row["historic_total"]),
            float(100 * as_amount(row["historic_total"]) / whole),
            as_amount(row["historic_mean"]),
        )
        for row in rows
        if row["customers"]
    ]
    return Table("ltv-segment", _("LTV by RFM segment"), columns, tuple(lines))


def risk(source: Source) -> Section:
    """What may be lost, with whom, and which contracts are up."""
    title = _("At risk and up for renewal")
    amount, due = at_risk(source), renewals(source)
    if amount.value is None and due is None:
        return Section("risk", title, empty=_("Not enough data for a prediction yet"))
    figures = tuple(one for one in (amount, due) if one is not None and one.value is not None)
    table = _stakes(source)
    return Section("risk", title, at_stake(source), figures, (), (table,) if table else ())


def renewals(source: Source) -> Figure | None:
    """Deadlines for giving notice within 90 days of the day the figures were kept; only where contracts are."""
    due = source.fact().get("renewals")
    if not due or (source.settings.churn_policy == ChurnPolicy.INACTIVITY and not due["customers"]):
        return None
    note = _("within 90 days of %(day)s · MRR %(amount)s") % {
        "day": day(as_day(due["on"])),
        "amount": money(as_amount(due["mrr"])),
    }
    return Figure("renewals", source.metric("renewals"), due["customers"], "people", note=note)


def at_stake(source: Source) -> tuple[str, ...]:
    now, before = source.standing("at_risk"), source.standing("at_risk", 1)
    if now is None:
        return ()
    words = {"name": source.metric("at_risk"), "now": money(now)}
    if before is None:
        return (_("%(name)s: %(now)s.") % words,)
    words["change"] = money(abs(now - before))
    if now <= before:
        return (_("%(name)s: %(now)s, %(change)s less than at the end of the month before.") % words,)
    return (_("%(name)s: %(now)s, %(change)s more than at the end of the month before.") % words,)


def _stakes(source: Source) -> Table | None:
    rows: list[tuple[Cell, ...]] = []
    links = []
    for row in source.fact().get("stakes", []):
        one = source.people.get(row["customer_id"])
        if one is None or len(rows) == NAMED:
            continue
        owner = one.owner.name if one.owner else _("Without owner")
        rows.append((one.name, one.code, owner, 100 * row["risk"], as_amount(row["ltv"]), as_amount(row["at_risk"])))
        links.append(reverse("customers:detail", args=[one.pk]))
    columns = (
        Column(_("Customer")),
        Column(_("Code")),
        Column(_("Owner")),
        Column(_("Churn risk"), "percent"),
        Column(source.metric("ltv_historic"), "money"),
        Column(source.metric("at_risk"), "money"),
    )
    return Table("stakes", _("Customers with most at stake"), columns, tuple(rows), tuple(links)) if rows else None


# --- monthly amounts ------------------------------------------------------------------------------

PARTS = ("at_start", "new", "reactivated", "expansion", "contraction", "churned", "at_end")


def net(one: MovementRollup) -> float | None:
    """NRR in percent; None without an amount at the start (PRODUCT.md §1)."""
    kept = one.at_start + one.expansion - one.contraction - one.churned
    return float(100 * kept / one.at_start) if one.at_start else None


def gross(one: MovementRollup) -> float | None:
    """GRR in percent."""
    return float(100 * (one.at_start - one.contraction - one.churned) / one.at_start) if one.at_start else None


def revenue(source: Source) -> Section | None:
    """NRR and GRR with the movements behind them; no section where there are no contracts."""
    if not source.movements:
        return None
    found = [source.movements.get(one.first) for one in source.months]
    if not source.is_complete:
        found[-1] = None
    series = (
        Series(pgettext("figure", "NRR"), tuple(net(one) if one else None for one in found)),
        Series(pgettext("figure", "GRR"), tuple(gross(one) if one else None for one in found), "second"),
    )
    chart = Chart(
        "revenue", _("NRR and GRR over 13 months"), "line", tuple(source.names), series, "percent", first=_("Period")
    )
    figures = _rates(found) if found[-1] else ()
    return Section("revenue", _("Monthly revenue"), retained(source), figures, (chart,), (_movements(source, found),))


def _rates(found: list[MovementRollup | None]) -> tuple[Figure, ...]:
    def at(back: int, of) -> float | None:
        one = found[-1 - back]
        return of(one) if one else None

    end = [one.at_end if (one := found[-1 - back]) else None for back in (0, 1, 12)]
    return (
        Figure("nrr", pgettext("figure", "NRR"), at(0, net), "percent", at(1, net), at(12, net), good="up"),
        Figure("grr", pgettext("figure", "GRR"), at(0, gross), "percent", at(1, gross), at(12, gross), good="up"),
        Figure("mrr", _("MRR at the end"), end[0], "money", end[1], end[2], good="up"),
    )


def retained(source: Source) -> tuple[str, ...]:
    one = source.movements.get(source.period.first) if source.is_complete else None
    if one is None or not one.at_start:
        return ()
    words = {
        "nrr": percent(net(one)),
        "grr": percent(gross(one)),
        "start": money(one.at_start),
        "end": money(one.at_end),
    }
    return (_("NRR %(nrr)s, GRR %(grr)s; monthly amounts went from %(start)s to %(end)s.") % words,)


def _movements(source: Source, found: list[MovementRollup | None]) -> Table:
    names = (
        pgettext("movement", "At the start"),
        pgettext("movement", "New"),
        pgettext("movement", "Reactivated"),
        pgettext("movement", "Expansion"),
        pgettext("movement", "Contraction"),
        pgettext("movement", "Churned"),
        pgettext("movement", "At the end"),
    )
    columns = (
        Column(_("Period")),
        *(Column(name, "money") for name in names),
        Column(pgettext("figure", "NRR"), "percent"),
        Column(pgettext("figure", "GRR"), "percent"),
    )
    months = [(name, one) for name, one in zip(source.names, found, strict=True) if one]
    rows = tuple(
        (name, *(_signed_part(one, part) for part in PARTS), net(one), gross(one)) for name, one in reversed(months)
    )
    return Table("revenue", _("How monthly amounts moved"), columns, rows)


def _signed_part(one: MovementRollup, part: str) -> Decimal:
    """What went away counts below 0."""
    value = getattr(one, part)
    return -value if part in ("contraction", "churned") else value
