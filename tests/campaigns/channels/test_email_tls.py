"""Mail over TLS: from the first byte or by STARTTLS, never in clear text where it was demanded."""

import contextlib
import datetime as dt
import ipaddress
import socket
import ssl
import threading
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from campaigns.channels import BrokenError, ChannelError, Message, RefusedError, Stage
from campaigns.channels.email import EmailChannel, Server, Timeouts
from tests.smtp_sink import SmtpSink

MESSAGE = Message("a@example.jp", "b@example.jp", b"Subject: secret\r\n\r\nsecret words\r\n")
QUICK = Timeouts(2, 2, 2)
SINCE, UNTIL = dt.datetime(2020, 1, 1, tzinfo=dt.UTC), dt.datetime(2120, 1, 1, tzinfo=dt.UTC)


def _signed(subject: str, by: tuple | None, names: list[x509.GeneralName]):
    """A key and its certificate; `by` is the authority's (none: its own)."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)])
    issuer = by[1].subject if by else name
    authority = x509.SubjectKeyIdentifier.from_public_key((by[0] if by else key).public_key())
    builder = (
        x509.CertificateBuilder(issuer, name, key.public_key(), x509.random_serial_number(), SINCE, UNTIL)
        .add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(authority), critical=False)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return key, builder.sign(by[0] if by else key, hashes.SHA256())


@pytest.fixture(scope="module")
def authority():
    return _signed("Modoru's own authority", None, [])


@pytest.fixture(scope="module")
def context(authority, tmp_path_factory):
    """`context("127.0.0.1")`: what a server with a certificate for that address shows."""

    def make(address: str) -> ssl.SSLContext:
        key, certificate = _signed("mail", authority, [x509.IPAddress(ipaddress.ip_address(address))])
        file: Path = tmp_path_factory.mktemp("tls") / "server.pem"
        plain = serialization.NoEncryption()
        pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
        file.write_bytes(pem + certificate.public_bytes(serialization.Encoding.PEM))
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.load_cert_chain(file)
        return made

    return make


@pytest.fixture
def trusted(authority, tmp_path, settings):
    """EMAIL_CA_FILE names our own authority."""
    file = tmp_path / "ca.pem"
    file.write_bytes(authority[1].public_bytes(serialization.Encoding.PEM))
    settings.EMAIL_CA_FILE = str(file)


@pytest.fixture
def sink():
    made = SmtpSink()
    yield made
    made.stop()


def send(server: Server) -> None:
    channel = EmailChannel(server, QUICK)
    try:
        channel.offer(MESSAGE)
        channel.deliver(MESSAGE)
    finally:
        channel.close()


def refused(server: Server) -> ChannelError:
    with pytest.raises((BrokenError, RefusedError)) as error:
        send(server)
    assert error.value.stage == Stage.CONNECT
    return error.value


def test_from_the_first_byte(sink, context, trusted):
    sink.tls = context("127.0.0.1")
    send(Server("127.0.0.1", sink.start().port, is_tls=True))
    assert sink.recipients == ["b@example.jp"]


def test_by_starttls(sink, context, trusted):
    sink.starttls = context("127.0.0.1")
    send(Server("127.0.0.1", sink.start().port, needs_starttls=True))
    assert sink.recipients == ["b@example.jp"]


@pytest.mark.parametrize("way", ["tls", "starttls"])
def test_a_certificate_for_somebody_else_is_not_taken(sink, context, trusted, way):
    setattr(sink, way, context("192.0.2.1"))
    refused(Server("127.0.0.1", sink.start().port, is_tls=way == "tls", needs_starttls=way == "starttls"))
    assert sink.mails == []


@pytest.mark.parametrize("way", ["tls", "starttls"])
def test_a_certificate_of_an_unknown_authority_is_not_taken(sink, context, settings, way):
    settings.EMAIL_CA_FILE = ""
    setattr(sink, way, context("127.0.0.1"))
    refused(Server("127.0.0.1", sink.start().port, is_tls=way == "tls", needs_starttls=way == "starttls"))
    assert sink.mails == []


class Listener:
    """Says its lines one by one and writes down all it hears."""

    def __init__(self, *lines: bytes):
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port, self.heard, self._lines = self._socket.getsockname()[1], b"", lines
        self._thread = threading.Thread(target=self._talk, daemon=True)
        self._thread.start()

    def _talk(self) -> None:
        with self._socket, self._socket.accept()[0] as line, contextlib.suppress(ConnectionResetError):
            for words in self._lines:
                line.sendall(words)
                self.heard += line.recv(4096)
            while data := line.recv(4096):
                self.heard += data

    def end(self) -> bytes:
        self._thread.join(5)
        return self.heard


@pytest.mark.parametrize(
    "lines",
    [
        (b"220 hi\r\n", b"250-me\r\n250 AUTH PLAIN\r\n"),  # stripped out of the greeting on the way
        (b"220 hi\r\n", b"250-me\r\n250 STARTTLS\r\n", b"454 4.7.0 TLS not available\r\n"),
        (b"220 hi\r\n", b"250-me\r\n250 STARTTLS\r\n", b"220 go\r\n", b"250 and on in clear text\r\n"),
    ],
)
def test_without_tls_no_word_and_no_password_leaves(lines, trusted):
    listener = Listener(*lines)
    refused(Server("127.0.0.1", listener.port, user="someone", password="hidden", needs_starttls=True))
    heard = listener.end()
    assert not [word for word in (b"MAIL", b"AUTH", b"secret", b"hidden", b"b@example.jp") if word in heard]


def test_words_slipped_in_before_tls_are_not_believed(context, trusted):
    """A second answer in the same packet as STARTTLS's yes would be read as one of the secured server."""
    listener = Listener(b"220 hi\r\n", b"250-me\r\n250 STARTTLS\r\n", b"220 go\r\n250-evil\r\n250 AUTH PLAIN\r\n")
    refused(Server("127.0.0.1", listener.port, user="someone", password="hidden", needs_starttls=True))
    assert b"AUTH" not in listener.end()


def test_a_server_that_speaks_no_tls_at_all(smtp_sink, trusted):
    refused(Server("127.0.0.1", smtp_sink.port, is_tls=True))
    assert smtp_sink.mails == []
