"""An SMTP server on 127.0.0.1 that says at each step what it is told, once to each who comes."""

import socket
import threading
from typing import Self

SILENT, CUT = "silent", "cut"
STEPS = {"EHLO": "ehlo", "AUTH": "auth", "MAIL": "mail", "RCPT": "rcpt", "DATA": "data", "RSET": "rset"}
USUAL = {"greeting": "220 hi", "ehlo": "250 me", "data": "354 go", "dot": "250 2.0.0 taken"}


class SmtpScript:
    """`SmtpScript(rcpt="550 5.1.1 nobody", dot=CUT)`. Words that end without a whole line are half a reply: then the
    line is cut. `auth` makes it ask for a password.
    """

    def __init__(self, **answers: str):
        self._answers = USUAL | answers
        if "auth" in answers and "ehlo" not in answers:
            self._answers["ehlo"] = "250-me\r\n250 AUTH PLAIN"
        self._over = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._talk, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error) -> None:
        self._over.set()
        self._thread.join(5)

    def _talk(self) -> None:
        with self._socket, self._socket.accept()[0] as line:
            reader = line.makefile("rb")
            step = "greeting"
            while self._say(line, step) and (command := reader.readline()):
                step = STEPS.get(command[:4].decode().upper(), "other")
                if step == "data" and self._answers["data"].startswith("354"):
                    self._say(line, "data")
                    step = "dot" if self._content(reader) else "other"

    def _say(self, line: socket.socket, step: str) -> bool:
        """False where the talk is over."""
        words = self._answers.get(step, "250 ok")
        if words == SILENT:
            self._over.wait(10)
        if words in (SILENT, CUT):
            return False
        is_half = words[3:4] != " " and "\n" not in words
        line.sendall(words.encode() + (b"" if is_half else b"\r\n"))
        return not is_half and not words.startswith("421")

    @staticmethod
    def _content(reader) -> bool:
        while (text := reader.readline()) not in (b".\r\n", b""):
            pass
        return text == b".\r\n"
