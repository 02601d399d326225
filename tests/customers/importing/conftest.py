"""Sentences are compared in the language of the message ids; the catalogue has tests of its own."""

from collections.abc import Iterator

import pytest
from django.utils import translation
from openpyxl import Workbook


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def saved(tmp_path):
    """Writes rows into a workbook with openpyxl, as people's programs do; formats by cell, `change` for the rest."""

    def save(*rows, formats=None, change=None):
        written = Workbook()
        for values in rows:
            written.active.append(values)
        for place, code in (formats or {}).items():
            written.active[place].number_format = code
        if change:
            change(written)
        path = tmp_path / "book.xlsx"
        written.save(path)
        return path

    return save
