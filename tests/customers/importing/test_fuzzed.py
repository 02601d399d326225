"""Files broken at random: read, rejected or refused with a sentence; nothing else, and at once."""

import collections
import io
import random
import time
import zipfile

import pytest
from openpyxl import Workbook

from customers.importing.encoding import RefusedError
from tests.customers.importing.books import read

SECONDS = 2  # of processor time; most take a hundredth
PIECES = [b'"', b'""', b",", b"\n", b"\r", b"\0", b"\xff", b"\x81", b"\xe3\x81", b"\t", b"'", b"=", b"\\", b" "]
XML_PIECES = [b"<", b">", b'"', b"&", b"&amp;", b"</c>", b"<c>", b'r="A1"', b't="s"', b"<v>", b"1e999", b"-1", b"\0"]


def text(choose):
    rows = ["顧客番号,氏名,備考"] + [f'{i},山田{i},"a ""b"", {i}"' for i in range(choose.randrange(1, 60))]
    codec = choose.choice(["utf-8", "utf-8-sig", "cp932", "euc_jp", "utf-16", "utf-16-le"])
    return choose.choice(["\n", "\r\n", "\r"]).join(rows).encode(codec)


def broken(choose, data, pieces):
    data = bytearray(data)
    for _change in range(choose.randrange(1, 6)):
        at = choose.randrange(len(data) + 1)
        data[at : at + choose.choice([0, 0, 1, 5, 50])] = choose.choice([*pieces, choose.randbytes(2)])
    return bytes(data)


def parts_of_a_book():
    book = Workbook()
    book.active.append(["顧客番号", "氏名", "登録日"])
    for i in range(5):
        book.active.append([i, f"山田{i}", "2024/4/1"])
    book.active["C3"].number_format = "yyyy/m/d"
    book.active.merge_cells("B2:B3")
    out = io.BytesIO()
    book.save(out)
    with zipfile.ZipFile(out) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def workbook(choose, parts):
    """One part broken inside a sound archive, or the archive itself."""
    chosen = choose.choice([name for name in parts if not name.startswith("docProps")])
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, broken(choose, data, XML_PIECES) if name == chosen else data)
    return out.getvalue() if choose.random() < 0.8 else broken(choose, out.getvalue(), PIECES)


def outcomes(path, many, make):
    choose = random.Random(35)
    ends = collections.Counter()
    for n in range(many):
        path.write_bytes(make(choose))
        started = time.process_time()
        try:
            _layout, _rows, odd = read(path, **choose.choice([{}, {"header_row": 1}, {"header_row": None}]))
            ends["rejects" if odd else "whole"] += 1
        except RefusedError:
            ends["refused"] += 1
        assert time.process_time() - started < SECONDS, n
        for left in path.parent.glob(f"{path.name}.*"):
            left.unlink()
    return ends


@pytest.mark.parametrize("kind", ["text", "workbook"])
def test_a_thousand_broken_files_are_read_or_refused(tmp_path, kind):
    ends = outcomes(tmp_path / "f", 500, _maker(kind))
    assert len(ends) == (3 if kind == "text" else 2 + ("rejects" in ends))


@pytest.mark.prove
@pytest.mark.parametrize("kind", ["text", "workbook"])
def test_fifty_thousand_broken_files_are_read_or_refused(tmp_path, kind):
    ends = outcomes(tmp_path / "f", 25_000, _maker(kind))
    print(f"broken files ({kind}): {dict(ends)}")  # noqa: T201


def _maker(kind):
    if kind == "text":
        return lambda choose: broken(choose, text(choose), PIECES)
    parts = parts_of_a_book()
    return lambda choose: workbook(choose, parts)
