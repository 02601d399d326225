"""Mail over SMTP (RFC 5321): one connection for many mails, a time limit on every step.

Built on smtplib's commands instead of `sendmail`, because the ledger must write between RCPT and DATA.
"""

import contextlib
import ipaddress
import smtplib
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.models import Installation

from . import Accepted, BrokenError, Message, NotConfiguredError, RefusedError, Stage

GOODBYE = 5  # seconds for QUIT: everything is settled by then
PER_CONNECTION = 500  # mails; then a new connection, as servers like it


@dataclass(frozen=True)
class Timeouts:
    """Seconds: QUALITY's; RFC 5321 4.5.3.2 asks for the last, so that a slow answer isn't taken for none."""

    connect: float = 30
    command: float = 300
    after_dot: float = 600


@dataclass(frozen=True)
class Server:
    """Where mail goes. `is_local_only`: refuse any other end of the line than this machine."""

    host: str
    port: int
    user: str = ""
    password: str = ""
    is_tls: bool = False  # from the first byte
    needs_starttls: bool = False
    is_local_only: bool = False


def server_of(installation: Installation) -> Server:
    """The demo's own sink for a demo, EMAIL_URL's server for everybody else. Raises NotConfiguredError."""
    if installation.is_demo:
        return _demo_server(settings.DEMO_SMTP)
    if not getattr(settings, "EMAIL_HOST", None):
        raise NotConfiguredError(_("No mail server is set: give one in EMAIL_URL."))
    return Server(
        host=settings.EMAIL_HOST,
        port=settings.EMAIL_PORT or 25,
        user=settings.EMAIL_HOST_USER or "",
        password=settings.EMAIL_HOST_PASSWORD or "",
        is_tls=bool(settings.EMAIL_USE_SSL),
        needs_starttls=bool(settings.EMAIL_USE_TLS),
    )


def _demo_server(url: str) -> Server:
    """Only an address of this machine, given as one: a name could be answered from elsewhere."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        is_local = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_local, port = False, None
    if not (is_local and port):
        raise NotConfiguredError(_("This is the demo: it sends to its own mailbox on this machine only (DEMO_SMTP)."))
    return Server(host=host, port=port, is_local_only=True)


class EmailChannel:
    """One SMTP connection, opened when first needed."""

    def __init__(self, server: Server, timeouts: Timeouts | None = None):
        self._server, self._timeouts = server, timeouts or Timeouts()
        self._smtp: smtplib.SMTP | None = None
        self._sent = 0

    def open(self) -> None:
        """Connects, greets, secures and signs in; raises RefusedError or BrokenError at stage CONNECT."""
        if self._smtp is not None and self._sent >= PER_CONNECTION:
            self.close()
        if self._smtp is None:
            with self._at(Stage.CONNECT):
                self._smtp = self._connected()
            self._sent = 0

    def offer(self, message: Message) -> None:
        self.open()
        with self._at(Stage.SENDER):
            self._say(Stage.SENDER, f"MAIL FROM:<{message.sender}>")
        with self._at(Stage.RECIPIENT):
            self._say(Stage.RECIPIENT, f"RCPT TO:<{message.recipient}>")

    def deliver(self, message: Message) -> Accepted:
        content = message.content.replace(b"\r\n.", b"\r\n..")
        with self._at(Stage.DATA):
            self._say(Stage.DATA, "DATA", wanted=3)
            self._smtp.send(content if content.endswith(b"\r\n") else content + b"\r\n")
        with self._at(Stage.CONTENT):
            self._smtp.sock.settimeout(self._timeouts.after_dot)
            self._smtp.send(b".\r\n")
            reply = self._answer(Stage.CONTENT, wanted=2)
            self._smtp.sock.settimeout(self._timeouts.command)
        self._sent += 1
        return Accepted(reply)

    def withdraw(self) -> None:
        """RSET; a connection that can't even do that is given up."""
        if self._smtp is not None:
            with contextlib.suppress(RefusedError, BrokenError), self._at(Stage.SENDER):
                self._say(Stage.SENDER, "RSET")

    def close(self) -> None:
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                smtp.sock.settimeout(GOODBYE)
                smtp.quit()
            smtp.close()

    def _connected(self) -> smtplib.SMTP:
        server, name, limit = self._server, _own_name(), self._timeouts.connect
        smtp: smtplib.SMTP
        if server.is_tls:
            context = _trusted()
            smtp = smtplib.SMTP_SSL(server.host, server.port, name, timeout=limit, context=context)
        else:
            smtp = smtplib.SMTP(server.host, server.port, name, timeout=limit)
        try:
            self._check_end(smtp)
            smtp.ehlo_or_helo_if_needed()
            if server.needs_starttls:
                smtp.starttls(context=_trusted())
                smtp.ehlo_or_helo_if_needed()  # what was said in clear text doesn't count any more (RFC 3207 4.2)
            if server.user:
                smtp.login(server.user, server.password)
        except BaseException:
            smtp.close()
            raise
        smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # the dot goes as a packet of its own
        smtp.sock.settimeout(self._timeouts.command)
        return smtp

    def _check_end(self, smtp: smtplib.SMTP) -> None:
        if self._server.is_local_only and not ipaddress.ip_address(smtp.sock.getpeername()[0]).is_loopback:
            raise NotConfiguredError(
                _("This is the demo: it sends to its own mailbox on this machine only (DEMO_SMTP).")
            )

    def _say(self, stage: Stage, command: str, wanted: int = 2) -> str:
        self._smtp.putcmd(command)
        return self._answer(stage, wanted)

    def _answer(self, stage: Stage, wanted: int) -> str:
        """The reply's words if its first digit is the wanted one. 421 closes: the next mail opens anew."""
        code, words = self._smtp.getreply()
        text = words.decode("utf-8", "replace")
        if code // 100 != wanted:
            if code == 421:
                self._drop()
            if not 400 <= code <= 599:  # half a reply, or none at all: it says nothing
                self._drop()
                raise BrokenError(stage, "no reply")
            raise RefusedError(stage, code, text)
        return f"{code} {text}"

    @contextlib.contextmanager
    def _at(self, stage: Stage) -> Iterator[None]:
        """Turns smtplib's errors into ours, and gives the connection up after any but an answer."""
        try:
            yield
        except (RefusedError, BrokenError, NotConfiguredError):
            raise
        except smtplib.SMTPResponseException as error:
            self._drop()
            words = error.smtp_error.decode("utf-8", "replace") if isinstance(error.smtp_error, bytes) else ""
            raise (
                RefusedError(stage, error.smtp_code, words) if error.smtp_code >= 400 else BrokenError(stage)
            ) from None
        except (smtplib.SMTPException, OSError, ValueError) as error:
            self._drop()
            raise BrokenError(stage, f"{type(error).__name__}: {error}") from None

    def _drop(self) -> None:
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            smtp.close()


def _trusted() -> ssl.SSLContext:
    """Whose word counts for a mail server's certificate: EMAIL_CA_FILE's, else that of the machine's authorities."""
    return ssl.create_default_context(cafile=settings.EMAIL_CA_FILE or None)


def _own_name() -> str:
    """Ours for EHLO, from BASE_URL: no look-up of this machine's name."""
    host = urlsplit(settings.BASE_URL).hostname or "localhost"
    try:
        return f"[{ipaddress.ip_address(host)}]"
    except ValueError:
        return host
