"""Envelope senders: one a message, signed, and understood however a mail server wrote them."""

import uuid

import pytest

from campaigns import return_paths

KEY = uuid.UUID("12345678-1234-4234-8234-123456789abc")


@pytest.fixture(autouse=True)
def bounce_address(settings):
    settings.BOUNCE_ADDRESS = "bounces@mail.example.jp"


def test_a_message_has_its_own_envelope_sender():
    address = return_paths.of(KEY)
    assert address.startswith("bounces+")
    assert address.endswith("@mail.example.jp")
    assert len(address.split("@")[0]) == 50  # 64 are allowed
    assert return_paths.key_in(address) == KEY


@pytest.mark.parametrize("change", [str.upper, str.title, lambda text: f"<{text}>", lambda text: f"rfc822; {text}"])
def test_it_is_understood_however_it_comes_back(change):
    assert return_paths.key_in(change(return_paths.of(KEY))) == KEY


def test_one_letter_changed_anywhere_in_it_is_noticed():
    name, _at, domain = return_paths.of(KEY).partition("@")
    for place in range(8, 50):
        letter = "a" if name[place] != "a" else "b"
        forged = f"{name[:place]}{letter}{name[place + 1 :]}@{domain}"
        assert return_paths.is_ours(forged)
        # The last of the 26 letters holds 3 bits of the key and 2 that say nothing.
        assert return_paths.key_in(forged) in ({None, KEY} if place == 8 + 25 else {None})


@pytest.mark.parametrize(
    "text", ["", "a@example.jp", "bounces@mail.example.jp", "b+short@mail.example.jp", "+" + "1" * 42 + "@x"]
)
def test_other_addresses_hold_no_key(text):
    assert return_paths.key_in(text) is None
    assert not return_paths.is_ours(text)


def test_another_installation_signs_otherwise(settings):
    address = return_paths.of(KEY)
    settings.SECRET_KEY = "another"
    assert return_paths.key_in(address) is None


def test_without_a_bounce_address_there_is_none(settings):
    settings.BOUNCE_ADDRESS = ""
    assert return_paths.of(KEY) == ""
