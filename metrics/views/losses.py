"""Why customers were lost, to whom, and how many of them came back."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST, require_safe

from accounts.models import ChurnPolicy
from accounts.roles import may
from common import downloads
from customers.models import Interaction
from metrics import charts, reasons, returning
from metrics.definitions import METRICS, chip, money_basis
from metrics.models import LossRollup
from metrics.reasons import Answers, Said
from metrics.wording import PERIODS

from .asked import Asked, people_address
from .churn import Page, called, cut_choices

MOST = 20  # answers on the page
HEADER = ["period", "start", "end", "group", "kind", "value", "lost", "mrr", "sales"]
HEADINGS = {
    LossRollup.Kind.REASON: (gettext_lazy("Reasons"), gettext_lazy("as written down when the contract ended")),
    LossRollup.Kind.COMPETITOR: (
        gettext_lazy("Competitors"),
        gettext_lazy("named in the contract that ended, or in a conversation of the year before"),
    ),
    LossRollup.Kind.TOPIC: (
        gettext_lazy("What was spoken of last"),
        gettext_lazy("the category of the last conversation in the half year before"),
    ),
}
EMPTY = {
    LossRollup.Kind.REASON: gettext_lazy("No contract that ended says why. Fill in the reason when a contract ends."),
    LossRollup.Kind.COMPETITOR: gettext_lazy(
        "No contract and no conversation names a competitor. Fill it in where customers mention one."
    ),
    LossRollup.Kind.TOPIC: gettext_lazy("Nothing was written down of a conversation with them in that time."),
}
WORDS = {
    90: pgettext_lazy("back", "within 90 days"),
    180: pgettext_lazy("back", "within 180 days"),
    365: pgettext_lazy("back", "within 365 days"),
}

Row = dict[str, Any]


def _read(request: HttpRequest) -> Page:
    asked = Asked.read(request)
    page = Page.read(replace(asked, second=""))
    request.installation = page.settings  # type: ignore[attr-defined]  # read once a page (accounts.context)
    return page


@may("metrics.view")
@require_safe
def reasons_page(request: HttpRequest) -> HttpResponse:
    """Ranked reasons, competitors and topics of the lost of a period, of everybody or one group."""
    page = _read(request)
    asked, chosen = page.asked, page.chosen
    has_group = bool(asked.by) and asked.group is not None
    context = _head(page, "metrics:reasons") | {"groups": _groups(page), "has_group": has_group}
    if chosen:
        where = {"by": asked.by, "group": asked.group or ""} if has_group else {}
        found = reasons.read(chosen, **where)
        lost = found[LossRollup.Kind.REASON].lost
        pairs = [(asked.by, asked.group or "")] if has_group else []
        context |= {
            "lost": lost,
            "lost_url": people_address("lost", chosen.code, pairs),
            "parts": [_part(page, kind, found[kind], pairs) for kind in _kinds(page, found)],
            "table_url": asked.address("metrics:reasons-table"),
        }
    return render(request, "metrics/reasons.html", context)


def _kinds(page: Page, found: dict[str, Answers]) -> list[LossRollup.Kind]:
    """Without contracts nobody writes reasons down: what was spoken of stands in their place."""
    if page.settings.churn_policy == ChurnPolicy.INACTIVITY and not found[LossRollup.Kind.REASON].told:
        return [LossRollup.Kind.COMPETITOR, LossRollup.Kind.TOPIC]
    return list(LossRollup.Kind)


def _head(page: Page, name: str) -> Row:
    """What both pages have above their figures."""
    asked, chosen = page.asked, page.chosen
    settings = page.settings
    by_contract = settings.churn_policy != ChurnPolicy.INACTIVITY
    return {
        "asked": asked,
        "as_of": page.as_of,
        "basis": money_basis(settings),
        "chosen": chosen,
        "chosen_words": page.words(chosen) if chosen else "",
        "is_complete": chosen is not None and page.is_complete(chosen),
        "periods": [
            (words, asked.address(name, period=key, at=""), key == asked.period) for key, words in PERIODS.items()
        ],
        "choices": [(one.code, page.words(one), page.is_complete(one)) for one in page.periods],
        "cuts": cut_choices(),
        "name": METRICS["churn"].name_under(settings.churn_policy),
        "has_mrr": by_contract,
        "has_sales": settings.churn_policy != ChurnPolicy.CONTRACT,
    }


def _groups(page: Page) -> list[Row]:
    """The groups of the cut of whom somebody was lost; staff see no other owners."""
    asked, chosen = page.asked, page.chosen
    if not asked.by or chosen is None or asked.is_own:
        return []
    found = reasons.groups(chosen, by=asked.by)
    words = called(asked.by, [group for group, _lost in found])
    return [
        {"value": group, "words": words[group], "lost": lost, "is_here": group == asked.group} for group, lost in found
    ]


def _part(page: Page, kind: LossRollup.Kind, answers: Answers, pairs: list[tuple[str, str]]) -> Row:
    most = answers.said[0].lost if answers.said else 1
    heading, note = HEADINGS[kind]
    return {
        "kind": kind.value,
        "heading": heading,
        "note": note,
        "empty": EMPTY[kind],
        "answers": answers,
        "rows": [_row(page, kind, one, answers, most, pairs) for one in answers.said[:MOST]],
        "more": max(len(answers.said) - MOST, 0),
        "unsaid_url": _people(page, kind, "", pairs),
    }


def _row(
    page: Page, kind: LossRollup.Kind, one: Said, answers: Answers, most: int, pairs: list[tuple[str, str]]
) -> Row:
    is_topic = kind == LossRollup.Kind.TOPIC
    return {
        "said": one,
        "words": Interaction.Category(one.value).label if is_topic else one.value,
        "share": answers.share(one),
        "bar": round(100 * one.lost / most),
        "url": _people(page, kind, one.value, pairs),
    }


def _people(page: Page, kind: LossRollup.Kind, value: str, pairs: list[tuple[str, str]]) -> str:
    assert page.chosen
    return people_address("lost", page.chosen.code, pairs, **{kind.value: value})


@may("metrics.view")
@require_POST
def table(request: HttpRequest) -> HttpResponseBase:
    """The answers of the period by each group of the cut as a file."""
    page = _read(request)
    return downloads.answer(
        request,
        name=f"reasons-{page.chosen.code if page.chosen else page.asked.period}",
        header=HEADER,
        rows=lambda: _lines(page),
        back=page.asked.address("metrics:reasons"),
    )


def _lines(page: Page) -> Iterator[list[Any]]:
    asked, chosen = page.asked, page.chosen
    if chosen is None:
        return
    found = LossRollup.objects.filter(months=chosen.months, first=chosen.first, dimension=asked.by)
    found = found if asked.group is None else found.filter(group=asked.group)
    words = called(asked.by, list({row.group for row in found})) if asked.by else {}
    for row in found.order_by("group", "kind", "-lost", "value"):
        yield [
            chosen.code,
            chosen.first,
            chosen.last,
            words.get(row.group, ""),
            row.kind,
            row.value,
            row.lost,
            row.mrr,
            row.sales,
        ]


@may("metrics.view")
@require_safe
def returned(request: HttpRequest) -> HttpResponse:
    """How many of those lost in each period came back within 90, 180 and 365 days."""
    page = _read(request)
    found = returning.read(page.asked.months) if page.as_of else []
    shown = [one for one in found if one.lost][: len(page.shown)]
    context = _head(page, "metrics:returned") | {
        "rows": [_returned_row(page, one) for one in shown],
        "chart": _returned_chart(page, shown[::-1]),
        "is_counted": bool(found),
        "definition": chip("returned", settings=page.settings, as_of=page.as_of),
        "within": WORDS.items(),
    }
    return render(request, "metrics/returned.html", context)


def _returned_row(page: Page, one: returning.Returned) -> Row:
    assert page.as_of
    code = one.period.code
    return {
        "returned": one,
        "words": page.words(one.period),
        "is_complete": page.is_complete(one.period),
        "lost_url": people_address("lost", code, []),
        "cells": [
            {
                "days": words,
                "count": one.within[days],
                "share": one.share(days),
                "is_open": one.is_open(days, as_of=page.as_of),
                "url": people_address("lost", code, [], back=str(days)),
            }
            for days, words in WORDS.items()
        ],
    }


def _returned_chart(page: Page, shown: list[returning.Returned]) -> charts.Chart | None:
    """A line each for 90, 180 and 365 days, as far as they are over."""
    series = {
        str(words): [
            None if not page.as_of or one.is_open(days, as_of=page.as_of) else one.share(days) for one in shown
        ]
        for days, words in WORDS.items()
    }
    if not any(value is not None for line in series.values() for value in line):
        return None
    periods = [one.period for one in shown]
    return charts.line([page.words(one) for one in periods], series) | charts.over(periods)
