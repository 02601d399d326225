import csv
import io
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customers.importing import encoding, reading
from customers.importing.encoding import RefusedError


@pytest.fixture
def written(tmp_path):
    def write(text, codec="utf-8"):
        path = tmp_path / "file.csv"
        path.write_bytes(text.encode(codec))
        return path

    return write


def read(path, kind="customers", **given):
    layout = reading.layout_of(path, kind, given)
    rows, odd, skipped = {}, {}, 0
    for chunk in reading.chunks(path, layout):
        rows |= dict(zip(chunk.lines.tolist(), chunk.table.to_numpy().tolist(), strict=True))
        odd |= {row.line: (row.cells, row.code) for row in chunk.odd}
        skipped += chunk.skipped
    return layout, rows, odd, skipped


def test_rows_come_with_the_line_they_begin_at(written):
    text = 'id,name\r\n1,"あ\r\nい"\r\n\r\n2,"say ""hi"", you"\r\n3,う\r\n'
    layout, rows, odd, skipped = read(written(text))
    assert (layout.header, layout.header_row, layout.delimiter) == (["id", "name"], 1, ",")
    assert rows == {2: ["1", "あ\nい"], 5: ["2", 'say "hi", you'], 6: ["3", "う"]}
    assert (odd, skipped) == ({}, 2)  # header and a blank line


def test_the_last_line_needs_no_end(written):
    assert read(written("id,name\n1,a"))[1] == {2: ["1", "a"]}
    assert read(written('id,name\n1,"a,b"'))[1] == {2: ["1", "a,b"]}


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_the_delimiter_is_found(written, delimiter):
    layout, rows, _odd, _skipped = read(written("顧客番号,氏名\n1,あ\n2,い\n".replace(",", delimiter)))
    assert layout.delimiter == delimiter
    assert rows == {2: ["1", "あ"], 3: ["2", "い"]}


def test_amounts_with_commas_do_not_hide_a_tab(written):
    layout = reading.layout_of(written("顧客番号\t購入日\t金額\n1\t2024/4/1\t1,200\n2\t2024/4/2\t3,400\n"), "purchases")
    assert layout.delimiter == "\t"


def test_titles_above_and_totals_below_are_passed_over(written):
    titles, totals = "売上一覧,,\n2024年4月,,\n\n", "小　計,,300\n,合計,300\n,,\n件数,2,\n"
    text = titles + "顧客番号,購入日,金額\n1,2024/4/1,100\n2,2024/4/1,200\n" + totals
    layout, rows, odd, skipped = read(written(text), "purchases")
    assert layout.header_row == 4
    assert rows == {5: ["1", "2024/4/1", "100"], 6: ["2", "2024/4/1", "200"]}
    assert odd == {}
    assert skipped == 4 + 2 + 1 + 1


def test_a_total_of_fewer_cells_is_a_total_too(written):
    assert read(written("id,name,kana\n1,a,b\n合計,1\n"))[1:] == ({2: ["1", "a", "b"]}, {}, 2)


def test_a_customer_called_total_is_no_total(written):
    assert read(written("id,name\n1,合計\n"))[1] == {2: ["1", "合計"]}


def test_short_and_long_rows_are_set_apart_with_their_cells(written):
    text = "id,name,kana\n1,a,b\n2,b\n3,c,d,e\n4,d,e,,\n5,e,f\n"
    _layout, rows, odd, _skipped = read(written(text))
    assert rows == {2: ["1", "a", "b"], 5: ["4", "d", "e"], 6: ["5", "e", "f"]}
    assert odd == {3: (["2", "b"], "short_row"), 4: (["3", "c", "d", "e"], "long_row")}


def test_a_quote_inside_a_cell_is_just_a_letter(written):
    text = 'id,name\n1,5" disk\n2,"a\nb"\n3,c\n'
    assert read(written(text))[1] == {2: ["1", '5" disk'], 3: ["2", "a\nb"], 5: ["3", "c"]}


def test_a_quote_that_is_never_closed_costs_its_line_and_no_other(written):
    _layout, rows, odd, _skipped = read(written('id,name\n1,a\n2,"b\n' + "3,c\n" * 100))
    assert rows == {2: ["1", "a"]} | {line: ["3", "c"] for line in range(4, 104)}
    assert odd == {3: (["2", "b"], "bad_quotes")}


def test_what_stands_after_a_closing_quote_makes_its_lines_rejects(written):
    text = 'id,name\n1,"a "quoted" word"\n2,"over\ntwo" lines\n3,fine\n4,"also, fine"\n'
    _layout, rows, odd, _skipped = read(written(text))
    assert rows == {5: ["3", "fine"], 6: ["4", "also, fine"]}
    assert {line: code for line, (_cells, code) in odd.items()} == {2: "bad_quotes", 3: "bad_quotes", 4: "bad_quotes"}


def test_a_backslash_before_a_quote_is_not_guessed_at(written):
    _layout, rows, odd, _skipped = read(written('id,name\n1,"say \\"hi\\" now"\n2,b\n'))
    assert (list(rows), list(odd)) == ([3], [2])


def test_lone_quotes_in_two_cells_may_have_held_them_together(written):
    text = 'id,name,kana\n1,$9"Tee, short"\n2,5" disk,x\n'
    _layout, rows, odd, _skipped = read(written(text))
    assert rows == {3: ["2", '5" disk', "x"]}
    assert odd == {2: (["1", '$9"Tee', 'short"'], "bad_quotes")}


def test_after_a_row_that_could_not_be_read_a_line_with_a_lone_quote_is_its_rest(written):
    text = 'id,name\n1,"a" b\nc",x\n2,d\n'
    _layout, rows, odd, _skipped = read(written(text))
    assert (list(rows), list(odd)) == ([4], [2, 3])


def test_too_many_open_quotes_refuse_the_file(written):
    lines = "".join(f'{i},"open\n' + f"{i},x\n" * 60 for i in range(0, 300, 2))
    with pytest.raises(RefusedError, match="too many quotation marks"):
        read(written("id,name\n" + lines.replace('"open', '"op"en"', 0)))


def test_spaces_before_a_quoted_cell_do_not_break_it(written):
    assert read(written('id, name\n1, "a, b"\n2, c\n'))[1] == {2: ["1", "a, b"], 3: ["2", "c"]}


def test_a_huge_cell_costs_its_row(written):
    text = "id,name\n1,a\n2," + "x" * 10_000_000 + '\n3,"b"\n'
    _layout, rows, odd, _skipped = read(written(text))
    assert rows == {2: ["1", "a"], 4: ["3", "b"]}
    assert {line: code for line, (_cells, code) in odd.items()} == {3: "huge_cell"}
    assert len(odd[3][0][0]) == 32_000


def test_a_line_without_end_is_refused(written):
    with pytest.raises(RefusedError, match="longer than 16000000"):
        read(written("id,name\n1," + "x" * 17_000_000))


def test_one_delimiter_too_many_is_not_taken_for_an_empty_cell_at_the_end(written):
    text = "id,name,kana,note\n1,a,b,\n2,,c,d,\n3,e,f,g\n"  # a comma too many after the 2
    _layout, rows, odd, _skipped = read(written(text))
    assert rows == {2: ["1", "a", "b", ""], 4: ["3", "e", "f", "g"]}
    assert odd == {3: (["2", "", "c", "d", ""], "long_row")}


def test_empty_cells_beyond_the_header_are_nothing_where_all_rows_have_them(written):
    _layout, rows, odd, _skipped = read(written("id,name\n1,,,\n2,b,,\n3,c,,x\n4,d,,\n"))
    assert rows == {2: ["1", ""], 3: ["2", "b"], 5: ["4", "d"]}
    assert odd == {4: (["3", "c", "", "x"], "long_row")}


def test_a_header_that_comes_again_is_no_row(written):
    assert read(written("id,name\n1,a\nid,name\n2,b\n"))[1:] == ({2: ["1", "a"], 4: ["2", "b"]}, {}, 2)


def test_names_that_come_twice_are_told_apart(written):
    assert reading.layout_of(written("id,name,備考,備考, 備考\n1,a,x,y,z\n"), "customers").header == [
        *("id", "name", "備考", "備考 (2)", "備考 (3)")
    ]


def test_invisible_marks_leave_the_header(written):
    assert reading.layout_of(written("\u200bid,na\u200dme\u202e\n1,a\n"), "customers").header == ["id", "name"]


def test_right_to_left_text_and_invisible_marks_stay_in_the_cells(written):
    assert read(written("id,name\n1,שלום\n2,a\u200bb\n"))[1] == {2: ["1", "שלום"], 3: ["2", "a\u200bb"]}


@pytest.mark.parametrize("first", ["28/01/2018,00:00,2,x", "1,山田,東京", "a,b\n1,2,3\n4,5,6"])
def test_data_are_not_taken_for_a_header(written, first):
    path = written(first + "\n29/01/2018,00:15,0,y"[: 18 if first[0] == "2" else 0] + "\n")
    with pytest.raises(RefusedError, match="header was not found"):
        reading.layout_of(path, "customers")
    assert reading.layout_of(path, "customers", {"header_row": None}).header_row is None


def test_single_quotes_around_cells_are_refused(written):
    rows = "".join(f"{i},'a, {i}','b'\n" for i in range(5))
    with pytest.raises(RefusedError, match="single quotation marks"):
        reading.layout_of(written("id,name,kana\n" + rows), "customers")


def test_a_header_alone_is_a_file_without_rows(written):
    assert read(written("id,name\n"))[1:] == ({}, {}, 1)


def test_rows_of_nul_and_of_bytes_that_do_not_fit_are_rejects_where_they_are_few(tmp_path):
    path = tmp_path / "f.csv"
    good = "".join(f"{i},山田{i}\r\n" for i in range(100)).encode()
    path.write_bytes(b"id,name\r\n" + good + b"a,\xe5\xb1\r\nb,x\0y\r\n" + good)
    _layout, rows, odd, _skipped = read(path)
    assert len(rows) == 200
    assert odd == {102: (["a", "\ufffd"], "bad_bytes"), 103: (["b", "x\ufffdy"], "bad_bytes")}


def test_a_header_that_cannot_be_read_is_refused(tmp_path):
    path = tmp_path / "f.csv"
    path.write_bytes(b"id,na\xffme\n" + b"1,a\n" * 100)
    with pytest.raises(RefusedError, match="header in line 1"):
        read(path)


def test_ten_thousand_columns_are_refused_at_once(written):
    started = time.monotonic()
    with pytest.raises(RefusedError, match="more than 1000 columns"):
        read(written((",".join(f"c{i}" for i in range(10_000)) + "\n") * 50))
    assert time.monotonic() - started < 5


def test_blank_lines_cost_nothing(written):
    started = time.monotonic()
    _layout, rows, _odd, skipped = read(
        written("\n" * 300_000 + "id,name\n" + "\n" * 1_000_000 + "1,a\n" + "\n" * 1000)
    )
    assert (rows, skipped) == ({1_300_002: ["1", "a"]}, 1_301_001 - 1000 + 1000)
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("codec", ["utf-8", "cp932", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_any_line_end_ends_a_line(tmp_path, codec, end):
    path = tmp_path / "f.csv"
    path.write_bytes(f"顧客番号,氏名{end}1,髙﨑 ①㈱{end}2,ﾔﾏﾀﾞ～{end}".encode(codec))
    layout, rows, _odd, _skipped = read(path)
    assert (layout.encoding, rows) == (codec, {2: ["1", "髙﨑 ①㈱"], 3: ["2", "ﾔﾏﾀﾞ～"]})


def test_a_rejects_file_without_header_is_known_by_its_last_two_columns(written):
    path = written("C1,山田,x,bad_date: これは日付ではありません,3\nC2,佐藤,y,missing: 空です,5\n")
    assert reading.layout_of(path, "customers", {"header_row": None}).header == ["0", "1", "2", "理由", "行"]


def test_one_column_is_enough(written):
    path = written("顧客番号\n1\n\n2\n")
    layout, rows, _odd, skipped = read(path)
    assert (layout.header, rows, skipped) == (["顧客番号"], {2: ["1"], 4: ["2"]}, 2)


def test_header_row_can_be_given_or_denied(written):
    path = written("x,y\nid,name\n1,a\n")
    assert read(path, header_row=1)[0].header == ["x", "y"]
    layout, rows, _odd, skipped = read(path, header_row=None)
    assert (layout.header, layout.header_row, len(rows), skipped) == (["0", "1"], None, 3, 0)
    with pytest.raises(RefusedError, match="line 77"):
        read(path, header_row=77)


def test_delimiter_can_be_given(written):
    assert read(written("a,b;c\n1,2;3\n"), delimiter=";")[0].header == ["a,b", "c"]
    assert read(written("a\tb\n"), delimiter="tab")[0].header == ["a", "b"]
    with pytest.raises(RefusedError, match="single character"):
        read(written("a,b\n"), delimiter=",,")


def test_too_many_columns_are_refused(written):
    with pytest.raises(RefusedError, match="more than 1000 columns"):
        read(written(",".join(f"c{i}" for i in range(1200)) + "\n"))


def test_empty_cells_at_the_end_of_the_header_are_no_columns(written):
    layout, rows, odd, _skipped = read(written("id,name,,\n1,a,,\n2,b,,\n"))
    assert layout.header == ["id", "name"]
    assert (rows, odd) == ({2: ["1", "a"], 3: ["2", "b"]}, {})


def test_unknown_headers_take_the_first_full_row(written):
    assert reading.layout_of(written("title\nfoo,bar\n1,2\n3,4\n"), "customers").header == ["foo", "bar"]


def test_samples_are_the_first_rows(written):
    assert reading.layout_of(written("id,name\n\n1,a\n2,b\n"), "customers").samples == [["1", "a"], ["2", "b"]]


cell = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\x1a\ufeff", exclude_categories=["Cs"]), max_size=6)


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(st.tuples(st.integers(1, 9).map(str), cell, cell), max_size=12), block=st.integers(1, 40))
def test_whatever_csv_writes_is_read_back_at_its_line_in_blocks_of_any_size(tmp_path_factory, rows, block):
    path = tmp_path_factory.mktemp("csv") / "f.csv"
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([("id", "name", "kana"), *rows])
    path.write_text(out.getvalue(), encoding="utf-8", newline="")
    was, encoding.BLOCK = encoding.BLOCK, block
    try:
        _layout, found, odd, _skipped = read(path, encoding="utf-8", delimiter=",", header_row=1)
    finally:
        encoding.BLOCK = was
    assert odd == {}
    assert list(found.values()) == [list(row) for row in rows]
    reader = csv.reader(io.StringIO(out.getvalue(), newline=""))
    next(reader)
    lines = []
    for _ in rows:
        lines.append(reader.line_num + 1)
        next(reader)
    assert list(found) == lines


@settings(max_examples=80, deadline=None)
@given(text=st.text(st.sampled_from('ab",\n ;1合計'), max_size=60))
def test_any_text_is_read_or_refused(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("csv") / "f.csv"
    path.write_text("id,name\n" + text, encoding="utf-8", newline="")
    try:
        _layout, rows, odd, _skipped = read(path, delimiter=",", header_row=1)
    except RefusedError:
        return
    assert not set(rows) & set(odd)
