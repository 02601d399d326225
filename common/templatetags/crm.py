"""What every page needs: icons, and how money, days and shares are written."""

import datetime as dt
from decimal import Decimal
from functools import cache

from django import template
from django.conf import settings
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import mark_safe

register = template.Library()


@cache
def _svg(name: str) -> str:
    text = (settings.ICONS_DIR / f"{name}.svg").read_text(encoding="utf-8")
    start = text.index("<svg")
    inner = text[text.index(">", start) + 1 : text.rindex("</svg>")]
    return "".join(line.strip() for line in inner.splitlines())


@register.simple_tag
def icon(name: str, css: str = "") -> str:
    """Inlines an outline icon of @tabler/icons; decoration, so hidden from screen readers."""
    return format_html(
        '<svg class="icon {}" width="24" height="24" viewBox="0 0 24 24" fill="none" stroke="currentColor"'
        ' stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">{}</svg>',
        css,
        mark_safe(_svg(name)),  # noqa: S308  a file of the pinned package, by a name from our templates
    )


@register.filter
def money(value: Decimal | float | None) -> str:
    """¥1,234,567 (whole yen, half up); – where there is no figure."""
    if value is None or value == "":
        return "–"
    whole = Decimal(str(value)).quantize(Decimal(1), rounding="ROUND_HALF_UP")
    return f"−¥{-whole:,}" if whole < 0 else f"¥{abs(whole):,}"


@register.filter
def number(value: float | None) -> str:
    """12,345; – where there is no figure."""
    return "–" if value is None or value == "" else f"{value:,}"


@register.filter
def decimal(value: float | None, places: int = 1) -> str:
    """1.23 with so many places; – where there is no figure."""
    return "–" if value is None or value == "" else f"{float(value):,.{places}f}"


@register.filter
def percent(value: float | None, places: int = 1) -> str:
    """A figure already in percent: 4.6 → 4.6%."""
    return "–" if value is None or value == "" else f"{float(value):.{places}f}%"


@register.filter
def share(value: float | None, places: int = 0) -> str:
    """A fraction of 1 as percent: 0.46 → 46%."""
    return "–" if value is None or value == "" else f"{float(value) * 100:.{places}f}%"


@register.filter
def day(value: dt.date | None) -> str:
    """2026/11/21."""
    return value.strftime("%Y/%m/%d") if value else "–"


@register.simple_tag(takes_context=True)
def nav_link(context, url_name: str, icon_name: str, words: str, outside: str = "") -> str:
    """An entry of the side menu; current on its page and below it, but not below `outside` (a space between)."""
    here = context["request"].path
    address = reverse(url_name)
    is_here = here == address if address == "/" else here.startswith(address)
    if here.startswith(tuple(outside.split())):
        is_here = False
    mark = mark_safe(' aria-current="page"') if is_here else ""
    return format_html('<a class="nav-item" href="{}"{}>{}<span>{}</span></a>', address, mark, icon(icon_name), words)


@register.filter
def initial(name: str) -> str:
    """What stands in the circle before a name; the kind of company left out: 株式会社青空商事 → 青."""
    bare = str(name or "").strip()
    for kind in ("株式会社", "有限会社", "合同会社", "一般社団法人", "(株)", "（株）", "㈱"):
        bare = bare.removeprefix(kind).strip()
    return (bare or str(name or "").strip() or "?")[:1].upper()
