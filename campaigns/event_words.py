"""Days and hours of an event as people read them, in the active language and the company's time zone."""

import datetime as dt

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.models import Installation

from .models import Campaign, Occasion


def day(on: dt.date, *, with_year: bool = True) -> str:
    """2026年11月28日(土曜日); Saturday, 28 November 2026."""
    if with_year:
        return date_format(on, pgettext("format of a day", "l, j F Y"))
    return date_format(on, pgettext("format of a day", "l, j F"))


def moment(at: dt.datetime) -> str:
    """A day and the hour: 2026年11月28日(土曜日) 14:00."""
    here = at.astimezone(Installation.get().zone)
    return f"{day(here.date())} {here:%H:%M}"


def when(occasion: Occasion) -> str:
    """From when until when: 2026年11月28日(土曜日) 14:00〜16:00; the second day only where it is another."""
    zone = Installation.get().zone
    begins, ends = occasion.starts_at.astimezone(zone), occasion.ends_at.astimezone(zone)
    last = f"{ends:%H:%M}"
    if ends.date() != begins.date():
        last = f"{day(ends.date(), with_year=ends.year != begins.year)} {last}"
    return _("%(begins)s–%(ends)s") % {"begins": moment(occasion.starts_at), "ends": last}


def of_campaign(campaign: Campaign) -> Occasion | None:
    """The event a campaign invites to; of news about seats come free, the event they are about."""
    about = campaign.trigger_rule.get("occasion")
    found = Occasion.objects.select_related("campaign")
    return (found.filter(pk=about) if about else found.filter(campaign=campaign)).first()


def url(token: str) -> str:
    """Where a recipient answers; the token is that of his delivery."""
    return f"{settings.BASE_URL}/r/{token}/"


def values(occasion: Occasion) -> dict[str, str]:
    """What a mail says of an event, the same to everybody, as merge fields; what is empty is absent."""
    given = {
        "event_title": occasion.title,
        "event_date": when(occasion),
        "event_place": occasion.place or (_("online") if occasion.url else ""),
        "event_seats": _("%(n)s seats") % {"n": occasion.capacity} if occasion.capacity else "",
        "event_until": moment(occasion.answer_until or occasion.starts_at),
    }
    return {key: text for key, text in given.items() if text}
