"""Mail through a provider's HTTP API, by django-anymail: the same letter as over SMTP, taken apart again.

Which providers know an idempotency key: KEYS (docs/decisions/0017). The message's key goes along as metadata too, so
that the provider's own webhooks find the delivery; the provider's id comes back.
"""

import datetime as dt
import email
import email.policy
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from functools import partial
from typing import Any

import requests
from anymail.exceptions import (
    AnymailConfigurationError,
    AnymailError,
    AnymailInvalidAddress,
    AnymailRecipientsRefused,
    AnymailRequestsAPIError,
    AnymailSerializationError,
)
from anymail.message import AnymailStatus
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

from accounts.models import Installation
from campaigns.letter import Letter

from . import Accepted, BrokenError, ChannelError, Message, NotConfiguredError, RefusedError, Route, Stage
from .http import Answer, refusal

TIMEOUTS = (5, 10)  # seconds: until somebody picks up, and for each piece of the answer
KEY = "message_key"
OURS = {"from", "to", "subject", "reply-to", "date", "mime-version", "content-type", "content-transfer-encoding"}


@dataclass(frozen=True)
class Keyed:
    """How a provider takes an idempotency key: as a header of the call or of the mail; for how long; what it says
    when the same comes again with other words (its answer's "name" or "code")."""

    lasts: dt.timedelta
    call_header: str = ""
    mail_header: str = ""
    repeated: frozenset[str] = frozenset()


KEYS = {
    "resend": Keyed(
        dt.timedelta(hours=24), call_header="Idempotency-Key", repeated=frozenset({"invalid_idempotent_request"})
    ),
    "brevo": Keyed(dt.timedelta(minutes=15), mail_header="idempotencyKey", repeated=frozenset({"duplicate_request"})),
}


class ProviderChannel:
    """One provider's API. The session is kept for many mails."""

    def __init__(self, provider: str, timeouts: tuple[float, float] = TIMEOUTS, **options: Any):
        """`options` go to the provider's class, before those of the environment (ANYMAIL_…)."""
        self._keyed = KEYS.get(provider)
        self._make: Callable[[], Any] = partial(
            import_string(f"anymail.backends.{provider}.EmailBackend"), timeout=timeouts, **options
        )
        self._backend: Any = None

    def open(self) -> None:
        """Raises NotConfiguredError where the provider's settings are not whole."""
        if self._backend is None:
            try:
                self._backend = self._make()
            except AnymailConfigurationError as error:
                raise NotConfiguredError(
                    _("The mail provider is not set up: %(why)s") % {"why": str(error).splitlines()[0]}
                ) from None
            self._backend.open()

    def offer(self, message: Message) -> None:
        """There is nothing to announce: a mail is one call."""
        self.open()

    def deliver(self, message: Message) -> Accepted:
        self.open()
        mail = self._mail(message)
        try:
            self._backend.send_messages([mail])
        except AnymailError as error:
            if accepted := self._repeated(error):
                return accepted
            raise self._error(error) from None
        return _accepted(mail.anymail_status)  # type: ignore[attr-defined]

    def withdraw(self) -> None:
        """Nothing was announced."""

    def close(self) -> None:
        backend, self._backend = self._backend, None
        if backend is not None:
            backend.close()

    def _mail(self, message: Message) -> EmailMultiAlternatives:
        """The letter's words and headers in the form anymail takes. The day is left to the provider: a repeated call
        must say the same."""
        read = email.message_from_bytes(message.content, policy=email.policy.default)
        assert isinstance(read, EmailMessage)
        headers = {name: " ".join(str(value).split()) for name, value in read.items() if name.lower() not in OURS}
        if self._keyed and self._keyed.mail_header:
            headers[self._keyed.mail_header] = message.key
        if self._keyed and self._keyed.call_header:
            self._backend.session.headers[self._keyed.call_header] = message.key
        reply_to = [str(read["Reply-To"])] if read["Reply-To"] else []
        mail = EmailMultiAlternatives(
            str(read["Subject"]), _part(read, "plain"), str(read["From"]), [str(read["To"])], reply_to=reply_to
        )
        mail.extra_headers = headers
        mail.attach_alternative(_part(read, "html"), "text/html")
        for part in read.iter_attachments():
            mail.attach(part.get_filename(), part.get_payload(decode=True), part.get_content_type())
        mail.metadata = {KEY: message.key}  # type: ignore[attr-defined]
        return mail

    def _repeated(self, error: AnymailError) -> Accepted | None:
        """The provider knows this key already: it has the mail."""
        said = _answer(error)
        if self._keyed and said and {said.text("name"), said.text("code")} & self._keyed.repeated:
            return Accepted(f"HTTP {said.status} accepted before")
        return None

    def _error(self, error: AnymailError) -> ChannelError:
        said = _answer(error)
        if said is not None and not said.is_yes:
            return refusal(said, said.text("name", "code", "error", "message"), is_keyed=self._keyed is not None)
        if isinstance(error, AnymailRecipientsRefused):
            return RefusedError(Stage.RECIPIENT, 550, "refused by the provider")
        if isinstance(error, AnymailInvalidAddress):
            return RefusedError(Stage.RECIPIENT, 550, "5.1.3 not an address")
        if isinstance(error, AnymailSerializationError):
            return RefusedError(Stage.SENDER, 554, type(error).__name__)
        is_before = isinstance(error, requests.ConnectionError) and _never_connected(error)
        return BrokenError(Stage.DATA if is_before else Stage.CONTENT, type(error.__cause__ or error).__name__)


def _accepted(status: AnymailStatus) -> Accepted:
    """Some providers refuse a recipient without an error of anymail's; a status that is no yes is none."""
    code = getattr(status.esp_response, "status_code", 200)
    if not 200 <= code < 300 or (status.status or set()) & {"invalid", "rejected", "failed"}:
        raise RefusedError(Stage.RECIPIENT, 550, f"HTTP {code} refused by the provider")
    return Accepted(f"HTTP {code}", str(status.message_id or "")[:200])


def _part(read: EmailMessage, subtype: str) -> str:
    part = read.get_body((subtype,))
    return part.get_content() if part is not None else ""


def _answer(error: AnymailError) -> Answer | None:
    """The provider's answer behind an error, where there was one."""
    response = error.response
    if not isinstance(error, AnymailRequestsAPIError) or response is None:
        return None
    try:
        data = response.json()
    except ValueError:
        data = {}
    return Answer(response.status_code, response.headers, data if isinstance(data, dict) else {})


def _never_connected(error: BaseException) -> bool:
    """Whether nobody picked up: nothing was handed over."""
    cause = error.__cause__
    reason = cause.args[0] if cause is not None and cause.args else None
    inner = reason.reason if isinstance(reason, MaxRetryError) else reason
    return isinstance(inner, NewConnectionError | ConnectTimeoutError)


def route(installation: Installation) -> Route:
    """EMAIL_PROVIDER's. `is_keyed` where a key is known for a day at least: shorter than our waits it helps nobody."""
    provider = settings.EMAIL_PROVIDER
    keyed = KEYS.get(provider)
    is_keyed = keyed is not None and keyed.lasts >= dt.timedelta(hours=24)
    return Route(
        partial(ProviderChannel, provider), partial(Letter.of, installation), settings.SEND_CONNECTIONS, is_keyed
    )
