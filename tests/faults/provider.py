"""A mail provider's HTTP API as a judge: it knows idempotency keys, as Resend's does, and keeps the same book."""

import asyncio
import hashlib
import json
import re
from contextlib import suppress
from dataclasses import dataclass, field

from tests.faults.judge import Act, Judge, Session, Step

LENGTH = re.compile(rb"^Content-Length:\s*(\d+)", re.IGNORECASE | re.MULTILINE)


@dataclass
class Provider(Judge):
    """Accepts a key once: the same again is answered like the first time, with other words it is refused."""

    key_header: str = "Idempotency-Key"
    changed: int = 0  # repeats that did not say the same
    _said: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """With which the product sends through it."""
        url = f"http://127.0.0.1:{self.port}/"
        return {"EMAIL_PROVIDER": "resend", "ANYMAIL_RESEND_API_KEY": "re_test", "ANYMAIL_RESEND_API_URL": url}

    async def _session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = Session(number=len(self.sessions), port=writer.get_extra_info("peername")[1])
        self.sessions.append(session)
        try:
            while not session.is_over:
                await self._call_of(session, reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            self.cut += 1
        except asyncio.CancelledError:
            pass  # our doing
        finally:
            session.is_over = True
            with suppress(RuntimeError):
                writer.transport.abort()

    async def _call_of(self, session: Session, reader, writer) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        session.has_offered = True
        body = await reader.readexactly(int(LENGTH.search(head)[1]))
        session.recipient = json.loads(body)["to"][0]
        act = self.rule(Step.DOT, session)
        status, answer = 200, {"id": f"re-{len(self)}"}
        if act.takes or not (act.reply or act.drops):
            status, answer = self._taken_once(session, head, body)
        self.signal(Step.DOT, session)
        await self._answer_http(act, writer, status, answer)
        session.is_over = act.drops

    def _taken_once(self, session: Session, head: bytes, body: bytes) -> tuple[int, dict]:
        key, digest = self._key(head), hashlib.sha256(body).hexdigest()
        if self._said.setdefault(key, digest) != digest:
            self.changed += 1
            return 409, {"name": "invalid_idempotent_request"}
        self.take(session, head + body)
        return 200, {"id": f"re-{key}"}

    @staticmethod
    async def _answer_http(act: Act, writer, status: int, answer: dict) -> None:
        if act.delay:
            await asyncio.sleep(act.delay)
        if not act.drops:
            data = json.dumps(answer).encode()
            head = f"HTTP/1.1 {status} said\r\nContent-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
            writer.write(head.encode() + data)
