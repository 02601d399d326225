"""An event as a file for calendars: iCalendar (RFC 5545) with METHOD:PUBLISH (RFC 5546) and the company's time zone."""

import datetime as dt
from urllib.parse import urlsplit

from django.conf import settings
from icalendar import Calendar, vCalAddress, vText
from icalendar import Event as Entry

from accounts.models import Installation

from .models import Occasion

PRODUCT = "-//Modoru//Events//EN"


def calendar_file(occasion: Occasion, *, url: str, now: dt.datetime, is_coming: bool = False) -> bytes:
    """The file. Its UID is the event's own, so a second download changes the entry instead of adding one.

    `url`: the page of the one who asks. The online address stands in it only for who is coming.
    """
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(_entry(occasion, url, now, is_coming))
    calendar.add_missing_timezones()
    return calendar.to_ical()


def _entry(occasion: Occasion, url: str, now: dt.datetime, is_coming: bool) -> Entry:
    installation = Installation.get()
    entry = Entry()
    entry.add("uid", f"event-{occasion.pk}@{urlsplit(settings.BASE_URL).hostname}")
    entry.add("dtstamp", now.astimezone(dt.UTC))
    entry.add("sequence", occasion.campaign.version)
    entry.add("dtstart", occasion.starts_at.astimezone(installation.zone))
    entry.add("dtend", occasion.ends_at.astimezone(installation.zone))
    entry.add("summary", occasion.title)
    entry.add("status", "CANCELLED" if occasion.cancelled_at else "CONFIRMED")
    entry.add("url", url)
    online = occasion.url if is_coming else ""
    if place := occasion.place or online:
        entry.add("location", place)
    entry.add("description", "\n".join(line for line in (online, url) if line))
    if installation.sender_email:
        organizer = vCalAddress(f"mailto:{installation.sender_email}")
        organizer.params["cn"] = vText(installation.company_name or installation.sender_name)
        entry.add("organizer", organizer)
    return entry
