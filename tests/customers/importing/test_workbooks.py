import random
import stat
import subprocess
import sys
import time
import zipfile

import pytest
from openpyxl import Workbook
from openpyxl.styles import Font

from customers.importing import sheets, workbooks
from customers.importing.encoding import RefusedError
from tests.customers.importing.books import book, read, row

# --- sheets ------------------------------------------------------------------------------------


def test_the_first_visible_sheet_that_holds_something_is_read(tmp_path):
    inside = [
        row(1, "hidden", "x"),
        "",
        row(1, "id", "name") + row(2, "1", "a"),
        row(1, "id", "name") + row(2, "2", "b"),
    ]
    path = book(tmp_path / "b.xlsx", *inside, names=["隠し", "空", "顧客", "他"], states=["hidden", *["visible"] * 3])
    layout, rows, _odd = read(path)
    assert (layout.sheet, layout.sheets, rows) == ("顧客", ("空", "顧客", "他"), {2: ["1", "a"]})
    assert read(path, sheet="他")[1] == {2: ["2", "b"]}
    assert read(path, sheet="隠し", header_row=1)[0].header == ["hidden", "x"]
    with pytest.raises(RefusedError, match="no sheet “無い”"):
        read(path, sheet="無い")


def test_a_workbook_without_anything_is_refused(tmp_path):
    with pytest.raises(RefusedError, match="No visible sheet"):
        read(book(tmp_path / "b.xlsx", "", row(1, "x"), states=["visible", "veryHidden"]))


def test_empty_rows_and_columns_around_the_table_are_nothing(saved):
    def styled(written):
        for place in ("F9", "H2", "A5000"):
            written.active[place].font = Font(bold=True)

    path = saved(["id", "name"], ["1", "a"], change=styled)
    assert workbooks.text_of(path, "Sheet").read_text() == "id,name\n1,a\n"


def test_a_note_beside_the_table_makes_its_row_a_reject(saved):
    _layout, rows, odd = read(saved(["id", "name"], [1, "a"], [2, "b", None, "要確認"], [3, "c"]))
    assert rows == {2: ["1", "a"], 4: ["3", "c"]}
    assert odd == {3: (["2", "b", "", "要確認"], "long_row")}


def test_encoding_and_delimiter_of_a_mapping_mean_nothing_to_a_workbook(saved):
    layout, rows, _odd = read(saved(["id", "name"], [1, "a;b"]), encoding="cp932", delimiter=";")
    assert (layout.encoding, layout.delimiter, rows) == ("utf-8", ",", {2: ["1", "a;b"]})


def test_the_text_is_made_once_and_goes_with_the_workbook(saved, tmp_path):
    path = saved(["id", "name"], [1, "a"])
    text = workbooks.text_of(path, "Sheet")
    made = text.stat().st_mtime_ns
    assert workbooks.text_of(path, "Sheet").stat().st_mtime_ns == made
    orphan = tmp_path / "gone.csv.1.sheet"
    orphan.write_text("x")
    workbooks.forget(path)
    assert not text.exists()
    workbooks.text_of(path, "Sheet")
    assert not orphan.exists()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["book.xlsx", "book.xlsx.1.sheet"]


# --- what is refused ---------------------------------------------------------------------------


def refused(path, match):
    started = time.process_time()
    before = {each.name for each in path.parent.iterdir()}
    with pytest.raises(RefusedError, match=match):
        read(path)
    assert time.process_time() - started < 2
    assert {each.name for each in path.parent.iterdir()} == before  # nothing written


def zipped(path, **entries):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return path


def test_a_name_does_not_say_what_a_file_is(saved, tmp_path):
    workbook = saved(["id", "name"], [1, "a"]).rename(tmp_path / "really_xlsx.csv")
    text = tmp_path / "really_csv.xlsx"
    text.write_text("id,name\n1,a\n")
    assert read(workbook)[1] == read(text)[1] == {2: ["1", "a"]}


def test_old_and_protected_workbooks_are_refused(tmp_path):
    path = tmp_path / "f.xls"
    path.write_bytes(b"\xd0\xcf\x11\xe0" + bytes(5000))
    refused(path, "old workbook")
    path.write_bytes(b"\xd0\xcf\x11\xe0" + bytes((1 << 20) - 10) + "EncryptedPackage".encode("utf-16-le") + bytes(9))
    refused(path, "password")


def test_other_archives_are_refused(tmp_path):
    path = tmp_path / "f.xlsx"
    refused(zipped(path, **{"a.csv": "id,name"}), "an archive, not a table")
    refused(zipped(path, **{"mimetype": "x", "content.xml": "x"}), "OpenDocument")
    refused(zipped(path, **{"[Content_Types].xml": "x", "xl/workbook.bin": "x"}), "binary workbook")
    refused(zipped(path, **{"[Content_Types].xml": "x", "word/document.xml": "x"}), "an archive, not a table")
    path.write_bytes(b"PK\x03\x04" + bytes(100))
    refused(path, "damaged")


def test_a_workbook_that_was_cut_is_refused(saved):
    path = saved(["id", "name"], *[[i, "a"] for i in range(1000)])
    whole = path.read_bytes()
    for share in (0.2, 0.5, 0.9, 0.999):
        path.write_bytes(whole[: int(len(whole) * share)])
        refused(path, "damaged")
    changed = bytearray(whole)
    changed[len(whole) // 3 : len(whole) // 3 + 50] = bytes(50)
    path.write_bytes(changed)
    refused(path, "damaged")


def test_bombs_are_refused_before_they_are_opened(tmp_path):
    path = tmp_path / "bomb.xlsx"
    big = b"<si><t>" + b"A" * 60_000_000 + b"</t></si>"
    refused(book(path, row(1, "id"), replaced={"xl/sharedStrings.xml": big}), "unpacks to more")
    parts = {f"xl/media/{n}": "x" for n in range(6000)}
    refused(book(path, row(1, "id"), replaced=parts), "unpacks to more")


def test_more_texts_than_memory_should_hold_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(sheets, "MOST_TEXT", 1000)
    path = tmp_path / "b.xlsx"
    refused(book(path, row(1, "id"), strings="<si><t>x</t></si>" * 1001), "unpacks to more")
    book(path, row(1, "id"), strings="<si><t>x</t></si>" * 1000)
    assert read(path, header_row=1)[0].header == ["id"]


def test_what_a_killed_process_left_goes_with_the_next_workbook(saved, tmp_path):
    (tmp_path / "gone.csv.1.sheetabc.part").write_text("half")
    workbooks.text_of(saved(["id"], [1]), "Sheet")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["book.xlsx", "book.xlsx.1.sheet"]


def test_entries_that_lead_out_are_refused(tmp_path):
    path = tmp_path / "slip.xlsx"
    for name in ("../../etc/cron.d/x", "/etc/passwd", "C:\\x", "xl\\..\\..\\x"):
        refused(book(path, row(1, "id"), replaced={name: "x"}), "no workbook has")
    book(path, row(1, "id"))
    with zipfile.ZipFile(path, "a") as archive:
        link = zipfile.ZipInfo("xl/link")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    refused(path, "no workbook has")


def test_entries_packed_as_no_spreadsheet_does_are_refused(tmp_path):
    path = book(tmp_path / "b.xlsx", row(1, "id"))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/x", "x" * 100, compress_type=zipfile.ZIP_LZMA)
    refused(path, "no workbook has")


def test_a_directory_that_points_nowhere_is_damage(tmp_path):
    path = book(tmp_path / "b.xlsx", row(1, "id"))
    data = bytearray(path.read_bytes())
    end = data.rindex(b"PK\x05\x06")
    data[end + 16 : end + 20] = (2**31).to_bytes(4, "little")
    path.write_bytes(data)
    refused(path, "damaged")


def test_entries_that_share_their_bytes_are_refused(tmp_path):
    path = book(tmp_path / "b.xlsx", row(1, "id"), replaced={"xl/a": random.Random(1).randbytes(30_000)})
    with zipfile.ZipFile(path, "a") as archive:
        entry = archive.getinfo("xl/a")
        for n in range(50):  # the directory names the same bytes again and again
            twin = zipfile.ZipInfo(f"xl/a{n}")
            for name in ("header_offset", "compress_size", "file_size", "CRC", "compress_type", "external_attr"):
                setattr(twin, name, getattr(entry, name))
            archive.filelist.append(twin)
            archive.NameToInfo[twin.filename] = twin
        archive._didModify = True
    refused(path, "unpacks to more")


LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {b} "{("&" + a + ";") * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    "document",
    [
        LAUGHS + "]><worksheet><sheetData>&i;</sheetData></worksheet>",
        '<!DOCTYPE x [<!ENTITY a "' + "A" * 50_000 + '">]><worksheet>' + "&a;" * 50_000 + "</worksheet>",
        '<!DOCTYPE x SYSTEM "file:///etc/passwd"><worksheet/>',
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><worksheet><v>&a;</v></worksheet>',
    ],
)
@pytest.mark.parametrize(
    "part", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml", "xl/styles.xml"]
)
def test_xml_with_a_document_type_is_refused(tmp_path, document, part):
    path = book(tmp_path / "b.xlsx", row(1, "id"), strings="<si/>", styles="<x/>", replaced={part: document})
    refused(path, "document type")


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="2"/><row r="1"/>',
        '<row r="1048577"/>',
        '<row r="x"/>',
        '<row r="1"><c r="B1"><v>1</v></c><c r="A1"><v>1</v></c></row>',
        '<row r="1"><c r="ABCD1"><v>1</v></c></row>',
        '<row r="1"><c r="ZZZ1"><v>1</v></c></row>',
        '<row r="1"><c r="A1" t="s"><v>5</v></c></row>',
        '<row r="1"><c r="A1" t="s"><v>x</v></c></row>',
        '<row r="1"><c r="A1"',
        "<row>" + "<c/>" * 20_000 + "</row>",
        '<row r="1"><c r="A1" t="str"><v>' + "y" * 9_000_000 + "</v></c></row>",
        '<row r="1" x="' + "y" * 9_000_000 + '"/>',
    ],
)
def test_xml_no_spreadsheet_writes_is_damage(tmp_path, rows):
    refused(book(tmp_path / "b.xlsx", rows), "damaged")


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml"])
def test_a_workbook_that_lacks_a_part_is_refused(tmp_path, part):
    refused(book(tmp_path / "b.xlsx", row(1, "id"), replaced={part: None}), "damaged")


def test_too_many_columns_are_refused(tmp_path):
    cells = "".join(f"<c><v>{i}</v></c>" for i in range(1200))
    refused(book(tmp_path / "b.xlsx", f"<row>{cells}</row>"), "more than 1000 columns")


def test_what_is_no_number_stays_as_it_stands(tmp_path):
    rows = row(1, "id", "name") + '<row r="2"><c r="A2"><v>1e999</v></c><c r="B2" s="9"><v>x</v></c></row>'
    assert read(book(tmp_path / "b.xlsx", rows))[1] == {2: ["1e999", "x"]}


# --- memory ------------------------------------------------------------------------------------

MEASURE = """
import re, sys, django
django.setup()
from pathlib import Path
from customers.importing import reading
def highest():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024
before = highest()
path = Path(sys.argv[1])
layout = reading.layout_of(path, "customers", {})
rows = sum(len(chunk.table) for chunk in reading.chunks(path, layout))
print(rows, highest() - before, highest())
"""


@pytest.mark.prove
def test_memory_does_not_grow_with_the_sheet(tmp_path):
    path = tmp_path / "big.xlsx"
    written = Workbook(write_only=True)
    sheet = written.create_sheet("S")
    sheet.append(["顧客番号", "氏名", "住所", "a", "b", "c"])
    for i in range(30_000):
        sheet.append([f"C{i}", f"山田{i}", "東京都千代田区" * 10, i, i / 7, "x" * 200])
    written.save(path)
    done = subprocess.run([sys.executable, "-c", MEASURE, path], capture_output=True, text=True, check=True)
    rows, grown, whole = map(int, done.stdout.split())
    assert rows == 30_000
    assert grown < 100
    assert whole < 300
