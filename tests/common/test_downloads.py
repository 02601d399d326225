"""A table as a download: three forms, and what would be lost is said first."""

import io

import pytest
from django.test import RequestFactory
from openpyxl import load_workbook

from accounts.models import Installation
from common import downloads, exports
from tests import factories

pytestmark = pytest.mark.django_db


def _answer(rows, **form):
    request = RequestFactory().post("/file/?x=1", form)
    request.user = factories.user()
    request.installation = Installation.get()
    return downloads.answer(request, name="表", header=["a"], rows=lambda: rows, back="/back/")


def _body(answer):
    body = b"".join(answer.streaming_content)
    answer.close()
    return body


@pytest.mark.parametrize(("form", "expected"), [("csv", b"\xef\xbb\xbfa\r\n'=1\r\n"), ("cp932", b"a\r\n'=1\r\n")])
def test_csv_in_two_encodings_is_safe_in_a_spreadsheet(form, expected):
    assert _body(_answer([["=1"]], form=form)) == expected


def test_a_workbook():
    answer = _answer([["=1"], [7]], form="xlsx")
    rows = list(load_workbook(io.BytesIO(_body(answer))).active.values)
    assert rows == [("a",), ("'=1",), (7,)]
    assert ".xlsx" in answer.headers["Content-Disposition"]


def test_what_cp932_cannot_hold_is_said_first():
    page = _answer([["𠮷"]], form="cp932").content.decode()
    assert "𠮷" in page
    assert 'href="/back/"' in page
    assert 'action="/file/?x=1"' in page
    assert _body(_answer([["𠮷"]], form="cp932", anyway="1")) == "a\r\n〓\r\n".encode("cp932")


def test_what_does_not_fit_a_sheet_is_said(monkeypatch):
    monkeypatch.setattr(exports, "MOST_ROWS", 1)
    assert "/back/" in _answer([[1], [2]], form="xlsx").content.decode()


def test_an_unknown_form_is_utf_8():
    assert _body(_answer([], form="pdf")).startswith(b"\xef\xbb\xbf")
