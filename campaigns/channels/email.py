"""Mail over SMTP (RFC 5321, pipelining RFC 2920): one connection for many mails, a time limit on every answer.

smtplib opens, secures and signs in. The talk after that is our own: the ledger must write between RCPT and DATA, and
a talk that never blocks lets one thread keep many connections busy (docs/decisions/0015).
"""

import contextlib
import ipaddress
import re
import select
import smtplib
import socket
import ssl
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.models import Installation

from . import Accepted, BrokenError, ChannelError, Message, NotConfiguredError, RefusedError, Stage

GOODBYE = 5  # seconds for QUIT: everything is settled by then
PER_CONNECTION = 500  # mails; then a new connection, as servers like it
LINE = re.compile(rb"(\d{3})([ -]?)([^\r\n]*)\r?\n")
LONGEST = 65_536  # bytes of one reply

Reply = tuple[int, str]
Talk = Generator[None, None, "Accepted | None"]  # pauses where it has to wait for the other side


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
    """One SMTP connection, opened when first needed.

    `open`, `offer`, `deliver` wait. `begin_offer` and `begin_deliver` don't: `go_on` is called when the socket can be
    read (written, where `wants_write`) or `deadline` is over, until it says that the talk has ended.
    """

    def __init__(self, server: Server, timeouts: Timeouts | None = None):
        self._server, self._timeouts = server, timeouts or Timeouts()
        self._sock: socket.socket | None = None
        self._heard = b""
        self._talk: Talk | None = None
        self._pipelines = self._needs_reset = False
        self._sent = 0
        self.deadline, self.wants_write = 0.0, False
        self.accepted: Accepted | None = None

    # --- waiting ------------------------------------------------------------------------------

    def open(self) -> None:
        """Connects, greets, secures and signs in; raises RefusedError or BrokenError at stage CONNECT."""
        if self._sock is not None and self._sent >= PER_CONNECTION:
            self.close()
        if self._sock is None:
            with self._at(Stage.CONNECT):
                smtp = self._connected()
            self._pipelines, self._needs_reset = smtp.has_extn("pipelining"), False
            self._sock, self._heard, self._sent = smtp.sock, b"", 0
            if smtp.file is not None:  # it would keep the socket open
                smtp.file.close()
            self._sock.setblocking(False)

    def offer(self, message: Message) -> None:
        self.open()
        self.begin_offer(message)
        self._finish()

    def deliver(self, message: Message) -> Accepted:
        self.begin_deliver(message)
        self._finish()
        return self.accepted or Accepted("")

    def withdraw(self) -> None:
        """The next offer begins with RSET: no time is lost on one that isn't coming."""
        self._needs_reset = True

    def close(self) -> None:
        sock, self._sock = self._sock, None
        if sock is not None:
            with contextlib.suppress(OSError, ValueError):
                sock.settimeout(GOODBYE)
                sock.sendall(b"QUIT\r\n")
                sock.recv(1024)
            sock.close()

    def _finish(self) -> None:
        while not self.go_on():
            waiting = select.poll()
            waiting.register(self.fileno(), select.POLLOUT if self.wants_write else select.POLLIN)
            waiting.poll(max(0.0, self.deadline - time.monotonic()) * 1000)

    # --- without waiting ----------------------------------------------------------------------

    @property
    def is_open(self) -> bool:
        """May take a message without connecting first."""
        return self._sock is not None and self._sent < PER_CONNECTION

    def fileno(self) -> int:
        return -1 if self._sock is None else self._sock.fileno()

    def begin_offer(self, message: Message) -> None:
        self._talk = self._offering(message)

    def begin_deliver(self, message: Message) -> None:
        self._talk = self._delivering(message)

    def go_on(self) -> bool:
        """As far as the other side lets us. True when the talk has ended well; raises ChannelError."""
        talk = self._talk
        assert talk is not None, "nothing was begun"
        try:
            next(talk)
        except StopIteration as end:
            self._talk, self.accepted = None, end.value
            return True
        except ChannelError:
            self._talk = None
            raise
        return False

    def _offering(self, message: Message) -> Talk:
        commands = [(Stage.SENDER, f"MAIL FROM:<{message.sender}>")]
        commands.append((Stage.RECIPIENT, f"RCPT TO:<{message.recipient}>"))
        if self._needs_reset:
            commands.insert(0, (Stage.SENDER, "RSET"))
        self._needs_reset = True  # until the mail is through
        groups = [commands] if self._pipelines else [[command] for command in commands]
        for group in groups:
            yield from self._send(group[0][0], "".join(f"{words}\r\n" for _stage, words in group).encode())
            replies = []
            for stage, _words in group:  # all of them, also behind a no: else they'd be taken for the next one's
                replies.append((stage, (yield from self._reply(stage, self._timeouts.command))))
                self._close_at_421(*replies[-1])
            for stage, reply in replies:
                self._expect(stage, reply, wanted=2)
        return None

    def _delivering(self, message: Message) -> Talk:
        content = message.content.replace(b"\r\n.", b"\r\n..")
        content = b"." + content if content.startswith(b".") else content
        yield from self._send(Stage.DATA, b"DATA\r\n")
        self._expect(Stage.DATA, (yield from self._answer(Stage.DATA, self._timeouts.command)), wanted=3)
        end = b".\r\n" if content.endswith(b"\r\n") else b"\r\n.\r\n"
        yield from self._send(Stage.DATA, content + end)  # whatever fails here, the dot has not gone out
        reply = yield from self._answer(Stage.CONTENT, self._timeouts.after_dot)
        self._expect(Stage.CONTENT, reply, wanted=2)
        self._sent += 1
        self._needs_reset = False
        return Accepted(f"{reply[0]} {reply[1]}")

    def _send(self, stage: Stage, data: bytes) -> Generator[None, None, None]:
        self.deadline = time.monotonic() + self._timeouts.command
        view = memoryview(data)
        while view:
            try:
                view = view[self._sock.send(view) :]
            except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
                self._check_time(stage)
                self.wants_write = True
                yield
                self.wants_write = False
            except OSError as error:
                raise self._broken(stage, error) from None

    def _answer(self, stage: Stage, limit: float) -> Generator[None, None, Reply]:
        reply = yield from self._reply(stage, limit)
        self._close_at_421(stage, reply)
        return reply

    def _reply(self, stage: Stage, limit: float) -> Generator[None, None, Reply]:
        """One whole reply, however many pieces it comes in; the limit is for all of it."""
        self.deadline = time.monotonic() + limit
        while (reply := self._taken(stage)) is None:
            if not (isinstance(self._sock, ssl.SSLSocket) and self._sock.pending()):
                yield
            try:
                data = self._sock.recv(LONGEST)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                self._check_time(stage)
                continue
            except OSError as error:
                raise self._broken(stage, error) from None
            if not data:
                raise self._broken(stage, ConnectionError("the connection was closed"))
            self._heard += data
            if b"\n" not in data:
                self._check_time(stage)
        return reply

    def _taken(self, stage: Stage) -> Reply | None:
        """The first whole reply of what was heard; None where its end is still to come."""
        at, words = 0, []
        while found := LINE.match(self._heard, at):
            at = found.end()
            words.append(found[3].decode("utf-8", "replace"))
            if found[2] != b"-":
                self._heard = self._heard[at:]
                return self._sensible(stage, int(found[1])), "\n".join(words)
        if b"\n" in self._heard[at:] or len(self._heard) > LONGEST:
            raise self._broken(stage, ValueError("that is no reply"))
        return None

    def _sensible(self, stage: Stage, code: int) -> int:
        if not 200 <= code <= 599:  # it says nothing
            raise self._broken(stage, ValueError("that is no reply"))
        return code

    def _expect(self, stage: Stage, reply: Reply, *, wanted: int) -> None:
        """Neither what was asked for nor a no: we no longer know what the other side is answering to."""
        if reply[0] // 100 == wanted:
            return
        if reply[0] < 400:
            raise self._broken(stage, ValueError("that is no answer to this"))
        raise RefusedError(stage, *reply)

    def _check_time(self, stage: Stage) -> None:
        if time.monotonic() >= self.deadline:
            raise self._broken(stage, TimeoutError("timed out"))

    def _close_at_421(self, stage: Stage, reply: Reply) -> None:
        """The other side closes: the next mail opens anew."""
        if reply[0] == 421:
            self._drop()
            raise RefusedError(stage, *reply)

    def _broken(self, stage: Stage, error: Exception) -> BrokenError:
        self._drop()
        return BrokenError(stage, f"{type(error).__name__}: {error}")

    def _drop(self) -> None:
        sock, self._sock = self._sock, None
        if sock is not None:
            sock.close()

    # --- the beginning ------------------------------------------------------------------------

    def _connected(self) -> smtplib.SMTP:
        server, name, limit = self._server, _own_name(), self._timeouts.connect
        smtp: smtplib.SMTP
        if server.is_tls:
            context = _trusted()
            smtp = _PatientTLS(server.host, server.port, name, timeout=limit, context=context)
        else:
            smtp = _Patient(server.host, server.port, name, timeout=limit)
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
        smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return smtp

    def _check_end(self, smtp: smtplib.SMTP) -> None:
        if self._server.is_local_only and not ipaddress.ip_address(smtp.sock.getpeername()[0]).is_loopback:
            raise NotConfiguredError(
                _("This is the demo: it sends to its own mailbox on this machine only (DEMO_SMTP).")
            )

    @contextlib.contextmanager
    def _at(self, stage: Stage) -> Iterator[None]:
        """Turns smtplib's errors into ours."""
        try:
            yield
        except NotConfiguredError:
            raise
        except smtplib.SMTPResponseException as error:
            words = error.smtp_error.decode("utf-8", "replace") if isinstance(error.smtp_error, bytes) else ""
            raise (
                RefusedError(stage, error.smtp_code, words) if error.smtp_code >= 400 else BrokenError(stage)
            ) from None
        except (smtplib.SMTPException, OSError, ValueError) as error:
            raise BrokenError(stage, f"{type(error).__name__}: {error}") from None


class _Answers:
    """What smtplib reads from, with one limit for a whole answer: it gives each byte a limit of its own, and a server
    that sends one now and then would hold us for hours.
    """

    def __init__(self, sock: socket.socket, seconds: float):
        self._sock, self._ends, self._heard = sock, time.monotonic() + seconds, b""

    def readline(self, _most: int) -> bytes:
        while b"\n" not in self._heard:
            self._sock.settimeout(max(self._ends - time.monotonic(), 0.001))
            data = self._sock.recv(4096)
            if not data or len(self._heard) > LONGEST:
                return b""
            self._heard += data
        line, _newline, self._heard = self._heard.partition(b"\n")
        return line + b"\n"

    def close(self) -> None:
        """Nothing of its own is open."""


class _Patient(smtplib.SMTP):
    def getreply(self) -> tuple[int, bytes]:
        assert self.sock is not None
        self.file = _Answers(self.sock, self.timeout)
        return super().getreply()


class _PatientTLS(smtplib.SMTP_SSL):
    def getreply(self) -> tuple[int, bytes]:
        assert self.sock is not None
        self.file = _Answers(self.sock, self.timeout)
        return super().getreply()


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
