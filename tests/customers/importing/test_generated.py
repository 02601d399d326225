"""Tables written in every encoding, with every delimiter, quoting and line end, and what is read of them."""

import csv
import io
import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customers.importing import reading
from customers.importing.encoding import RefusedError, encoded
from tests.customers.importing.books import read

COMMON = 'aZ09 ,;|\t"\n=+-@()あいうかがぱんアイウヴー山田髙橋一東京都区株式会社～－①㈱'
LETTERS = {
    "utf-8": COMMON + "ｱｲﾞé😀ا\u200b𠮷",
    "utf-8-sig": COMMON + "ｱｲﾞé😀",
    "utf-16": COMMON + "ｱｲﾞé😀",
    "utf-16-le": COMMON + "ｱｲﾞé一　",
    "utf-16-be": COMMON + "ｱｲﾞé一　",
    "cp932": COMMON + "ｱｲﾞﾃﾖ﨑Ⅳ℡",
    "euc_jp": COMMON.replace("髙", "").replace("～", "").replace("－", "") + "Ⅳ",
    "iso2022_jp": 'aZ09 ,"\nあいうアイウ山田橋一東京',
}
DELIMITERS = reading.DELIMITERS
ENDS = ("\n", "\r\n", "\r")
QUOTINGS = (csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC)


@st.composite
def tables(draw):
    codec = draw(st.sampled_from(sorted(LETTERS)))
    cell = st.text(st.sampled_from(LETTERS[codec]), max_size=7)
    rows = draw(st.lists(st.tuples(cell, cell), min_size=1, max_size=10))
    return codec, [[f"C{i}", *cells] for i, cells in enumerate(rows)]


def written(path, codec, rows, delimiter, end, quoting):
    out = io.StringIO()
    if end == "\r":
        quoting = csv.QUOTE_ALL  # the csv module leaves a \\n bare where rows end with \\r
    csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows(
        [["customer_id", "name", "kana"], *rows]
    )
    start = "" if codec == "iso2022_jp" else "".encode(codec)
    path.write_bytes((start or b"") + encoded(out.getvalue(), codec))
    return path


@settings(max_examples=80, deadline=None, derandomize=True)
@given(
    table=tables(),
    delimiter=st.sampled_from(DELIMITERS),
    end=st.sampled_from(ENDS),
    quoting=st.sampled_from(QUOTINGS),
)
def test_a_table_comes_back_as_it_was_written(tmp_path_factory, table, delimiter, end, quoting):
    codec, rows = table
    path = written(tmp_path_factory.mktemp("t") / "f.csv", codec, rows, delimiter, end, quoting)
    _layout, found, odd = read(path, encoding=codec, delimiter=delimiter, header_row=1)
    assert (list(found.values()), odd) == (rows, {})


@settings(max_examples=80, deadline=None, derandomize=True)
@given(table=tables(), delimiter=st.sampled_from(DELIMITERS), end=st.sampled_from(ENDS))
def test_what_is_found_without_help_is_right_or_asked_for(tmp_path_factory, table, delimiter, end):
    codec, rows = table
    path = written(tmp_path_factory.mktemp("t") / "f.csv", codec, rows, delimiter, end, csv.QUOTE_MINIMAL)
    try:
        layout, found, odd = read(path)
    except RefusedError:
        return
    assert (layout.delimiter, list(found.values()), odd) == (delimiter, rows, {})


NAMES = [
    "山田太郎",
    "やまだ たろう",
    "ヤマダタロウ",
    "ﾔﾏﾀﾞ ﾀﾛｳ",
    "髙橋﨑",
    "①㈱サンプル",
    "～ー－",
    "東京都千代田区",
    "さいたま市",
    "Smith",
    "",
]
CODECS = ["utf-8", "utf-8-sig", "cp932", "euc_jp", "utf-16", "utf-16-le", "utf-16-be"]


def generated(choose, n):
    """(bytes, codec, lines of the data, the line that was broken or 0) of one file."""
    codec = CODECS[n % len(CODECS)]
    names = [name for name in NAMES if codec != "euc_jp" or not set(name) & set("ﾔﾏﾀﾞﾛｳ髙﨑～－")]
    names = choose.sample(names, choose.randrange(1, len(names)))
    lines = [f"{i},{choose.choice(names)},{choose.choice(names)}" for i in range(choose.choice([2, 30, 60]))]
    broken = choose.randrange(len(lines)) if n % 3 == 0 and len(lines) > 20 and "16" not in codec else -1
    end = choose.choice(ENDS)
    pieces = [encoded(line, codec) for line in ["顧客番号,氏名,住所", *lines]]
    if broken >= 0:
        at = choose.randrange(len(pieces[broken + 1]) + 1)
        pieces[broken + 1] = pieces[broken + 1][:at] + choose.choice([b"\xff", b"\0"]) + pieces[broken + 1][at:]
    return "".encode(codec) + encoded(end, codec).join(pieces), codec, lines, broken


def judged(path, choose, n):
    data, codec, lines, broken = generated(choose, n)
    path.write_bytes(data)
    try:
        _layout, rows, odd = read(path)
    except RefusedError:
        return "refused"
    expected = {i + 2: line.split(",") for i, line in enumerate(lines) if i != broken}
    got = {line: cells for line, cells in rows.items() if line != broken + 2}
    is_right = got == expected and set(odd) <= {broken + 2}
    return ("right" if broken < 0 or odd else "swallowed") if is_right else f"wrong ({codec})"


def ends_of(folder, many):
    choose = random.Random(33)
    found = [judged(folder / "f.csv", choose, n) for n in range(many)]
    return {end: len(list(group)) for end, group in itertools.groupby(sorted(found))}


def test_three_hundred_generated_files_are_read_rightly_or_refused(tmp_path):
    ends = ends_of(tmp_path, 300)
    assert set(ends) <= {"right", "refused"}, ends
    assert ends["right"] > 200


@pytest.mark.prove
def test_ten_thousand_generated_files_are_read_rightly_or_refused(tmp_path):
    ends = ends_of(tmp_path, 10_000)
    print(f"generated files: {ends}")  # noqa: T201
    assert set(ends) <= {"right", "refused"}, ends
