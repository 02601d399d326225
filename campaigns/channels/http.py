"""One call of a provider's HTTP API: a time limit on every step, and errors that say how far the message had come.

What a status means is the same for all of them (`refusal`); what a provider says beyond it stands in his own module.
"""

import ipaddress
import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

import httpx
from django.utils.translation import gettext as _

from accounts.models import Installation

from . import BrokenError, ChannelError, Message, NotConfiguredError, RefusedError, Stage

LONGEST_ANSWER = 64 * 1024
OURS = {401, 402, 403, 404, 405, 410, 413, 415}  # our key, our contract, their address: nobody among the recipients
LATER = {408, 409, 423, 425, 429}


@dataclass(frozen=True)
class Limits:
    """Seconds (QUALITY §3.3): until somebody picks up, and for each piece of the answer."""

    connect: float = 5
    answer: float = 10


@dataclass(frozen=True)
class Answer:
    """What came back whole. `data`: the object it holds; empty where it holds none."""

    status: int
    headers: Mapping[str, str]
    data: dict[str, Any]

    @property
    def is_yes(self) -> bool:
        return 200 <= self.status < 300

    def text(self, *names: str) -> str:
        """The first of these members that says something."""
        return next((str(self.data[name]) for name in names if self.data.get(name)), "")


class Api:
    """One provider, over one kept connection. Proxies of the environment are used for addresses outside only."""

    def __init__(self, base: str, headers: Mapping[str, str], limits: Limits | None = None):
        self._limits = limits = limits or Limits()
        self._is_direct = is_loopback(base) or not getproxies()
        self._client = httpx.Client(
            base_url=base,
            headers={"User-Agent": "Modoru", **headers},
            timeout=httpx.Timeout(limits.answer, connect=limits.connect),
            follow_redirects=False,
            trust_env=not self._is_direct,
        )

    def reach(self) -> None:
        """Whether anybody picks up, asked before a message is marked. Raises BrokenError at CONNECT. A proxy decides
        by itself."""
        parts = urlsplit(str(self._client.base_url))
        if self._is_direct and parts.hostname:
            try:
                port = parts.port or (443 if parts.scheme == "https" else 80)
                socket.create_connection((parts.hostname, port), self._limits.connect).close()
            except OSError as error:
                raise BrokenError(Stage.CONNECT, type(error).__name__) from None

    def call(self, method: str, path: str, *, content: bytes = b"", headers: Mapping[str, str] | None = None) -> Answer:
        """Raises BrokenError: at DATA nothing was handed over, at CONTENT nobody knows."""
        try:
            with self._client.stream(method, path, content=content or None, headers=dict(headers or {})) as response:
                body = _limited(response)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol) as error:
            raise BrokenError(Stage.DATA, type(error).__name__) from None
        except (httpx.HTTPError, httpx.StreamError) as error:
            raise BrokenError(Stage.CONTENT, type(error).__name__) from None
        return Answer(response.status_code, response.headers, _object(body))

    def post(self, path: str, content: bytes, headers: Mapping[str, str] | None = None) -> Answer:
        return self.call("POST", path, content=content, headers={"Content-Type": "application/json", **(headers or {})})

    def close(self) -> None:
        self._client.close()


class HttpChannel:
    """What channels over an API share: one call is the whole message, so there is nothing to announce."""

    def __init__(self, base: str, headers: Mapping[str, str], limits: Limits | None = None):
        self._given = base, headers, limits
        self._api: Api | None = None

    def open(self) -> Api:
        if self._api is None:
            api = Api(*self._given)
            api.reach()
            self._api = api
        return self._api

    def offer(self, message: Message) -> None:
        self.open()

    def withdraw(self) -> None:
        """Nothing was announced."""

    def close(self) -> None:
        api, self._api = self._api, None
        if api is not None:
            api.close()

    def _post(self, path: str, message: Message, headers: Mapping[str, str]) -> Answer:
        """After a line that broke the next message asks first whether anybody is there."""
        try:
            return self.open().post(path, message.content, headers)
        except BrokenError:
            self.close()
            raise


def _limited(response: httpx.Response) -> bytes:
    body = b""
    for piece in response.iter_bytes():
        body += piece
        if len(body) > LONGEST_ANSWER:
            break
    return body


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def refusal(answer: Answer, words: str, *, is_keyed: bool) -> ChannelError:
    """What a status that is no yes means. `words` are the provider's, shortened.

    Our fault (key, contract): the campaign waits. 429 and 5xx: later; a gateway that gave up waiting for a provider
    without keys may have handed the message over, so nobody knows. Everything else concerns this message alone.
    """
    words = f"HTTP {answer.status} {words}".strip()
    if answer.status in OURS:
        return RefusedError(Stage.SENDER, 550, words)
    if answer.status == 504 and not is_keyed:
        return BrokenError(Stage.CONTENT, words)
    if answer.status >= 500 or answer.status in LATER or answer.status < 400:
        return RefusedError(Stage.CONTENT, 451, words)
    return RefusedError(Stage.RECIPIENT, 550, words)


def is_loopback(url: str) -> bool:
    """Whether the address leads to this machine, given as an address: a name could be answered from elsewhere."""
    try:
        return ipaddress.ip_address(urlsplit(url).hostname or "").is_loopback
    except ValueError:
        return False


def check_demo(installation: Installation, url: str) -> None:
    """A demo speaks to this machine only. Raises NotConfiguredError."""
    if installation.is_demo and not is_loopback(url):
        raise NotConfiguredError(_("This is the demo: messages of this kind are not set up here, nothing leaves it."))
