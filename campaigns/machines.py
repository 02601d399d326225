"""Telling machines from people, as far as that can be done (docs/decisions/0018). Pure: no database, no clock.

Mail programs and scanners load pictures and follow links on their own. Whatever is in doubt counts as a machine:
a click too few is a smaller lie than a click nobody made.
"""

import datetime as dt
import re
from dataclasses import dataclass

AT_ONCE = dt.timedelta(seconds=10)  # nobody reads a mail that quickly
# Programs that say who they are. Not here: mail programs that load pictures when a person opens a mail.
SCANNERS = re.compile(
    r"bot\b|bot[/;_-]|crawl|spider|slurp|preview|scan|monitor|validator|facebookexternalhit|line-poker|whatsapp|"
    r"barracuda|mimecast|proofpoint|symantec|trend ?micro|forcepoint|sophos|kaspersky|avast|fireeye|cloudmark|"
    r"messagelabs|safelinks|virustotal|urlscan|zgrab|headless|phantomjs|"
    r"^(curl|wget|python|go-http-client|java|okhttp|axios|node|libwww|apache-httpclient|ruby|php|perl|httpie)\b",
    re.IGNORECASE,
)
# Loads pictures for people who may never look: Gmail's, Yahoo's and Apple's proxies.
PROXIES = re.compile(r"GoogleImageProxy|YahooMailProxy|ggpht\.com", re.IGNORECASE)
APPLE_PRIVACY = "Mozilla/5.0"  # all of it: Mail Privacy Protection loads every picture of every mail
OFFICE = re.compile(r"ms-office|microsoft (office|outlook)", re.IGNORECASE)  # opens a browser for a person's click


@dataclass(frozen=True)
class Look:
    """How a request shows itself."""

    method: str = "GET"
    user_agent: str = ""
    purpose: str = ""  # Sec-Purpose, Purpose or X-Moz: browsers say when they fetch ahead


def is_machine_click(look: Look, after: dt.timedelta | None) -> bool:
    """`after`: since the mail was handed over; None where it never was."""
    return _is_machine(look, after) or bool(OFFICE.search(look.user_agent))


def is_machine_open(look: Look, after: dt.timedelta | None) -> bool:
    """As `is_machine_click`; proxies load pictures, but follow no links."""
    return _is_machine(look, after) or bool(PROXIES.search(look.user_agent))


def _is_machine(look: Look, after: dt.timedelta | None) -> bool:
    agent = look.user_agent.strip()
    if look.method != "GET" or look.purpose or agent in ("", APPLE_PRIVACY):
        return True
    return after is None or after < AT_ONCE or bool(SCANNERS.search(agent))
