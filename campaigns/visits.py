"""What the picture and the links of a mail tell: written down as reports, told apart by machine and person.

A GET adds a report and nothing else. `reporting` reads the reports a little later, when the others of the same mail
could have come in, and only then is a click a click.
"""

import datetime as dt

from . import links, machines, reporting
from .models import Delivery, Report

PROVIDER = "web"
MOST = 200  # reports of one message from the web: no link can fill the table


def click(*, token: str, number: int, look: machines.Look, now: dt.datetime) -> str | None:
    """Where the link leads; None where it is unknown or the trap."""
    found = links.target(token, number)
    if found is None:
        return None
    is_machine = number == links.TRAP or machines.is_machine_click(look, _after(found.delivery, now))
    _note(found.delivery, Report.Kind.CLICKED, is_machine, now, number)
    return found.url or None


def opened(*, token: str, look: machines.Look, now: dt.datetime) -> None:
    """The picture was loaded. An unknown token is nothing."""
    delivery = links.by_token(token)
    if delivery is not None:
        _note(delivery, Report.Kind.OPENED, machines.is_machine_open(look, _after(delivery, now)), now)


def _after(delivery: Delivery, now: dt.datetime) -> dt.timedelta | None:
    handed_over = delivery.sending_at or delivery.settled_at
    return now - handed_over if handed_over else None


def _note(delivery: Delivery, kind: str, is_machine: bool, now: dt.datetime, number: int | None = None) -> None:
    """Once a minute for each link and each of machine and person. Business notices are not tracked."""
    if not delivery.campaign.is_promotion or delivery.reports.filter(provider=PROVIDER).count() >= MOST:
        return
    who = "machine" if is_machine else "person"
    key = f"{delivery.pk}:{kind}:{number or 0}:{who}:{now:%Y%m%d%H%M}"
    news = reporting.News(PROVIDER, key, kind, now, delivery.pk, is_machine=is_machine, link=number)
    reporting.store([news], received_at=now)
