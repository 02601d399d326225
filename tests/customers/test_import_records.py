"""The command: what it prints, what it refuses with one line, and real files through it."""

import csv
import io
import json
import lzma
import random
import tarfile
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from customers.models import Customer, Import, Purchase

pytestmark = pytest.mark.django_db
MESSY = 60


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def file(tmp_path):
    def write(text, codec="utf-8", name="ファイル.csv"):
        path = tmp_path / name
        path.write_bytes(text.encode(codec) if isinstance(text, str) else text)
        return path

    return write


def run(*arguments):
    out = io.StringIO()
    call_command("import_records", *map(str, arguments), "--json", stdout=out)
    return json.loads(out.getvalue())


def counts(result):
    assert result["created"] + result["updated"] + result["unchanged"] + result["rejected"] == result["rows"]
    return {name: result[name] for name in ("created", "updated", "unchanged", "rejected", "skipped")}


def test_json_is_one_object_with_exactly_these_names(file):
    result = run("customers", file("顧客番号,氏名\n1,あ\n合計,1\n", "cp932"))
    assert result.pop("seconds") >= 0
    assert result == {
        "import_id": Import.objects.get().pk, "rows": 1, "created": 1, "updated": 0, "unchanged": 0, "rejected": 0,
        "skipped": 2, "encoding": "cp932", "delimiter": ",", "notices": [],
    }  # fmt: skip


def test_a_dry_run_changes_nothing(file):
    path = file("id\tname\n1\tあ\n2\t\n")
    result = run("customers", path, "--dry-run")
    assert counts(result) == {"created": 1, "updated": 0, "unchanged": 0, "rejected": 1, "skipped": 1}
    assert result["import_id"] is None
    assert (Customer.objects.count(), Import.objects.count()) == (0, 0)
    assert result["delimiter"] == "\t"


def test_rejected_rows_come_back_in_the_files_own_encoding_and_can_be_mended(file, tmp_path):
    out = tmp_path / "rejects.csv"
    result = run(
        "customers",
        file("顧客番号,氏名,生年月日\r\n1,髙橋,2000/1/1\r\n2,㈱あ,きのう\r\n3,=1+1,x\r\n", "cp932"),
        "--rejects",
        out,
    )
    assert counts(result)["rejected"] == 2
    rows = list(csv.reader(io.StringIO(out.read_bytes().decode("cp932"))))
    assert rows[0] == ["顧客番号", "氏名", "生年月日", "理由", "行"]
    assert [row[0] for row in rows[1:]] == ["2", "3"]
    assert rows[1][3].startswith("bad_date: ")
    assert (rows[1][4], rows[2][1]) == ("3", "'=1+1")
    mended = out.read_bytes().replace("きのう".encode("cp932"), b"2001/2/3").replace(b",x,", b",,")
    assert counts(run("customers", file(mended))) == {
        "created": 2,
        "updated": 0,
        "unchanged": 0,
        "rejected": 0,
        "skipped": 1,
    }
    assert Customer.objects.get(code="3").name == "=1+1"
    assert Customer.objects.get(code="2").attributes == {}


def test_a_mapping_says_what_the_header_does_not(file):
    mapping = file(
        json.dumps({"header_row": None, "columns": {"0": "name", "1": "postal_code"}, "key": ["0", "1"]}), name="m.json"
    )
    result = run("customers", file("㈱あ,060-0001\n㈱い,060-0002\n"), "--mapping", mapping)
    assert counts(result) == {"created": 2, "updated": 0, "unchanged": 0, "rejected": 0, "skipped": 0}
    assert set(Customer.objects.values_list("code", flat=True)) == {"(株)あ/060-0001", "(株)い/060-0002"}


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "empty"), (b"PK\x03\x04aaaa", "workbook"), (b"a,b\n1,2\n", "customer_id"), (b"\xff\x00\xfe" * 9, "NUL")],
)
def test_a_refused_file_is_one_line_and_fails(file, content, words):
    with translation.override("en"), pytest.raises(CommandError) as refusal:
        run("purchases", file(content))
    assert words in str(refusal.value)
    assert "ファイル.csv" in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("mapping", ["{", "[]", '{"columns": {"x": "y"}}', '{"date_order": "?"}'])
def test_a_wrong_mapping_is_one_line(file, mapping):
    with pytest.raises(CommandError) as refusal:
        run("customers", file("id,name\n1,a\n"), "--mapping", file(mapping, name="m.json"))
    assert "\n" not in str(refusal.value)


def test_what_the_file_leaves_open_is_said_with_the_counts_or_refused(file):
    with translation.override("en"):
        result = run("purchases", file("顧客番号,注文日,金額\n1,2024/4/1,100\n"), "--create-customers")
        assert [note for note in result["notices"] if "does not say whether it includes tax" in note]
        with pytest.raises(CommandError, match="date_order"):
            run("purchases", file("顧客番号,注文日,金額\n1,01/02/2024,100\n"), "--create-customers")


def test_a_missing_file_and_an_unwritable_place_are_one_line(file):
    with pytest.raises(CommandError, match="no such file"):
        run("customers", "/nowhere.csv")
    with pytest.raises(CommandError, match="cannot be written"):
        run("customers", file("id,name\n1,\n"), "--rejects", "/nowhere/x.csv")


def test_without_json_it_says_a_sentence(file):
    out = io.StringIO()
    call_command("import_records", "customers", str(file("id,name\n1,a\n")), stdout=out)
    assert "1 created" in out.getvalue()


def test_a_file_left_by_a_killed_process_is_taken_up_again(file):
    from customers.importing import running

    path = file("id,name\n1,a\n")
    with running.open_file(path) as source:
        options = {"create_customers": False, "clear_empty": False}
        left = running.start(kind="customers", source=source, file_name="f", mapping={}, options=options, by=None)
    assert run("customers", path)["import_id"] == left.pk


def test_splitting_a_file_or_turning_it_round_changes_nothing_in_the_end(file):
    dice = random.Random(5)
    rows = [
        f"K{dice.randint(1, 5)},O{n},2024-01-{dice.randint(1, 28):02},{dice.randint(-50, 99)},P{dice.randint(1, 3)}"
        for n in range(60)
    ]
    header = "customer_id,order_id,purchased_at,amount,product\n"

    def end_of(*parts):
        Purchase.objects.all().delete()
        for part in parts:
            run("purchases", file(header + "\n".join(part) + "\n"), "--create-customers")
        return set(
            Purchase.objects.values_list("customer__code", "line_key", "amount", "purchased_on", "product__name")
        )

    whole = end_of(rows)
    assert len(whole) == 60
    assert whole == end_of(rows[:23], rows[23:]) == end_of(rows[::-1]) == end_of(rows, rows[10:30])


# --- real files -----------------------------------------------------------------------------------


def test_cdnow(sample_data):
    path = sample_data / "cdnow_sample_purchases.csv"
    assert counts(run("purchases", path, "--create-customers"))["created"] == 6919
    assert Customer.objects.count() == 2357
    assert sum(Purchase.objects.values_list("amount", flat=True)) == Decimal("244091.94")
    assert counts(run("purchases", path))["unchanged"] == 6919


def test_lines_of_the_online_retailer(sample_data, file):
    """The first 60,000 of 406,829: the whole file is timed in benchmarks/."""
    with lzma.open(sample_data / "online_retail_lines.csv.xz") as source:
        text = b"".join(next(source) for _ in range(60_001))
    assert counts(run("purchases", file(text), "--create-customers"))["created"] == 60_000


@pytest.mark.prove
def test_japanese_customers(sample_data):
    path = sample_data / "japan" / "customers_utf8bom.csv"
    result = run("customers", path)
    assert counts(result) == {"created": 21_971, "updated": 0, "unchanged": 0, "rejected": 0, "skipped": 1}
    assert result["encoding"] == "utf-8-sig"
    one = Customer.objects.get(code="CS021313000114")
    assert (one.name, str(one.birth_on), one.postal_code, one.kind) == (
        "大野 あや子",
        "1981-04-29",
        "2591113",
        "person",
    )
    assert (str(one.joined_on), one.attributes["gender"]) == ("2015-09-05", "女性")
    assert counts(run("customers", path))["unchanged"] == 21_971


@pytest.mark.prove
def test_japanese_companies_without_a_header(sample_data, file):
    columns = {
        "1": "kana",
        "2": "name",
        "3": "prefecture",
        "4": "city",
        "5": "street",
        "6": "building",
        "7": "postal_code",
    }
    columns |= {str(i): None for i in (0, 8, 9, 10, 11, 12)}
    mapping = file(json.dumps({"header_row": None, "columns": columns, "key": ["2", "7"]}), name="m.json")
    result = run("customers", sample_data / "japan" / "companies_cp932.csv", "--mapping", mapping)
    assert (result["rows"], result["rejected"], result["encoding"]) == (3000, 0, "cp932")
    one = Customer.objects.get(name="伊藤組土建 (株)")
    assert (one.kana, one.postal_code, one.kind) == ("イトウグミドケン カブシキガイシヤ", "0608554", "company")
    assert one.address == "北海道札幌市中央区北四条西4丁目1番地"
    assert one.sort_key.startswith("いとうくみとけん")


def _end_of(path, *mapping) -> str:
    try:
        counts(run("customers", path, *mapping))
    except CommandError as refusal:
        return "refused" if "\n" not in str(refusal) else f"refused with several lines: {path.name}"
    return "imported"


@pytest.mark.prove
def test_messy_files_end_in_an_import_or_in_one_sentence(sample_data, tmp_path):
    with tarfile.open(sample_data / "messy_csv.tar.xz") as archive:
        members = [m for m in archive if m.isfile() and m.name.endswith((".csv", ".tsv")) and m.size < 2_000_000]
        chosen = random.Random(3).sample(sorted(members, key=lambda m: m.name), MESSY)
        archive.extractall(tmp_path, members=chosen, filter="data")
    forced = tmp_path / "m.json"
    forced.write_text(json.dumps({"columns": {"0": "customer_id", "1": "name"}}))
    ends = {"imported": 0, "refused": 0}
    for member in chosen:
        for mapping in ([], ["--mapping", forced]):
            ends[_end_of(tmp_path / member.name, *mapping)] += 1
    assert ends["imported"] > MESSY / 4
    assert sum(ends.values()) == 2 * MESSY
