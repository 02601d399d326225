import csv
import datetime as dt
import io

import pytest
from django.core.files.base import ContentFile
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from customers.importing import normalising, rejects, running
from customers.models import Customer, Import

NOW = dt.datetime(2026, 11, 21, 3, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


def bring(data, name="顧客.csv", **mapping):
    source = ContentFile(data)
    queued = running.start(kind="customers", source=source, file_name=name, mapping=mapping, options={}, by=None)
    done = running.run(import_id=queued.pk, now=NOW)
    assert done.state == Import.State.DONE, done.error
    return done


def rejected(imported):
    return b"".join(rejects.lines(imported))


def workbook(*rows, title="顧客"):
    book = Workbook()
    book.active.title = title
    for values in rows:
        book.active.append(values)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.django_db
@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "cp932", "euc_jp", "utf-16", "utf-16-le", "iso2022_jp"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_the_file_is_what_the_original_was_and_comes_back_mended(codec, delimiter):
    text = '売上一覧\r\n顧客番号,氏名,登録日\r\n1,やまだ,2024/4/1\r\n2,"さとう\r\nたろう",２月３０日\r\n'
    text += ",すずき,2024/4/3\r\n"
    done = bring(text.replace(",", delimiter).encode(codec))
    data = rejected(done)
    header, *rows = csv.reader(io.StringIO(data.decode(codec), newline=""), delimiter=delimiter)
    assert header == ["顧客番号", "氏名", "登録日", "理由", "行"]
    assert [(cells[:3], cells[3].split(":")[0], cells[4]) for cells in rows] == [
        (["2", "さとう\nたろう", "２月３０日"], "bad_date", "4"),
        (["", "すずき", "2024/4/3"], "missing", "6"),
    ]
    mended = data.decode(codec).replace("２月３０日", "2024/2/29").replace("\r\n" + delimiter, "\r\n3" + delimiter)
    again = bring(mended.encode(codec))
    assert (again.rows, again.created, again.rejected) == (2, 2, 0)
    assert Customer.objects.get(code="2").name == "さとう たろう"


@pytest.mark.django_db
def test_an_original_of_plain_ascii_gets_a_mark_for_the_reasons():
    done = bring(b"customer_id,name,joined_on\n1,a,2024-13-01\n")
    data = rejected(done)
    assert data.startswith(b"\xef\xbb\xbfcustomer_id,name,joined_on,")
    assert bring(data.replace(b"2024-13-01", b"2024-12-01")).created == 1


@pytest.mark.django_db
def test_reasons_are_in_the_language_of_whoever_asks_for_the_file():
    from django.utils import translation

    done = bring(b"customer_id,name,joined_on\n1,a,2024-13-01\n")
    with translation.override("ja"):
        pieces = rejects.lines(done)
    with translation.override("en"):
        assert "日" in b"".join(pieces).decode().splitlines()[1].split(",")[3]


@pytest.mark.django_db
def test_a_workbook_comes_back_as_a_workbook_of_texts():
    done = bring(
        workbook(
            ["顧客名簿"],
            ["顧客番号", "氏名", "登録日", "備考"],
            ["001", "山田", dt.date(2024, 4, 1), "x"],
            ["002", "佐藤", "いつか", "一行目\n二行目"],
            ["003", "鈴木", "#N/A", "1+1"],
        ),
        "名簿.csv",
    )
    assert rejects.title(done) == "rejected_名簿.xlsx"
    assert rejects.content_type(done) == rejects.XLSX
    page = load_workbook(io.BytesIO(rejected(done))).worksheets[0]
    header, *rows = page.iter_rows()
    assert [cell.value for cell in header] == ["顧客番号", "氏名", "登録日", "備考", "理由", "行"]
    assert [[cell.value for cell in cells][:4] for cells in rows] == [
        ["002", "佐藤", "いつか", "一行目\n二行目"],
        ["003", "鈴木", "#N/A", "1+1"],
    ]
    assert [cells[4].value.split(":")[0] for cells in rows] == ["bad_date", "cell_error"]
    assert [cells[5].value for cells in rows] == ["4", "5"]
    assert {cell.data_type for cells in rows for cell in cells} == {"s"}
    assert {cell.number_format for cells in rows for cell in cells} == {"@"}
    rows[0][2].value, rows[1][2].value = "2024/4/2", dt.date(2024, 4, 3)
    out = io.BytesIO()
    page.parent.save(out)
    again = bring(out.getvalue())
    assert (again.rows, again.created, again.rejected) == (2, 2, 0)
    assert set(Customer.objects.values_list("code", flat=True)) == {"001", "002", "003"}


@pytest.mark.django_db
def test_a_formula_is_quoted_in_text_and_plain_text_in_a_workbook_and_comes_back_itself():
    formula = '=HYPERLINK("http://x","y")'
    text = f'customer_id,name,joined_on\n1,"{formula.replace(chr(34), chr(34) * 2)}",x\n2,-500,x\n3,\'=kept,x\n'
    data = rejected(bring(text.encode())).decode("utf-8-sig")
    cells = [row[1] for row in csv.reader(io.StringIO(data))][1:]
    assert cells == ["'" + formula, "-500", "'=kept"]
    bring(data.replace(",x,", ",2024-04-01,").encode())
    assert list(Customer.objects.order_by("code").values_list("name", flat=True)) == [formula, "-500", "=kept"]
    done = bring(workbook(["customer_id", "name", "joined_on"], ["9", "'" + formula, "x"]))
    page = load_workbook(io.BytesIO(rejected(done))).worksheets[0]
    assert (page["B2"].value, page["B2"].data_type, page["B2"].quotePrefix) == ("'" + formula, "s", True)


@pytest.mark.django_db
def test_rows_the_reader_could_not_read_come_back_too():
    good = "".join(f"{i},山田\r\n" for i in range(100, 150)).encode("cp932")
    data = "顧客番号,氏名,登録日\r\n".encode("cp932") + good.replace(b"\r\n", b",\r\n")
    data += b'1,"a"b,\r\n2,\x81\xff,\r\n3,x\r\n4,x,,y\r\n'
    done = bring(data)
    rows = list(csv.reader(io.StringIO(rejected(done).decode("cp932"), newline="")))[1:]
    assert [(cells[-2].split(":")[0], cells[-1]) for cells in rows] == [
        ("bad_quotes", "52"),
        ("bad_bytes", "53"),
        ("short_row", "54"),
        ("long_row", "55"),
    ]
    assert (done.created, done.rejected, done.rows) == (50, 4, 54)


@pytest.mark.django_db
def test_a_file_without_header_gets_none_and_its_rejects_come_back(tmp_path):
    given = {"header_row": None, "columns": {"0": "customer_id", "1": "name", "2": "joined_on"}}
    done = bring("1,山田,2024/4/1\n2,佐藤,x\n3,鈴木\n".encode(), **given)
    data = rejected(done)
    assert [line.split(",")[0] for line in data.decode().splitlines()] == ["2", "3"]
    mended = data.decode().replace("佐藤,x,", "佐藤,2024/4/2,").replace("鈴木,,", "鈴木,2024/4/3,")
    assert bring(mended.encode(), **given).created == 2
    assert not Customer.objects.get(code="2").attributes


@pytest.mark.django_db
def test_a_file_whose_name_says_workbook_keeps_what_it_is():
    done = bring("顧客番号,氏名,登録日\n1,a,x\n".encode(), "list.XLSX")
    assert (rejects.title(done), rejects.content_type(done)) == ("rejected_list.csv", "text/csv")


@given(st.text(st.sampled_from("=+-@＝＠'\t 1a.,|\n"), max_size=8))
def test_a_quoted_cell_is_read_as_the_cell_and_no_spreadsheet_runs_it(text):
    import pyarrow as pa

    quoted = rejects.harmless(text)
    assert normalising.tidy(pa.array([quoted])).to_pylist() == normalising.tidy(pa.array([text])).to_pylist()
    begins = quoted.lstrip()[:2]
    assert begins[:1] not in {"=", "@", "＝", "＠"} or len(quoted.strip()) < 2


def test_a_sheet_of_a_title_no_library_takes_is_renamed():
    pages = rejects._workbook("a/b" * 20, [["h"]], iter([["\x01x\x0by"]]))
    page = load_workbook(io.BytesIO(b"".join(pages))).worksheets[0]
    assert (page.title, page["A2"].value) == (("a_b" * 20)[:31], " x\ny")


@pytest.mark.django_db
def test_the_sheet_a_person_names_is_the_one_brought_in():
    book = Workbook()
    book.active.title = "表紙"
    book.active.append(["顧客番号", "氏名"])
    book.active.append(["1", "表紙の人"])
    for values in (["顧客番号", "氏名"], ["2", "名簿の人"]):
        (book["名簿"] if "名簿" in book.sheetnames else book.create_sheet("名簿")).append(values)
    out = io.BytesIO()
    book.save(out)
    assert bring(out.getvalue(), sheet="名簿").created == 1
    assert list(Customer.objects.values_list("name", flat=True)) == ["名簿の人"]
    queued = running.start(
        kind="customers",
        source=ContentFile(out.getvalue()),
        file_name="x",
        mapping={"sheet": "無"},
        options={},
        by=None,
    )
    failed = running.run(import_id=queued.pk, now=NOW)
    assert (failed.state, failed.error) == (Import.State.FAILED, "The workbook has no sheet “無”.")


@pytest.mark.django_db
def test_a_header_alone_is_an_import_of_nothing():
    done = bring("顧客番号,氏名\n".encode())
    assert (done.rows, done.skipped) == (0, 1)
