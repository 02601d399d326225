"""One POST to an address a person entered: looked up once, refused unless public, connected to exactly there.

A name is resolved by us and the connection made to the address found, so that no second answer of the name server
can lead it elsewhere. Redirects are not followed. Plain http and private addresses only where the settings allow
them (WEBHOOKS_TO_PRIVATE: the demo and tests).
"""

import contextlib
import http.client
import ipaddress
import socket
import ssl
import threading
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

CONNECT_SECONDS, ANSWER_SECONDS, ALL_SECONDS = 5, 10, 15
LONGEST_ANSWER = 64 * 1024
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_SIX_TO_FOUR = ipaddress.ip_network("2002::/16")


class RefusedAddressError(Exception):
    """The address may not be called; the message says why, for people."""


class UnreachableError(Exception):
    """No answer; the message names the fault without what was sent."""


@dataclass(frozen=True)
class Target:
    """Where a URL leads: checked."""

    scheme: str
    host: str
    port: int
    path: str
    address: str


def post(url: str, *, body: bytes, headers: dict[str, str]) -> int:
    """Send and return the status code. Raises RefusedAddressError or UnreachableError."""
    target = resolve(url)
    connection = _Pinned(target)
    deadline = threading.Timer(ALL_SECONDS, connection.cut)  # an answer that drips would hold us for ever
    deadline.daemon = True
    deadline.start()
    try:
        connection.request("POST", target.path, body=body, headers={"User-Agent": "Modoru", **headers})
        response = connection.getresponse()
        response.read(LONGEST_ANSWER)
    except (OSError, http.client.HTTPException) as error:
        raise UnreachableError(type(error).__name__) from error
    finally:
        deadline.cancel()
        connection.close()
    return response.status


def status(url: str) -> int:
    """The status code a GET is answered with; the answer itself is not read. Raises as `post` does."""
    target = resolve(url)
    connection = _Pinned(target)
    deadline = threading.Timer(ALL_SECONDS, connection.cut)
    deadline.daemon = True
    deadline.start()
    try:
        connection.request("GET", target.path, headers={"User-Agent": "Modoru", "Accept": "*/*"})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        raise UnreachableError(type(error).__name__) from error
    finally:
        deadline.cancel()
        connection.close()


def resolve(url: str) -> Target:
    """Look the host up and check every address it has: one that is not public refuses them all."""
    parts = _parts(url)
    assert parts.hostname
    port = parts.port or (443 if parts.scheme == "https" else 80)
    addresses = _addresses(parts.hostname, port)
    if not settings.WEBHOOKS_TO_PRIVATE and not all(map(is_public, addresses)):
        raise RefusedAddressError(_("The address leads into a private network."))
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, parts.hostname, port, path, addresses[0])


def _parts(url: str):
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  # a port that is no number is told here
    except ValueError:
        raise RefusedAddressError(_("This is not an address that can be called.")) from None
    if parts.scheme != "https" and not (parts.scheme == "http" and settings.WEBHOOKS_TO_PRIVATE):
        raise RefusedAddressError(_("The address must begin with https://."))
    if not parts.hostname or parts.username or parts.password or not url.isascii() or not url.isprintable():
        raise RefusedAddressError(_("This is not an address that can be called."))
    return parts


def _addresses(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise UnreachableError(_("The name is not known.")) from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(address: str) -> bool:
    """Whether an address lies in the public internet; one wrapped into IPv6 is unwrapped first."""
    ip = ipaddress.ip_address(address.split("%", maxsplit=1)[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip in _NAT64:
            ip = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        elif ip in _SIX_TO_FOUR:
            ip = ipaddress.IPv4Address(int(ip) >> 80 & 0xFFFFFFFF)
        else:
            ip = ip.ipv4_mapped or ip
    return ip.is_global and not ip.is_multicast


class _Pinned(http.client.HTTPConnection):
    """Connects to the address that was checked; the certificate is checked against the name."""

    def __init__(self, target: Target):
        super().__init__(target.host, target.port, timeout=ANSWER_SECONDS)
        self.target = target

    def connect(self) -> None:
        self.sock = socket.create_connection((self.target.address, self.target.port), timeout=CONNECT_SECONDS)
        if self.target.scheme == "https":
            self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self.target.host)
        self.sock.settimeout(ANSWER_SECONDS)

    def cut(self) -> None:
        """End whatever is going on."""
        if self.sock is not None:
            with contextlib.suppress(OSError):
                self.sock.shutdown(socket.SHUT_RDWR)
