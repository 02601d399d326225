"""How periods, groups and changes are called on the screen."""

from decimal import Decimal

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, pgettext, pgettext_lazy
from django.utils.translation import gettext as _

from accounts.models import Installation
from common.templatetags.crm import money
from scores.models import RfmSegment
from segments.models import Tier

from .periods import Period

LARGE = 100_000_000
CUTS: dict[str, str | Promise] = {
    "": gettext_lazy("Everybody"),
    "owner": gettext_lazy("By owner"),
    "segment": gettext_lazy("By RFM segment"),
    "membership": gettext_lazy("By saved segment"),
    "industry": gettext_lazy("By industry"),
    "region": gettext_lazy("By region"),
    "plan": gettext_lazy("By plan"),
    "tier": gettext_lazy("By touch tier"),
    "cohort": gettext_lazy("By first month"),
    "via": gettext_lazy("By way acquired"),
}
PERIODS: dict[str, str | Promise] = {
    "month": pgettext_lazy("period", "Month"),
    "quarter": pgettext_lazy("period", "Quarter"),
    "half": pgettext_lazy("period", "Half-year"),
    "year": pgettext_lazy("period", "Fiscal year"),
}


def period_words(period: Period, settings: Installation) -> str:
    """2026年10月; a quarter by the company's fiscal year where its quarters are the calendar's; 2026年度 上期."""
    if period.months == 1:
        return date_format(period.first, "YEAR_MONTH_FORMAT")
    if period.months > 3:
        return _year_words(period, settings)
    start, month = settings.fiscal_year_start, period.first.month
    words = {"first": month, "last": period.last.month, "year": period.first.year}
    if (month - start) % 3:
        return _("%(year)s, months %(first)s–%(last)s") % words
    words |= {"year": period.first.year - (month < start), "number": (month - start) % 12 // 3 + 1}
    return _("FY%(year)s Q%(number)s (months %(first)s–%(last)s)") % words


def _year_words(period: Period, settings: Installation) -> str:
    """A fiscal year or a half of one."""
    words = {"year": period.first.year, "first": period.first.month, "last": period.last.month}
    if period.months == 12:
        return _("FY%(year)s") % words
    if period.first.month == settings.fiscal_year_start:
        return _("FY%(year)s, first half (months %(first)s–%(last)s)") % words
    words["year"] -= period.first.month < settings.fiscal_year_start
    return _("FY%(year)s, second half (months %(first)s–%(last)s)") % words


def group_words(by: str, group: str | None) -> str:
    """A group of a cut as people call it: RFM codes by their names, and a word for none."""
    if group and by == "segment":
        return str(RfmSegment(group).label)
    if group and by == "tier":
        return str(Tier(group).label)
    if group:
        return group
    return {
        "owner": _("Without owner"),
        "segment": _("Not scored"),
        "plan": _("Without plan"),
        "tier": _("In no tier then"),
    }.get(by, _("Not filled in"))


def large_money(value: Decimal | None) -> tuple[str, str]:
    """An amount as it fits a card, and its unit: from 100 million on in 万 (in English: M), below in full."""
    if value is None or abs(value) < LARGE:
        return money(value), ""
    scale = 10_000 if (get_language() or "").startswith("ja") else 1_000_000
    return money(value / scale), pgettext("unit of money", "M")


def short_money(value: Decimal) -> str:
    """A round amount as people read it at a glance: ¥8,000, 120,000 in 万 (in English: ¥120K)."""
    size = 10_000 if _is_japanese() else 1_000
    if abs(value) < size or value * 100 % size:
        return money(value)
    figure = f"{value / size:,.2f}".rstrip("0").rstrip(".")
    return pgettext("short amount", "¥%(figure)sK") % {"figure": figure}


def band_words(low: Decimal | None, high: Decimal | None, *, is_closed: bool = False) -> str:
    """¥0–¥20K; "below ¥0", "¥120K or more" at the open ends; `is_closed`: the last amount belongs to it."""
    if low is None:
        return _("below %(amount)s") % {"amount": short_money(high or Decimal(0))}
    if high is None:
        return _("%(amount)s or more") % {"amount": short_money(low)}
    ends = (money(low), money(high)) if is_closed else (short_money(low), short_money(high))
    return ends[0] if ends[0] == ends[1] else "–".join(ends)


def _is_japanese() -> bool:
    return (get_language() or "").startswith("ja")


def points(now: float | None, before: float | None) -> str:
    """+0.4pt, −1.2pt; empty where one of the two has no figure."""
    if now is None or before is None:
        return ""
    change = round(now - before, 1)
    return f"{'+' if change > 0 else '−' if change < 0 else '±'}{abs(change):.1f}pt"
