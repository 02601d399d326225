"""CSV that spreadsheets and our own import read without harm."""

import csv
import datetime as dt
import gc
import io
import tempfile
from decimal import Decimal

import pytest

from common import exports


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "true"),
        (False, "false"),
        (dt.date(2026, 3, 1), "2026-03-01"),
        (Decimal("1E+3"), "1000"),
        (Decimal("-12.50"), "-12.50"),
        (-3, "-3"),
        (0.1, "0.1"),
        ("株式会社青空", "株式会社青空"),
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+81 90", "'+81 90"),
        ("-x", "'-x"),
        ("@x", "'@x"),
        ("\tx", "'\tx"),
    ],
)
def test_how_a_value_stands_in_a_file(value, text):
    assert exports.cell(value) == text


def test_a_file_has_its_header_and_says_how_many_rows():
    file = io.StringIO()
    assert exports.write(file, ["a", "b"], [[1, "x,y"], [None, "改\n行"]]) == 2
    assert list(csv.reader(io.StringIO(file.getvalue()))) == [["a", "b"], ["1", "x,y"], ["", "改\n行"]]
    assert exports.write(io.StringIO(), ["a"], []) == 0


def test_streamed_lines_begin_with_the_mark_of_utf8():
    lines = list(exports.lines(["名前"], iter([["青空"], ["=1"]])))
    assert lines == ["\ufeff名前\r\n", "青空\r\n", "'=1\r\n"]


def test_a_workbook_that_fails_half_way_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(exports.DoesNotFitError):
        exports.workbook(io.BytesIO(), ["a"], [["fits"], ["x" * (exports.LONGEST_CELL + 1)]])
    gc.collect()  # an unclosed row writer would speak up here
    assert list(tmp_path.iterdir()) == []
