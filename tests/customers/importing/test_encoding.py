import pytest

from customers.importing.encoding import BLOCK, RefusedError, blocks, detect, encoded

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
        (b"id,name\n" + b"1,a\n" * 15 + b"2,\0\n", "Line 17 holds a NUL"),
        (b"\x1f\x8b" + bytes(100), "archive"),
        (b"<html><table><tr><td>1", "web page"),
        (b'<?xml version="1.0"?><Workbook>', "web page or XML"),
        (b"L\xe9on,Andr\xe9a\n" * 30, "Western"),
    ],
)
def test_what_is_no_text_is_refused_with_a_sentence(written, data, words):
    with pytest.raises(RefusedError, match=words):
        detect(written(data))


def test_a_chosen_encoding_is_checked_not_believed(written):
    path = written("番号,氏名\n1,髙橋\n".encode("cp932"))
    with pytest.raises(RefusedError, match="not in utf-8 throughout: line 1 "):
        detect(path, "utf-8")
    with pytest.raises(RefusedError, match="not an encoding"):
        detect(path, "klingon")
    assert detect(path, "CP932") == "cp932"


def test_a_few_broken_lines_do_not_hide_the_encoding(written):
    lines = ["番号,氏名"] + [f"{i},山田 はなこ{i}" for i in range(200)]
    for codec in ("utf-8", "cp932", "euc_jp"):
        data = "\n".join(lines).encode(codec) + b"\n9,\xff\xfd\n"
        path = written(data + "\n".join(lines).encode(codec))
        assert detect(path) == codec
        assert "".join(blocks(path, codec)).count("\ufffd") in {1, 2}


@pytest.mark.parametrize("other", ["utf-8", "euc_jp"])
def test_lines_in_another_encoding_refuse_a_cp932_file(written, other):
    data = "番号,氏名\n1,髙橋\n".encode("cp932") * 100 + "2,やまだたろう\n".encode(other)
    with pytest.raises(RefusedError, match="Line 201 is in another encoding"):
        detect(written(data), "cp932" if other == "utf-8" else None)


def test_lines_of_cp932_in_a_utf_8_file_are_marked(written):
    data = "番号,氏名\n1,髙橋\n".encode() * 100 + "2,山田\n".encode("cp932")
    path = written(data)
    assert detect(path) == "utf-8"
    assert "\ufffd" in "".join(blocks(path, "utf-8")).splitlines()[200]


def test_half_of_each_encoding_is_neither(written):
    half = "番号,氏名\n1,髙橋\n" * 50
    with pytest.raises(RefusedError, match="line 101"):
        detect(written(half.encode() + half.encode("cp932")), "utf-8")
    with pytest.raises(RefusedError, match=r"not recognised|another encoding"):
        detect(written(half.encode() + half.encode("cp932")))


def test_what_windows_adds_to_euc_jp_is_read_and_written(written):
    text = "番号,かな\n1,やまだ㈱\n2,すずき①\n"
    data = text.encode("euc_jp", errors="marked")
    path = written(data)
    assert detect(path) == "euc_jp"
    assert "".join(blocks(path, "euc_jp")) == text
    assert data.endswith(b"\xad\xa1\n")


def test_half_width_kana_that_are_also_utf_8_are_asked_about(written):
    data = "ﾃｱ,ﾄｵ\n".encode("cp932")  # as UTF-8: two Latin letters of their own
    data.decode("utf-8")
    with pytest.raises(RefusedError, match="CP932 or EUC-JP"):
        detect(written(data))
    assert detect(written("id,name\n1,René\n2,£5\n".encode())) == "utf-8"


def test_utf_16_full_of_wide_spaces_keeps_its_byte_order(written):
    text = "番号,氏名\n" + "1,山田　　　　　　　　　　　　　　　　　\n" * 20
    for codec in ("utf-16-le", "utf-16-be"):
        assert detect(written(text.encode(codec))) == codec


def test_a_western_file_is_read_when_a_person_says_so(written):
    path = written("id,name\n1,Léon\n".encode("cp1252"))
    assert "".join(blocks(path, detect(path, "cp1252"))) == "id,name\n1,Léon\n"


def test_what_an_encoding_cannot_write_is_a_question_mark():
    assert encoded("①😀", "euc_jp") == b"\xad\xa1?"
    assert encoded("山é", "cp932") == "山?".encode("cp932")
    assert encoded("山", "utf-8-sig") == "山".encode()
