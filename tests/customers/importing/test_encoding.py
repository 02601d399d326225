import pytest

from customers.importing.encoding import BLOCK, RefusedError, blocks, detect

TEXT = "顧客番号,氏名,住所\r\n1,髙橋 一郎,東京都千代田区１－２\r\n2,ﾔﾏﾀﾞ ㈱,さいたま市\r\n"


@pytest.fixture
def written(tmp_path):
    def write(data: bytes):
        path = tmp_path / "ファイル 1.csv"
        path.write_bytes(data)
        return path

    return write


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16", "utf-16-le", "utf-16-be"])
def test_an_encoding_is_found(written, encoding):
    path = written(TEXT.encode(encoding))
    assert detect(path) == encoding
    assert "".join(blocks(path, encoding)) == TEXT.replace("\r\n", "\n")


def test_euc_jp_is_told_from_half_width_kana(written):
    text = "顧客番号,氏名\n1,やまだ たろう\n2,サイトウ ハナコ\n"
    assert detect(written(text.encode("euc_jp"))) == "euc_jp"


def test_iso_2022_jp_is_found_by_its_escapes(written):
    assert detect(written("番号,氏名\n1,山田\n".encode("iso2022_jp"))) == "iso2022_jp"


def test_the_whole_file_is_looked_at_not_only_its_beginning(written):
    data = b"id,name\n" + b"1,abc\n" * (BLOCK // 3) + "2,髙橋\n".encode("cp932")
    assert detect(written(data)) == "cp932"


def test_what_two_encodings_fit_equally_is_asked(written):
    data = "ｱﾘﾏｼ,ｲﾄｳﾅ\n".encode("cp932")  # read as EUC-JP these bytes are kanji
    with pytest.raises(RefusedError, match="CP932 or EUC-JP"):
        detect(written(data))
    assert detect(written(data), "Shift_JIS") == "cp932"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"\n \n", "empty"),
        (b"PK\x03\x04" + bytes(100), "workbook"),
        (b"\xd0\xcf\x11\xe0" + bytes(100), "workbook"),
        (b"id,name\n1,a\0b\n", "NUL"),
        (bytes(range(256)) * 4, "NUL"),
        (b"\xff\xfe\x00\x00a\x00\x00\x00", "UTF-32"),
        (b"id,name\n1,\x80\xff\xfe\n", "not recognised"),
        (b"id,name\n" + b"1,a\n" * 5000 + b"2,\0\n", "Line 5002"),
    ],
)
def test_what_is_no_text_is_refused_with_a_sentence(written, data, words):
    with pytest.raises(RefusedError, match=words):
        detect(written(data))


def test_a_chosen_encoding_is_checked_not_believed(written):
    path = written("番号,氏名\n1,髙橋\n".encode("cp932"))
    with pytest.raises(RefusedError, match="not in utf-8: after line 1"):
        detect(path, "utf-8")
    with pytest.raises(RefusedError, match="not an encoding"):
        detect(path, "klingon")
    assert detect(path, "CP932") == "cp932"
