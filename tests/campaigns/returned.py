"""Mails that come back, written by rule: how known servers lay out a bounce, and what they say in it."""

import uuid
from collections.abc import Callable
from email.utils import format_datetime

from tests.campaigns.moments import NOW

KEY = uuid.UUID("12345678-1234-4234-8234-123456789abc")
WHO = "tanaka@kaisha.example.jp"
# (enhanced status, words of the receiving server, what it means)
REASONS = [
    ("5.1.1", "550 5.1.1 <{who}>: Recipient address rejected: User unknown in virtual mailbox table", "bounced"),
    ("5.1.1", "550-5.1.1 The email account that you tried to reach does not exist", "bounced"),
    ("5.1.1", "550 5.1.1 user unknown", "bounced"),
    (
        "5.1.10",
        "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient {who} not found by SMTP address lookup",
        "bounced",
    ),
    ("5.1.2", "550 5.1.2 Host or domain name not found. Name service error", "bounced"),
    ("5.2.1", "550 5.2.1 The email account that you tried to reach is inactive", "bounced"),
    ("5.0.0", "550 Unknown user {who}", "bounced"),
    ("5.0.0", "550 <{who}>: User unknown", "bounced"),
    ("5.0.0", "550 Invalid recipient: {who}", "bounced"),
    ("5.0.0", "550 宛先のメールアドレスが存在しません", "bounced"),
    ("5.4.4", "550 5.4.4 Host or domain name not found (mail host lookup)", "bounced"),
    ("5.2.2", "552 5.2.2 The email account that you tried to reach is over quota", "soft_bounced"),
    ("5.2.2", "552 5.2.2 <{who}> Mailbox full", "soft_bounced"),
    ("4.2.2", "452 4.2.2 Mailbox over quota", "soft_bounced"),
    ("4.4.1", "connect to mx.kaisha.example.jp[192.0.2.1]:25: Connection timed out", "soft_bounced"),
    ("4.4.7", "delivery time expired", "soft_bounced"),
    ("5.3.4", "552 5.3.4 Message too large", "soft_bounced"),
    ("5.0.0", "554 Transaction failed", "soft_bounced"),
    ("5.0.0", "550 Requested action not taken", "soft_bounced"),
    ("5.3.0", "554 5.3.0 Other mail system problem", "soft_bounced"),
    ("4.3.2", "421 4.3.2 Service temporarily unavailable", "soft_bounced"),
    ("5.0.0", "550 メールボックスの容量を超えています", "soft_bounced"),
    ("5.7.1", "550 5.7.1 Message rejected as spam by Content Filtering", "blocked"),
    ("5.7.1", "554 5.7.1 Service unavailable; Client host [192.0.2.9] blocked using zen.example", "blocked"),
    ("5.7.26", "550-5.7.26 This mail has been blocked because the sender is unauthenticated", "blocked"),
    ("5.7.515", "550 5.7.515 Access denied, sending domain does not meet the required level", "blocked"),
    ("5.7.9", "554 5.7.9 Message not accepted for policy reasons", "blocked"),
    ("5.7.1", "550 5.7.1 Unable to relay for {who}; user unknown", "blocked"),
    ("5.1.1", "550 5.1.1 {who} refused: sender is on our blacklist", "blocked"),
    ("5.1.8", "553 5.1.8 Sender address rejected: Domain not found", "blocked"),
    ("5.0.0", "554 Message refused: reputation of 192.0.2.9 is too low", "blocked"),
    ("5.0.0", "550 迷惑メールとして受信拒否されました", "blocked"),
]


def quoted(key: uuid.UUID = KEY) -> str:
    return (
        f"From: news@modoru.example.jp\r\nTo: {WHO}\r\nMessage-ID: <{key}@modoru.example.jp>\r\n"
        "Subject: hello\r\n\r\nThe mail.\r\n"
    )


def dsn(
    to: str,
    status: str,
    words: str,
    *,
    action: str = "failed",
    sender: str = "MAILER-DAEMON@mx.example.net",
    subject: str = "Undelivered Mail Returned to Sender",
    lead: str = "This is the mail system at host mx.example.net.",
    fields: str = "Reporting-MTA: dns; mx.example.net",
    diagnostic: str = "Diagnostic-Code: smtp; {words}",
    headers_only: bool = False,
) -> bytes:
    """RFC 3464: words for people, the status, and what comes back."""
    kind = "text/rfc822-headers" if headers_only else "message/rfc822"
    per_recipient = [f"Final-Recipient: rfc822; {WHO}", f"Action: {action}", f"Status: {status}"]
    per_recipient += [diagnostic.format(words=words)] if diagnostic else []
    lines = [
        f"From: {sender}",
        f"To: {to}",
        f"Subject: {subject}",
        f"Date: {format_datetime(NOW)}",
        "MIME-Version: 1.0",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
        "",
        "--b",
        "Content-Type: text/plain; charset=utf-8",
        "",
        lead,
        words,
        "",
        "--b",
        "Content-Type: message/delivery-status",
        "",
        *fields.split("\n"),
        "",
        *per_recipient,
        "",
        "--b",
        f"Content-Type: {kind}",
        "",
        quoted(),
        "--b--",
        "",
    ]
    return "\r\n".join(lines).encode()


def _postfix(to: str, status: str, words: str) -> bytes:
    return dsn(to, status, words, diagnostic=f"Remote-MTA: dns; mx.kaisha.example.jp\r\nDiagnostic-Code: smtp; {words}")


def _sendmail(to: str, status: str, words: str) -> bytes:
    fields = "Reporting-MTA: dns; mx.example.net\nReceived-From-MTA: DNS; crm.example.net\nArrival-Date: x"
    return dsn(to, status, words, subject="Returned mail: see transcript for details", fields=fields, headers_only=True)


def _exchange(to: str, status: str, words: str) -> bytes:
    return dsn(
        to,
        status,
        words,
        sender="Microsoft Outlook <MicrosoftExchange329e@kaisha.example.jp>",
        subject="Undeliverable: hello",
        lead="Delivery has failed to these recipients or groups:",
        fields="Reporting-MTA: dns;PROD.example.com\nX-MS-Exchange-Message: yes",
    )


def _gmail(to: str, status: str, words: str) -> bytes:
    lead = "** Message not delivered **"
    return dsn(to, status, words, sender="Mail Delivery Subsystem <mailer-daemon@googlemail.example>", lead=lead)


def _domino(to: str, status: str, words: str) -> bytes:
    return dsn(to, status, words, subject="DELIVERY FAILURE", diagnostic=f"Diagnostic-Code: X-Notes; {words}")


def _japanese(to: str, status: str, words: str) -> bytes:
    subject = "=?utf-8?B?6YWN5L+h5LiN6IO9?="
    return dsn(to, status, words, subject=subject, lead="次の宛先に届きませんでした。")


def _encoded_status(to: str, status: str, words: str) -> bytes:
    """A gateway that encodes the status part, although it may not."""
    import base64

    text = dsn(to, status, words).decode()
    head, rest = text.split("Content-Type: message/delivery-status\r\n\r\n")
    body, tail = rest.split("\r\n--b\r\n", 1)
    packed = base64.encodebytes(body.encode()).decode().replace("\n", "\r\n")
    mark = "Content-Type: message/delivery-status\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return f"{head}{mark}{packed}\r\n--b\r\n{tail}".encode()


def _plain(to: str, subject: str, body: str, *extra: str, sender: str = "MAILER-DAEMON@mx.example.net") -> bytes:
    head = [f"From: Mail Delivery System <{sender}>", f"To: {to}", f"Subject: {subject}", *extra]
    head += [f"Date: {format_datetime(NOW)}", "Content-Type: text/plain; charset=utf-8", "", body, "", quoted()]
    return "\r\n".join(head).encode()


def _exim(to: str, status: str, words: str) -> bytes:
    body = (
        "This message was created automatically by mail delivery software.\r\n\r\n"
        "A message that you sent could not be delivered to one or more of its recipients.\r\n\r\n"
        f"  {WHO}\r\n    host mx.kaisha.example.jp [192.0.2.1]\r\n"
        f"    SMTP error from remote mail server after RCPT TO:<{WHO}>:\r\n    {words}\r\n\r\n"
        "------ This is a copy of the message, including all the headers. ------\r\n"
    )
    extra = (f"X-Failed-Recipients: {WHO}", "Auto-Submitted: auto-replied")
    return _plain(to, "Mail delivery failed: returning message to sender", body, *extra)


def _qmail(to: str, status: str, words: str) -> bytes:
    body = (
        "Hi. This is the qmail-send program at mx.example.net.\r\n"
        "I'm afraid I wasn't able to deliver your message to the following addresses.\r\n"
        "This is a permanent error; I've given up. Sorry it didn't work out.\r\n\r\n"
        f"<{WHO}>:\r\n192.0.2.1 failed after I sent the message.\r\nRemote host said: {words} (#{status})\r\n\r\n"
        "--- Below this line is a copy of the message.\r\n"
    )
    return _plain(to, "failure notice", body)


def _carrier(to: str, status: str, words: str) -> bytes:
    body = f"Your message could not be delivered.\r\n\r\n<{WHO}>... {words}\r\n"
    return _plain(to, "Mail System Error - Returned Mail", body, sender="postmaster@carrier.example.jp")


SERVERS: dict[str, Callable[[str, str, str], bytes]] = {
    "postfix": _postfix,
    "sendmail": _sendmail,
    "exchange": _exchange,
    "gmail": _gmail,
    "domino": _domino,
    "japanese": _japanese,
    "encoded": _encoded_status,
    "exim": _exim,
    "qmail": _qmail,
    "carrier": _carrier,
}


def samples(to: str) -> list[tuple[str, str, bytes]]:
    """(name, what it means, the mail), every server with every reason."""
    return [
        (f"{server} {words}", kind, write(to, status, words.format(who=WHO)))
        for server, write in SERVERS.items()
        for status, words, kind in REASONS
    ]


def complaint(*, kind: str = "abuse", mail_from: str = "", key: uuid.UUID = KEY) -> bytes:
    """RFC 5965, as a provider's feedback loop sends it."""
    lines = [
        "From: <feedback@provider.example>",
        "To: abuse@modoru.example.jp",
        f"Date: {format_datetime(NOW)}",
        "Subject: FW: hello",
        "MIME-Version: 1.0",
        'Content-Type: multipart/report; report-type=feedback-report; boundary="b"',
        "",
        "--b",
        "Content-Type: text/plain",
        "",
        "This is an email abuse report.",
        "",
        "--b",
        "Content-Type: message/feedback-report",
        "",
        f"Feedback-Type: {kind}",
        "User-Agent: Loop/1.0",
        "Version: 1",
        *([f"Original-Mail-From: <{mail_from}>"] if mail_from else []),
        "",
        "--b",
        "Content-Type: message/rfc822",
        "",
        quoted(key),
        "--b--",
        "",
    ]
    return "\r\n".join(lines).encode()
