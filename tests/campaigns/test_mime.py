"""Ready bytes: what other programs read back is what was put in, and nothing breaks out of a header."""

import datetime as dt
import email
import email.policy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns import mime
from campaigns.rendering import UnsendableError


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("a@example.jp", "a@example.jp"),
        ("a.b+c@mail.example.jp", "a.b+c@mail.example.jp"),
        ("a..b@docomo.example.jp", '"a..b"@docomo.example.jp'),
        ("ab.@ezweb.example.jp", '"ab."@ezweb.example.jp'),
        ("a@日本.jp", "a@xn--wgv71a.jp"),
    ],
)
def test_addresses_that_can_be_written_to(raw, expected):
    assert mime.address(raw) == expected


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "a",
        "@example.jp",
        "a@",
        "a@localhost",
        "a b@example.jp",
        "a@example.jp\r\nRCPT TO:<b@example.jp>",
        "a\r\n@example.jp",
        "a@exa mple.jp",
        "a>@example.jp",
        "<a@example.jp>",
        'a"@example.jp',
        "あ@example.jp",
        "a@-example.jp",
        "a@example..jp",
        "x" * 65 + "@example.jp",
        "a@" + "x" * 64 + ".jp",
        "a,b@example.jp",
        "a@example.jp\x00",
        "a@日本" + "本" * 70 + ".jp",
    ],
)
def test_addresses_that_cannot(raw):
    with pytest.raises(UnsendableError) as error:
        mime.address(raw)
    assert error.value.reason == "bad_address"


@pytest.mark.parametrize("bad", ["a\r\nBcc: x@example.jp", "a\nb", "a\rb", "a\x00b", "a\tb", "\x7f", "", "  "])
def test_a_header_takes_no_line_break_nor_nothing(bad):
    with pytest.raises(UnsendableError) as error:
        mime.words(bad)
    assert error.value.reason == "unsafe_header"


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=200).filter(str.strip))
def test_every_subject_is_read_back_as_written(subject):
    value = mime.words(subject)
    assert all(len(line) <= 78 for line in value.split("\r\n"))
    read = email.message_from_bytes(f"Subject: {value}\r\n\r\n".encode(), policy=email.policy.default)["subject"]
    assert str(read) == subject if value.startswith("=?") else str(read).strip() == subject.strip()


def test_plain_ascii_stays_readable():
    assert mime.words("Hello, world 1") == "Hello, world 1"
    assert mime.mailbox("", "a@example.jp") == "a@example.jp"
    assert mime.mailbox("Shop", "a@example.jp") == "Shop <a@example.jp>"
    assert mime.date(dt.datetime(2026, 11, 20, 1, 0, tzinfo=dt.UTC)) == "Fri, 20 Nov 2026 01:00:00 +0000"


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\r"), max_size=3000))
def test_text_and_html_are_read_back_as_written(text):
    content = mime.Skeleton({"From": "a@example.jp"}, "=_modoru_1").fill({"To": "b@example.jp"}, text, f"<p>{text}</p>")
    assert all(len(line) <= 998 for line in content.split(b"\r\n"))
    assert b"\n" not in content.replace(b"\r\n", b"")
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert message["To"] == "b@example.jp"
    plain, html = message.iter_parts()
    assert plain.get_payload(decode=True).decode() == text
    assert html.get_payload(decode=True).decode() == f"<p>{text}</p>"
    assert not message.defects
