"""The judge: a scripted SMTP server whose own file says what arrived. Nothing of the product's figures is believed.

Each accepted mail stands in the book (append-only) before the answer 250 leaves. What a sender meets is a list of
rules drawn from a seed: the same seed gives the same person or session the same fate, whoever comes first.
"""

import asyncio
import hashlib
import os
import re
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

KEY = re.compile(rb"^Message-ID:\s*<([^@>]+)@", re.IGNORECASE | re.MULTILINE)
RECIPIENT = re.compile(r"<([^>]*)>")
LIMIT = 4 * 1024 * 1024  # bytes of one mail


class Step(StrEnum):
    """Where in a session something may happen."""

    CONNECT = "connect"
    HELLO = "hello"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    DOT = "dot"


@dataclass(frozen=True)
class Act:
    """What a rule does: waits, says something else than the usual, says it slowly or by half, hangs up.

    `takes`: at the dot the mail is accepted all the same, although the sender is not told.
    """

    reply: str = ""
    delay: float = 0  # seconds before the answer
    drip: float = 0  # seconds between two bytes of the answer
    half: bool = False  # the first half of the answer, then the end
    drops: bool = False
    takes: bool = False


@dataclass
class Rule:
    """`who` is a recipient, "@domain" or "*"; `share` of those it fits are met, `times` times each."""

    step: Step
    act: Act
    who: str = "*"
    share: float = 1
    times: int = 1
    met: Counter = field(default_factory=Counter)


class Accepted(NamedTuple):
    """One line of the book. `data_at`: when the sender asked to hand it over, seconds since 1970."""

    key: str
    recipient: str
    data_at: float
    digest: str
    session: int


@dataclass(eq=False)
class Session:
    """One connection. `port` is the sender's end, by which its process can be found."""

    number: int
    port: int
    recipient: str = ""
    data_at: float = 0
    begun: int = 0  # mails, by MAIL FROM
    has_offered: bool = False
    pid: int = 0  # of the sender, where a test knows it
    is_over: bool = False

    def whom(self, step: Step) -> str:
        """Whom a rule concerns: before RCPT nobody knows the recipient."""
        if step in (Step.CONNECT, Step.HELLO):
            return f"session {self.number}"
        return f"mail {self.number}.{self.begun}" if step == Step.MAIL else self.recipient


@dataclass
class Judge:
    """Runs in a thread. `cut` counts connections whose other end went away without QUIT and was not sent away."""

    book: Path
    seed: int = 0
    key_header: str = ""  # a provider's idempotency header: a mail with a key it has is answered 250 and not taken
    keeps: bool = False  # the mails themselves, in `mails`
    port: int = 0
    cut: int = 0
    repeated: int = 0  # mails a provider's key kept from arriving twice
    mails: list[bytes] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)
    refused_sessions: int = 0
    _rules: list[Rule] = field(default_factory=list)
    _signals: dict[Step, Callable[[Session], None]] = field(default_factory=dict)
    _taken: set[str] = field(default_factory=set)
    _count: int = 0
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _thread: threading.Thread | None = None
    _server: asyncio.Server | None = None

    # --- what the test says ----------------------------------------------------------------

    def at(self, step: Step, act: Act, *, who: str = "*", share: float = 1, times: int = 1) -> Rule:
        """At `step`, `share` of the recipients (sessions, at CONNECT and HELLO) meet `act`, `times` times each."""
        rule = Rule(step, act, who, share, times)
        self._rules.append(rule)
        return rule

    def forgive(self) -> None:
        """No rule holds any more."""
        self._rules.clear()

    def on(self, step: Step, signal: Callable[[Session], None] | None) -> None:
        """Calls `signal` in the judge's thread when a session has come to `step`, before it is answered."""
        if signal is None:
            self._signals.pop(step, None)
        else:
            self._signals[step] = signal

    # --- what the test reads ----------------------------------------------------------------

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def __len__(self) -> int:
        return self._count

    def accepted(self) -> list[Accepted]:
        """The book, read from the file."""
        return [
            Accepted(key, to, float(at), digest, int(session))
            for key, to, at, digest, session in (line.split("\t") for line in self.book.read_text().splitlines())
        ]

    def ports(self) -> set[int]:
        """The senders' ends of those open connections that have offered a mail: behind them stands a claim."""
        return {session.port for session in list(self.sessions) if session.has_offered and not session.is_over}

    # --- the thread -------------------------------------------------------------------------

    def start(self) -> "Judge":
        self._file = os.open(self.book, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True, name="judge")
        self._thread.start()
        self._call(self._open())
        return self

    def shut(self) -> None:
        """Closes the door, and hangs up on everybody inside: the server is gone until `reopen`."""
        self._call(self._close())

    def reopen(self) -> None:
        self._call(self._open())

    def stop(self) -> None:
        if self._thread is not None:
            self._call(self._close())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(timeout=10)
            self._loop.close()
            os.close(self._file)
            self._thread = None

    def _call(self, work) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=10)

    async def _open(self) -> None:
        self._server = await asyncio.start_server(self._session, "127.0.0.1", self.port, limit=LIMIT, backlog=512)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        self._server.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    # --- one session -------------------------------------------------------------------------

    async def _session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = Session(number=len(self.sessions), port=writer.get_extra_info("peername")[1])
        self.sessions.append(session)
        talk = _Talk(self, session, reader, writer)
        try:
            await talk.go()
        except (_HungUpError, asyncio.CancelledError):
            pass  # our doing
        except (asyncio.IncompleteReadError, ConnectionError):
            self.cut += 1
        finally:
            session.is_over = True
            with suppress(RuntimeError):  # the loop may be ending
                writer.transport.abort()

    def rule(self, step: Step, session: Session) -> Act:
        """The act of the first rule that fits and is not used up for this recipient or session."""
        whom = session.whom(step)
        for rule in self._rules:
            fits = rule.step == step and (rule.who == "*" or whom.endswith(rule.who)) and rule.met[whom] < rule.times
            if fits and _draw(self.seed, step, whom) < rule.share:
                rule.met[whom] += 1
                return rule.act
        return Act()

    def signal(self, step: Step, session: Session) -> None:
        if step in self._signals:
            self._signals[step](session)

    def take(self, session: Session, content: bytes) -> None:
        """Into the book before anybody is told."""
        key = self._key(content)
        if self.key_header and key in self._taken:
            self.repeated += 1
            return
        self._taken.add(key)
        digest = hashlib.sha256(content).hexdigest()[:16]
        line = f"{key}\t{session.recipient}\t{session.data_at}\t{digest}\t{session.number}\n"
        os.write(self._file, line.encode())
        self._count += 1
        if self.keeps:
            self.mails.append(content)

    def _key(self, content: bytes) -> str:
        head = content.split(b"\r\n\r\n", 1)[0]
        if self.key_header:
            found = re.search(rb"^%s:\s*(\S+)" % self.key_header.encode(), head, re.IGNORECASE | re.MULTILINE)
        else:
            found = KEY.search(head)
        return found[1].decode("ascii") if found else "no key"


class _HungUpError(Exception):
    """A rule ended the session."""


@dataclass
class _Talk:
    """The words of one session."""

    judge: Judge
    session: Session
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def go(self) -> None:
        await self._answer(Step.CONNECT, "220 judge.example.jp")
        while True:
            line = (await self.reader.readuntil(b"\n")).decode("utf-8", "replace").strip()
            verb = line[:4].upper()
            if verb == "QUIT":
                await self._say("221 2.0.0 bye")
                return
            await self._command(verb, line)

    async def _command(self, verb: str, line: str) -> None:
        if verb in ("EHLO", "HELO"):
            await self._answer(Step.HELLO, "250-judge.example.jp\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8")
        elif verb == "MAIL":
            self.session.begun += 1
            await self._answer(Step.MAIL, "250 2.1.0 OK")
        elif verb == "RCPT":
            self.session.recipient = RECIPIENT.search(line)[1].replace('"', "")
            self.session.has_offered = True
            await self._answer(Step.RCPT, "250 2.1.5 OK")
        elif verb == "DATA":
            self.session.data_at = time.time()
            if (await self._answer(Step.DATA, "354 go on")).startswith("354"):
                await self._content()
        else:
            await self._say("250 2.0.0 OK")

    async def _content(self) -> None:
        content = await self.reader.readuntil(b"\r\n.\r\n")
        act = self.judge.rule(Step.DOT, self.session)
        if act.takes or not (act.reply or act.drops):
            self.judge.take(self.session, content[:-3].replace(b"\r\n..", b"\r\n."))
        await self._act(Step.DOT, act, "250 2.0.0 taken")

    async def _answer(self, step: Step, usual: str) -> str:
        return await self._act(step, self.judge.rule(step, self.session), usual)

    async def _act(self, step: Step, act: Act, usual: str) -> str:
        self.judge.signal(step, self.session)
        if act.delay:
            await asyncio.sleep(act.delay)
        if act.drops:
            raise _HungUpError
        reply = act.reply or usual
        await self._say(reply[: len(reply) // 2] if act.half else reply, drip=act.drip, ends=not act.half)
        if act.half or reply.startswith("421"):
            self.judge.refused_sessions += step == Step.CONNECT
            await self.writer.drain()
            self.writer.close()
            raise _HungUpError
        return reply

    async def _say(self, text: str, *, drip: float = 0, ends: bool = True) -> None:
        data = f"{text}\r\n".encode() if ends else text.encode()
        if not drip:
            self.writer.write(data)
        for byte in data if drip else b"":
            self.writer.write(bytes([byte]))
            await asyncio.sleep(drip)


def _draw(seed: int, step: Step, whom: str) -> float:
    """0 ≤ … < 1, the same for the same seed, step and person."""
    return int(hashlib.sha256(f"{seed} {step} {whom}".encode()).hexdigest()[:12], 16) / 16**12
