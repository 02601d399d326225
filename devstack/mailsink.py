"""The demo's mail server: takes every mail, delivers none, keeps each as a file.

    python -m devstack.mailsink --port 2525 --dir DATA_DIR/mail

A mail is on disk before its sender hears "250": what was accepted is there, whoever is killed afterwards.
"""

import argparse
import asyncio
import os
import signal
from datetime import UTC, datetime
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

SIZE_LIMIT = 30 * 1024 * 1024


class Keeper:
    """Writes each accepted mail to `folder` as <time>-<id>.eml, envelope in two X- headers at its top."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.count = 0

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 (aiosmtpd's)
        name = self._name()
        with (self.folder / f".{name}").open("wb") as file:
            file.write(_envelope_headers(envelope) + (envelope.original_content or b""))
        (self.folder / f".{name}").rename(self.folder / name)
        return f"250 2.0.0 Kept as {name}"

    def _name(self) -> str:
        """Sorts by time of arrival; the process id keeps two sinks on one folder apart."""
        self.count += 1
        return f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}-{os.getpid()}-{self.count:06}.eml"


def _envelope_headers(envelope: Envelope) -> bytes:
    lines = [f"X-Envelope-From: {envelope.mail_from}", f"X-Envelope-To: {', '.join(envelope.rcpt_tos)}", ""]
    return "\r\n".join(lines).encode("utf-8", "surrogateescape")


async def _serve(port: int, folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    loop = asyncio.get_running_loop()
    keeper, stopped = Keeper(folder), asyncio.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sign, stopped.set)
    server = await loop.create_server(
        lambda: SMTP(keeper, data_size_limit=SIZE_LIMIT, enable_SMTPUTF8=True, loop=loop), "127.0.0.1", port
    )
    await stopped.wait()
    server.close()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m devstack.mailsink", description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--dir", type=Path, required=True)
    words = parser.parse_args()
    asyncio.run(_serve(words.port, words.dir))


if __name__ == "__main__":
    main()
