"""The month as a report: what happened, better or worse than before, with the figures behind each sentence.

facts: what the night keeps · source: what a report reads · the sections by topic · shape: the tree they make.
Drawn by pages (metrics/views/report.py), pdf, book (a workbook) and letter (a mail).
"""

import datetime as dt

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.models import Installation

from ..definitions import money_basis
from ..periods import Period
from ..wording import period_words
from . import deeds, groups, notes, staying, worth
from .shape import Closed, Figure, Report, Section
from .source import Readers, Source

__all__ = ["Readers", "Report", "build"]


def build(period: Period, *, today: dt.date, readers: Readers) -> Report:
    """The report of a month in the language that is active, from what the nights have kept."""
    settings = Installation.get()
    source = Source(period, settings=settings, today=today, readers=readers)
    month = period_words(period, settings)
    closing = source.closing
    return Report(
        code=period.code,
        title=_("Monthly report %(month)s") % {"month": month},
        month=month,
        company=settings.company_name or "Modoru",
        language=get_language() or "ja",
        as_of=source.as_of,
        is_complete=source.is_complete,
        basis=money_basis(settings),
        closed=Closed(closing.by.name, closing.closed_at.astimezone(settings.zone)) if closing else None,
        sections=tuple(one for one in _sections(source) if one is not None),
    )


def _sections(source: Source) -> list[Section | None]:
    if source.as_of is None:
        return [
            Section("summary", _("In short"), empty=_("No night has computed this month yet.")),
            notes.notes(source),
        ]
    return [
        _summary(source),
        staying.churn(source),
        staying.lost(source),
        staying.moved(source),
        worth.ltv(source),
        worth.risk(source),
        worth.revenue(source),
        groups.rfm(source),
        groups.cohorts(source),
        deeds.campaigns(source),
        notes.notes(source),
    ]


def _summary(source: Source) -> Section:
    """The sentences one reads first, and the figures of the whole company."""
    sentences = [_headline(source), *staying.movement(source), staying.main_reason(source)]
    sentences += [*worth.grown(source), *worth.at_stake(source), *worth.retained(source), *deeds.summed(source)]
    return Section("summary", _("In short"), tuple(filter(None, sentences)), _figures(source))


def _headline(source: Source) -> str:
    found, rate = source.churn_of(), source.rate()
    if found is None or rate is None:
        return ""
    words = {
        "name": source.metric("churn"),
        "rate": f"{rate:.1f}%",
        "lost": f"{found.lost:,}",
        "start": f"{found.at_start:,}",
    }
    sentence = _("%(name)s was %(rate)s: of %(start)s customers at the start of the month %(lost)s were lost.") % words
    before, year = source.rate(1), source.rate(12)
    more = [staying.compared(rate, before, _("the month before"))] if before is not None else []
    more += [staying.compared(rate, year, _("the same month of the year before"))] if year is not None else []
    return " ".join([sentence, *more]) if not (get_language() or "").startswith("ja") else "".join([sentence, *more])


def _figures(source: Source) -> tuple[Figure, ...]:
    found = [staying.count(source), worth.historic(source), worth.predicted(source), worth.at_risk(source)]
    if source.churn_of():
        found.insert(0, staying.rate(source))
    if due := worth.renewals(source):
        found.append(due)
    return tuple(found)
