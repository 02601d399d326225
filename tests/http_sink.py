"""A real HTTP server on 127.0.0.1, in a thread, that can be told how to answer what."""

import contextlib
import json
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Call:
    """What somebody asked for."""

    method: str
    path: str
    headers: dict[str, str]  # names in lower case
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """What is answered. `ends`: "" whole, "unanswered" cut without a byte, "half" cut in the body, "silent" never."""

    status: int = 200
    data: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    ends: str = ""

    @property
    def body(self) -> bytes:
        return self.data if isinstance(self.data, bytes) else json.dumps(self.data or {}).encode()


@dataclass
class HttpSink:
    """`calls` are those that came, in order. `replies` are given one after another, then what `answer` says."""

    answer: Callable[[Call], Reply] = lambda _call: Reply()
    calls: list[Call] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)
    _server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def start(self) -> "HttpSink":
        handler = type("Handler", (_Handler,), {"sink": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def stop(self) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()

    def take(self, call: Call) -> Reply:
        self.calls.append(call)
        return self.replies.pop(0) if self.replies else self.answer(call)


class _Handler(BaseHTTPRequestHandler):
    sink: HttpSink
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        names = {name.lower(): value for name, value in self.headers.items()}
        reply = self.sink.take(Call(self.command, self.path, names, self.rfile.read(length)))
        if reply.ends == "silent":
            self.sink._over.wait(30)
        if reply.ends in ("silent", "unanswered"):
            self._cut()
            return
        self.send_response(reply.status)
        for name, value in {"Content-Type": "application/json", **reply.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        half = len(reply.body) // 2 if reply.ends == "half" else len(reply.body)
        self.wfile.write(reply.body[:half])
        if reply.ends == "half":
            self._cut()

    do_GET = do_POST  # noqa: N815  http.server looks for the name

    def _cut(self) -> None:
        """The line goes dead, without a word of farewell."""
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()

    def log_message(self, *_args) -> None:
        pass
