"""A real SMTP server on 127.0.0.1, in a thread, that can be told how to answer whom."""

import asyncio
import email
import email.policy
import ssl
import threading
from dataclasses import dataclass, field
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, Envelope

DROP = "drop the connection"


@dataclass(frozen=True)
class Mail:
    """A mail the sink said 250 to."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes

    @property
    def message(self) -> EmailMessage:
        return email.message_from_bytes(self.content, policy=email.policy.default)


@dataclass
class SmtpSink:
    """`mails` are those accepted, in order. `answer` scripts what a recipient meets:

    sink.answer("a@example.jp", rcpt="550 5.1.1 No such user")      once for each word given, then 250 again
    sink.answer("a@example.jp", data="451 4.3.0 Later", times=2)
    sink.answer("a@example.jp", data=DROP)                          the connection ends after the final dot
    `keep_dropped=True` takes the mail all the same: the sender cannot know.
    """

    mails: list[Mail] = field(default_factory=list)
    connections: int = 0
    port: int = 0
    tls: ssl.SSLContext | None = None  # from the first byte
    starttls: ssl.SSLContext | None = None  # demanded before any mail
    _rcpt: dict[str, list[str]] = field(default_factory=dict)
    _data: dict[str, list[str]] = field(default_factory=dict)
    _keep_dropped: bool = False
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _thread: threading.Thread | None = None
    _server: asyncio.Server | None = None
    _arrival: threading.Condition = field(default_factory=threading.Condition)

    @property
    def url(self) -> str:
        """For EMAIL_URL or DEMO_SMTP."""
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def recipients(self) -> list[str]:
        """Every address a mail was accepted for, in order, doubles included."""
        return [address for mail in self.mails for address in mail.recipients]

    def answer(
        self, recipient: str, *, rcpt: str = "", data: str = "", times: int = 1, keep_dropped: bool = False
    ) -> None:
        if rcpt:
            self._rcpt.setdefault(recipient, []).extend([rcpt] * times)
        if data:
            self._data.setdefault(recipient, []).extend([data] * times)
        self._keep_dropped = self._keep_dropped or keep_dropped

    def wait_for(self, count: int, seconds: float = 30) -> list[Mail]:
        """The mails once there are `count` of them; fails when the time is over."""
        with self._arrival:
            came = self._arrival.wait_for(lambda: len(self.mails) >= count, seconds)
        assert came, f"{len(self.mails)} of {count} mails after {seconds} s"
        return self.mails

    def start(self) -> "SmtpSink":
        """In a thread of its own: that of the test may have a loop already (Playwright's)."""
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        opening = self._loop.create_server(self._protocol, "127.0.0.1", self.port, ssl=self.tls)
        self._server = asyncio.run_coroutine_threadsafe(opening, self._loop).result(timeout=10)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def stop(self) -> None:
        if self._thread is None:
            return
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(timeout=10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)
        self._loop.close()
        self._thread = None

    async def _close(self) -> None:
        self._server.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def _protocol(self) -> SMTP:
        self.connections += 1
        return SMTP(
            self,
            enable_SMTPUTF8=True,
            loop=self._loop,
            hostname="sink.example.jp",
            tls_context=self.starttls,
            require_starttls=self.starttls is not None,
        )

    async def handle_RCPT(self, server, session, envelope: Envelope, address: str, options) -> str:
        if self._rcpt.get(address):
            answer = self._rcpt[address].pop(0)
            return await self._drop(server) if answer == DROP else answer
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server, session, envelope: Envelope) -> str:
        answers = next((self._data[to] for to in envelope.rcpt_tos if self._data.get(to)), None)
        answer = answers.pop(0) if answers else "250 2.0.0 OK"
        if answer.startswith("250") or (answer == DROP and self._keep_dropped):
            self._accept(envelope)
        return await self._drop(server) if answer == DROP else answer

    def _accept(self, envelope: Envelope) -> None:
        with self._arrival:
            self.mails.append(Mail(envelope.mail_from or "", tuple(envelope.rcpt_tos), envelope.content))
            self._arrival.notify_all()

    @staticmethod
    async def _drop(server: SMTP) -> str:
        server.transport.abort()
        return "421 4.3.2 gone"
