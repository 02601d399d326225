"""How figures and codes of campaigns are written."""

from django import template

from campaigns import explaining, journeys, reasons

register = template.Library()
register.filter("points", explaining.points)
register.filter("signed_money", explaining.signed_money)


@register.filter
def reason(code: str) -> str:
    """Why a mail was not sent or waits, in words; empty where nothing is to be said."""
    return reasons.label(code) if code else ""


@register.filter
def exit_reason(code: str) -> str:
    """Why someone left a series early, in words."""
    return next((str(words) for event, words in journeys.REASONS.items() if event == code), code)
