import csv
import datetime as dt
import random

import pytest
from openpyxl import Workbook
from python_calamine import CalamineWorkbook

from customers.importing import workbooks
from tests.customers.importing.books import book, read, row

MORNING = dt.datetime(2024, 4, 1, 9, 30)  # noqa: DTZ001  # a sheet's moments have no zone
START_OF_1904 = dt.datetime(1904, 1, 1)  # noqa: DTZ001


def shown(saved, *values, code="General"):
    """The texts of one row of cells in one format."""
    path = saved(["c"] * len(values), values, formats={f"{chr(65 + i)}2": code for i in range(len(values))})
    return workbooks.text_of(path, "Sheet").read_text().splitlines()[1].split(",")


# --- what cells become -------------------------------------------------------------------------


def test_a_sheet_is_read_like_a_text_file_with_its_own_row_numbers(saved):
    path = saved(["顧客一覧"], [], ["顧客番号", "氏名"], ["001", "山田"], [None, None], [2, "佐藤"], ["合計", 2])
    layout, rows, odd = read(path)
    assert (layout.header, layout.header_row, layout.sheet, layout.sheets) == (
        ["顧客番号", "氏名"],
        3,
        "Sheet",
        ("Sheet",),
    )
    assert rows == {4: ["001", "山田"], 6: ["2", "佐藤"]}
    assert odd == {}


def test_days_and_times_are_iso(saved):
    assert shown(saved, dt.date(2024, 4, 1), MORNING, code="yyyy/m/d h:mm") == [
        "2024-04-01",
        "2024-04-01 09:30:00",
    ]
    assert shown(saved, 45383, code='[$-411]ggge"年"m"月"d"日"') == ["2024-04-01"]
    assert shown(saved, 45383.5, code="mmm d") == ["2024-04-01 12:00:00"]
    assert shown(saved, 0.5, 1.25, code="h:mm") == ["12:00:00", "1900-01-01 06:00:00"]
    assert shown(saved, 1.5, code="[h]:mm") == ["36:00:00"]
    assert shown(saved, -0.5, code="[h]:mm") == ["-12:00:00"]
    assert shown(saved, 0.0005, code="[mm]:ss") == ["0:00:43"]


def test_the_calendar_of_1900_has_a_day_too_many(saved):
    assert shown(saved, 1, 59, 60, 61, code="yyyy-mm-dd") == ["1900-01-01", "1900-02-28", "60", "1900-03-01"]
    assert shown(saved, 0, -1, 2958465, 2958466, code="yyyy-mm-dd") == ["0", "-1", "9999-12-31", "2958466"]


def test_a_workbook_of_1904_counts_from_there(saved):
    path = saved(["c"], [0], [1], formats={"A2": "yyyy-mm-dd", "A3": "yyyy-mm-dd"}, change=_of_1904)
    assert workbooks.text_of(path, "Sheet").read_text().split() == ["c", "1904-01-01", "1904-01-02"]


def _of_1904(written):
    written.epoch = START_OF_1904


def test_a_time_a_hair_off_is_the_whole_second(saved):
    assert shown(saved, 45383.395833333336, 45383.39583333, code="yyyy-mm-dd hh:mm:ss") == [
        "2024-04-01 09:30:00",
        "2024-04-01 09:30:00",
    ]


def test_a_serial_number_without_a_format_stays_a_number(saved):
    assert shown(saved, 45383, 45383.5) == ["45383", "45383.5"]


def test_numbers_have_no_noise(saved):
    assert shown(saved, 0.1 + 0.2, 1e-7, 1e14, 1.0, -0.0, 123456789012345, 100) == [
        "0.3",
        "0.0000001",
        "100000000000000",
        "1",
        "0",
        "123456789012345",
        "100",
    ]


def test_a_number_beyond_15_digits_shows_that_it_was_rounded(saved):
    assert shown(saved, 1234567890123456, 1e20) == ["1.23456789012346E+15", "1E+20"]


def test_percentages_have_their_sign(saved):
    assert shown(saved, 0.1, 0.085, 1, code="0%") == ["10%", "8.5%", "100%"]


@pytest.mark.parametrize(
    ("code", "value", "text"),
    [
        ("0000000", 600000, "0600000"),
        ("000-0000", 600001, "060-0001"),
        ('000"-"0000', 1000001, "100-0001"),
        ("[<=999]000;[<=9999]000-00;000-0000", 600000, "060-0000"),
        ("[<=999]000;[<=9999]000-00;000-0000", 60, "060"),
        ("00000", 1.5, "1.5"),
        ("00000", -3, "-3"),
        ("00000", 1234567, "1234567"),
        ("0", 7, "7"),
        ("#,##0", 1200, "1200"),
        ("0.00", 3, "3"),
        ("0.00E+00", 1500, "1500"),
        ("@", 12, "12"),
        ("General", 12, "12"),
        ("G/標準", 12, "12"),
        ('[$-411]"標準"', 12, "12"),
        ("# ?/?", 0.5, "0.5"),
    ],
)
def test_codes_keep_the_zeros_their_format_shows(saved, code, value, text):
    assert shown(saved, value, code=code) == [text]


@pytest.mark.parametrize(
    ("code", "value", "text"),
    [
        ('"¥"#,##0', 1200, "¥1200"),
        ('"¥"#,##0;[Red]"¥"-#,##0', -1200, "-¥1200"),
        ("[$$-409]#,##0.00", 9.5, "$9.5"),
        ("[$€-407] #,##0", 10, "€10"),
        ("[$USD] #,##0", 10, "USD10"),
        ('#,##0"円"', 10, "¥10"),
        ("[$CHF ]0", 10, "CHF10"),
        ("[$元]0", 10, "10"),
        ("[$-411]0", 10, "10"),
    ],
)
def test_a_currency_keeps_its_sign(saved, code, value, text):
    assert shown(saved, value, code=code) == [text]


def test_booleans_and_errors_are_words(saved):
    assert shown(saved, True, False, "#N/A", "#DIV/0!") == ["TRUE", "FALSE", "#N/A", "#DIV/0!"]


def test_text_stays_text(saved):
    assert shown(saved, "007", " x ", "1e5", "2024/4/1", "=cmd|' /C calc'!A0"[1:]) == [
        *("007", " x ", "1e5", "2024/4/1", "cmd|' /C calc'!A0"),
    ]


def test_a_line_end_in_a_cell_does_not_move_the_rows(saved):
    path = saved(["顧客番号", "住所"], [1, "東京都\n千代田区"], [2, "大阪\r\n市"])
    assert read(path)[1] == {2: ["1", "東京都\x0b千代田区"], 3: ["2", "大阪\x0b市"]}


def test_a_formula_counts_by_its_stored_result_and_is_an_error_without_one(tmp_path):
    cells = '<c r="A2"><f>1+1</f><v>2</v></c><c r="B2" t="str"><f>""</f><v></v></c><c r="C2"><f>NOW()</f></c>'
    path = book(tmp_path / "b.xlsx", row(1, "id", "name", "kana") + f'<row r="2">{cells}</row>')
    assert read(path)[1] == {2: ["2", "", "#CALC!"]}


def test_shared_texts_are_read_without_their_reading_aids(tmp_path):
    strings = (
        "<si><t>id</t></si><si><t>name</t></si>"
        '<si><r><t>山</t></r><r><rPr><b/></rPr><t xml:space="preserve">田 </t></r>'
        '<rPh sb="0" eb="2"><t>ヤマダ</t></rPh></si>'
        "<si><t>a_x000D_b_x005F_x_xD83D__xDE00_</t></si><si/>"
    )
    rows = (
        '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>'
        '<row r="2"><c r="A2" t="s"><v>2</v></c><c r="B2" t="s"><v>3</v></c></row>'
        '<row r="3"><c r="A3" t="inlineStr"><is><r><t>in</t></r><r><t>line</t></r></is></c>'
        '<c r="B3" t="s"><v>4</v></c></row>'
    )
    assert read(book(tmp_path / "b.xlsx", rows, strings=strings))[1] == {
        2: ["山田 ", "a\x0bb_x😀"],
        3: ["inline", ""],
    }


def test_rows_and_cells_without_reference_follow_one_another(tmp_path):
    rows = "<row><c t='str'><v>id</v></c><c t='str'><v>name</v></c></row><row><c/><c t='str'><v>a</v></c></row>"
    assert read(book(tmp_path / "b.xlsx", rows))[1] == {2: ["", "a"]}


def test_other_prefixes_and_moments_as_text_are_read(tmp_path):
    rows = (
        '<x:row r="1"><x:c r="A1" t="str"><x:v>id</x:v></x:c><x:c r="B1" t="str"><x:v>day</x:v></x:c></x:row>'
        '<x:row r="2"><x:c r="A2"><x:v>7</x:v></x:c><x:c r="B2" t="d"><x:v>2024-04-01T00:00:00Z</x:v></x:c></x:row>'
    )
    sheet = f'<x:worksheet xmlns:x="urn:x"><x:sheetData>{rows}</x:sheetData></x:worksheet>'
    path = book(tmp_path / "b.xlsx", "", replaced={"xl/worksheets/sheet1.xml": sheet})
    assert read(path, header_row=1)[1] == {2: ["7", "2024-04-01"]}


# --- merged cells ------------------------------------------------------------------------------


def test_a_heading_over_two_rows_names_its_column(saved):
    def merge(written):
        for cells in ("A1:A2", "B1:B2", "C1:D1"):
            written.active.merge_cells(cells)

    rows = ["顧客番号", "氏名", "連絡先", None], [None, None, "電話", "メール"], ["1", "山田", "03-1234-5678", "a@b.jp"]
    layout, found, _odd = read(saved(*rows, change=merge))
    assert (layout.header, layout.header_row) == (["顧客番号", "氏名", "電話", "メール"], 2)
    assert list(found) == [3]


def test_merged_words_stand_for_every_row_and_merged_numbers_for_none(saved):
    def merge(written):
        for cells in ("A2:A3", "C2:C3", "A4:B4"):
            written.active.merge_cells(cells)

    path = saved(["顧客名", "id", "金額"], ["甲社", 1, 900], [None, 2, None], ["乙社", None, 5], change=merge)
    assert read(path, header_row=1)[1] == {
        2: ["甲社", "1", "900"],
        3: ["甲社", "2", "#MERGED!"],
        4: ["乙社", "", "5"],
    }


# --- beside another reader ---------------------------------------------------------


def test_what_another_reader_reads_we_read(tmp_path):
    """python-calamine, a reader of its own, sees the same texts, numbers and days in 40 random sheets."""
    choose = random.Random(20241122)
    for n in range(40):
        path = tmp_path / f"{n}.xlsx"
        written = Workbook()
        for _row in range(choose.randrange(1, 30)):
            written.active.append([_value(choose) for _cell in range(choose.randrange(1, 12))])
        written.save(path)
        ours = _lines(path)
        theirs = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python(skip_empty_area=False)
        assert _trimmed(ours) == _trimmed([[_as_text(cell) for cell in cells] for cells in theirs])


def _value(choose):
    text = "".join(choose.choices("aあ髙ｱ ,\"'<&>=;", k=choose.randrange(8)))
    day = MORNING + dt.timedelta(minutes=choose.randrange(600_000))
    return choose.choice(
        [None, text, text, choose.randrange(10**9), choose.randrange(10**6) / 100, day, day.date(), True]
    )


def _lines(path):
    with workbooks.text_of(path, "Sheet").open(newline="") as file:
        return list(csv.reader(file))


def _as_text(cell):
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep=" ")
    return f"{cell:.15g}" if isinstance(cell, float | int) else str(cell)


def _trimmed(rows):
    rows = [list(cells) for cells in rows]
    for cells in rows:
        while cells and not cells[-1].strip():
            cells.pop()
    rows = [[cell.strip() for cell in cells] for cells in rows]
    while rows and not rows[-1]:
        rows.pop()
    return rows
