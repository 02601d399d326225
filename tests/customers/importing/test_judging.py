"""What only the whole file can say."""

import pytest

from customers.importing import columns, judging, reading

HEADER = "会員ID,氏名,メール,入会日,メルマガ可否\n"


@pytest.fixture
def judged(tmp_path):
    def judge(rows, header=HEADER, **given):
        path = tmp_path / "f.csv"
        path.write_text(header + rows, encoding="utf-8")
        layout = reading.layout_of(path, "customers")
        mapping = columns.guess("customers", layout.header, given)
        found = judging.judge(path, layout, mapping)
        return found, judging.settle(mapping, found)

    return judge


@pytest.mark.parametrize(
    ("values", "direction"),
    [
        (["可", "不可", ""], "positive"),
        (["希望する", "希望しない"], "positive"),
        (["可", "1"], "unclear"),
        (["○", "×"], "unclear"),
        (["1", "0"], "unclear"),
        (["", ""], "unclear"),
    ],
)
def test_values_that_speak_for_themselves_leave_nothing_to_ask(judged, values, direction):
    rows = "".join(f"{number},あ,a{number}@example.jp,,{value}\n" for number, value in enumerate(values))
    _found, mapping = judged(rows)
    assert mapping.consents == {4: direction}


def test_a_file_without_such_dates_and_columns_is_not_looked_at(judged):
    found, _mapping = judged("1,あ,a@example.jp,2024/4/1\n", "会員ID,氏名,メール,入会日\n")
    assert found == {}


def test_dates_in_other_columns_are_no_matter(judged):
    found, mapping = judged("1,あ,a@example.jp,2024/4/1,01/02/2024\n", "会員ID,氏名,メール,入会日,備考\n")
    assert (found.get("date_order"), mapping.asks) == (None, ())


def test_full_width_dates_count_too(judged):
    _found, mapping = judged("1,あ,,２５／０４／２０２４,可\n2,い,,03/04/2024,可\n")
    assert mapping.date_order == "DMY"


def test_the_question_names_the_column_and_an_example(judged):
    _found, mapping = judged("1,あ,,01/02/2024,可\n")
    [ask] = mapping.asks
    assert (ask.about, ask.header, ask.choices, ask.example) == ("date_order", "入会日", ("DMY", "MDY"), "01/02/2024")


def test_a_given_order_is_not_judged(judged):
    found, mapping = judged("1,あ,,25/04/2024,可\n", date_order="MDY")
    assert "date_order" not in found
    assert mapping.date_order == "MDY"


def test_two_columns_of_days_are_judged_as_one_file(judged):
    header = "会員ID,氏名,入会日,生年月日\n"
    _found, mapping = judged("1,あ,01/02/2024,25/12/1980\n2,い,03/04/2024,01/01/1990\n", header)
    assert mapping.date_order == "DMY"
