"""Which channel carries which way. A new one is a small class and a line here."""

from collections.abc import Callable
from functools import partial

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.models import Installation
from campaigns.letter import Letter
from campaigns.models import Way

from . import NotConfiguredError, Route, line, provider, sms, webhook
from .email import EmailChannel, server_of


def mail(installation: Installation) -> Route:
    """Over a provider's API where one is set; else SMTP, which knows no keys: there an answer that was lost stays in
    doubt. A demo has its own mailbox.
    """
    if settings.EMAIL_PROVIDER and not installation.is_demo:
        return provider.route(installation)
    make = partial(EmailChannel, server_of(installation))
    return Route(make, partial(Letter.of, installation), settings.SEND_CONNECTIONS)


ROUTES: dict[str, Callable[[Installation], Route]] = {
    Way.MAIL: mail,
    Way.LINE: line.route,
    Way.SMS: sms.route,
    Way.WEBHOOK: webhook.route,
}


# What people carry themselves (by_hand.py): letters they post, calls they make. Senders leave these alone.
BY_HAND = frozenset({Way.POSTAL, Way.TASK})


def route(way: str, installation: Installation) -> Route:
    """Raises NotConfiguredError, saying what to set, where this installation can't send that way."""
    if way not in ROUTES:
        raise NotConfiguredError(_("Nothing is set up for sending by %(way)s.") % {"way": Way(way).label})
    return ROUTES[way](installation)
