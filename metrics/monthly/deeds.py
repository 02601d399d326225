"""Campaigns whose result came out in the month, in the words their own pages use."""

from django.urls import reverse
from django.utils.translation import gettext as _

from campaigns import explaining
from campaigns.uplift import Interval, Judgement, Verdict
from common.templatetags.crm import number

from .shape import Column, Section, Table
from .source import Row, Source, as_day


def campaigns(source: Source) -> Section:
    title, rows = _("Campaigns with a result this month"), source.fact().get("campaigns", [])
    if not rows:
        return Section("campaigns", title, empty=_("No campaign came to a result in this month."))
    columns = (
        Column(_("Campaign")),
        Column(_("Window ended"), "day"),
        Column(_("Customers"), "people"),
        Column(_("Result")),
    )
    lines = tuple(
        (row["name"], as_day(row["on"]) if row["on"] else None, row["planned"], words_of(row)) for row in rows
    )
    links = tuple(reverse("campaigns:detail", args=[row["id"]]) for row in rows)
    note = _("difference between those it was sent to and those held out, and the limits it lies within 19 times in 20")
    return Section(
        "campaigns", title, summed(source), (), (), (Table("campaigns", title, columns, lines, links, note),)
    )


def words_of(row: Row) -> str:
    found = Interval(**row["uplift"]) if row["uplift"] else None
    return explaining.verdict(Judgement(Verdict(row["verdict"]), found)) or _("Its window is still open.")


def summed(source: Source) -> tuple[str, ...]:
    """How many helped, did worse, or say nothing."""
    rows = source.fact().get("campaigns", [])
    if not rows:
        return ()
    verdicts = [row["verdict"] for row in rows]
    words: Row = {
        "n": number(len(rows)),
        "good": verdicts.count(Verdict.POSITIVE),
        "bad": verdicts.count(Verdict.NEGATIVE),
    }
    words["other"] = len(rows) - words["good"] - words["bad"]
    return (
        _("%(n)s campaigns came to a result: %(good)s helped, %(bad)s did worse, of %(other)s nothing can be said.")
        % words,
    )
