"""A canary: nothing that names a person or opens a door reaches the log."""

import io
import logging
import sys

import pytest

from common.logging import MaskPersonalData, mask


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("sent to hanako.sato+crm@mail.example.co.jp now", "sent to …@… now"),
        ("called 03-1234-5678", "called …phone…"),
        ("called 090 1234 5678.", "called …phone…."),
        ("called +81-90-1234-5678", "called …phone…"),
        ("GET /u/abcdefghijklmnopqrstuvwxyz012345/ 200", "GET /u/…/ 200"),
        ("call with mdr_abcdefghij_0a-B_c0a-B_c0a-B_c0a-B_c0a-B_c failed", "call with mdr_… failed"),
        ("Authorization: Basic bWRyX2FiYzo=", "Authorization: Basic …"),
        ("{'Authorization': 'Bearer abc.def'}", "{'Authorization': 'Bearer …'}"),
        ("POST password=geheim&next=/", "POST password=…&next=/"),
        ("on 2026-11-22 order 12345 of 1,234 rows", "on 2026-11-22 order 12345 of 1,234 rows"),
    ],
)
def test_what_is_masked_and_what_stays(text, masked):
    assert mask(text) == masked


def log_of(write) -> str:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(MaskPersonalData())
    logger = logging.Logger("canary")
    logger.addHandler(handler)
    write(logger)
    return stream.getvalue()


def test_arguments_are_masked():
    assert log_of(lambda log: log.warning("%s wrote to %s", "x", "a@example.jp")) == "x wrote to …@…\n"


def test_tracebacks_are_masked():
    def fail(log):
        try:
            raise ValueError("no such person: taro@example.jp, 03-1234-5678")
        except ValueError:
            log.error("it failed", exc_info=sys.exc_info())

    text = log_of(fail)
    assert "ValueError: no such person: …@…, …phone…" in text
    assert "taro" not in text
