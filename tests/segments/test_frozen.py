"""Frozen segments: who the lines are, what is asked instead of guessed, and who stays in them."""

import datetime as dt
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import Workbook

from accounts.models import AuditEvent
from customers import merging, searching
from customers.models import Contact, CustomerCode
from segments import frozen, frozen_lines, membership
from segments.models import FrozenLine, FrozenList, Membership, Segment
from tests import factories

TODAY = dt.date(2026, 6, 30)
NOW = dt.datetime(2026, 6, 30, 3, tzinfo=dt.UTC)


def somebody(code: str, name: str, email: str = "", **fields):
    who = factories.customer(code, name=name, **fields)
    Contact.objects.create(customer=who, is_primary=True, email=email)
    searching.refresh([who.pk])
    return who


def draft(text: str, by=None) -> FrozenList:
    source = FrozenList.Source.PASTED
    return frozen.draft(lines=frozen.pasted(text), source=source, by=by or factories.user(), now=NOW)


def saved(text: str) -> Segment:
    made = draft(text)
    return frozen.save(made=made, name="招待客", by=made.made_by, now=NOW)


def codes(segment: Segment) -> list[str]:
    inside = segment.memberships.filter(left_on=None)
    return list(inside.order_by("customer__code").values_list("customer__code", flat=True))


# --- reading -------------------------------------------------------------------------------


def test_pasted_lines_may_be_anything():
    text = 'C1\n\n  "C2" \nC3\t青空商事\n\tC4\n山田 <y@example.jp>\na@example.jp, b@example.jp\n(株)青空、本社\n'
    assert list(frozen.pasted(text)) == [
        (1, "C1"),
        (3, "C2"),
        (4, "C3"),
        (5, "C4"),
        (6, "y@example.jp"),
        (7, "a@example.jp"),
        (7, "b@example.jp"),
        (8, "(株)青空、本社"),
    ]


def test_of_a_file_the_column_that_tells_who_it_is_counts():
    text = "会社名,顧客コード,メールアドレス\n青空商事,C1,a@example.jp\n海山物産,,b@example.jp\n川口屋,,\n"
    assert frozen.uploaded(io.BytesIO(text.encode("cp932")), "客.csv") == [
        (2, "C1"),
        (3, "b@example.jp"),
        (4, "川口屋"),
    ]


def test_a_workbook_and_a_file_without_a_known_header():
    book, file = Workbook(), io.BytesIO()
    for row in (["番号", "備考"], ["C1", "x"], ["C2", "y"]):
        book.active.append(row)
    book.save(file)
    file.seek(0)
    assert [text for _line, text in frozen.uploaded(file, "a.xlsx")][-2:] == ["C1", "C2"]
    with pytest.raises(frozen.ListError):
        frozen.uploaded(io.BytesIO(b"\x89PNG\r\n\x1a\n\0\0\0"), "a.png")


# --- matching ------------------------------------------------------------------------------


@pytest.mark.django_db
def test_codes_addresses_and_names_find_whom_they_mean():
    somebody("C1", "株式会社青空商事", "sora@example.jp", kana="アオゾラショウジ")
    somebody("C2", "海山物産", "umi@example.jp")
    CustomerCode.objects.create(customer=somebody("C3", "川口屋"), source="shop", code="S-9")
    made = draft("Ｃ１\n㈱青空商事\nあおぞらしょうじ\nUMI@example.jp\n海山 物産 様\nS-9\n誰でもない\n")
    found = list(made.lines.order_by("nth").values_list("customer__code", "how"))
    assert found == [
        ("C1", "code"),
        ("C1", "name"),
        ("C1", "name"),
        ("C2", "email"),
        ("C2", "name"),
        ("C3", "code"),
        (None, ""),
    ]
    assert frozen_lines.outcome(made) == frozen_lines.Outcome(7, 6, 3, 0, 1)
    assert list(frozen_lines.missing_rows(made)) == [(7, "誰でもない")]


@pytest.mark.django_db
def test_several_who_fit_are_asked_about_and_so_is_a_code_written_otherwise():
    one, other = somebody("C1", "山田太郎", "x@example.jp"), somebody("C2", "山田太郎", "x@example.jp")
    zeros = somebody("0042", "海山物産")
    made = draft("山田太郎\nx@example.jp\n42\nc1\n")
    doubts, more = frozen_lines.doubts(made)
    assert [[who.pk for who in doubt.candidates] for doubt in doubts] == [[one.pk, other.pk]] * 2 + [
        [zeros.pk],
        [one.pk],
    ]
    assert more is None
    first, second, third, _fourth = (doubt.line for doubt in doubts)
    choices = {first.pk: other.pk, second.pk: zeros.pk, third.pk: zeros.pk}  # the second is none of its candidates
    assert frozen.choose(made=made, choices=choices) == 2
    segment = frozen.save(made=made, name="x", by=made.made_by, now=NOW)
    assert codes(segment) == ["0042", "C2"]


@pytest.mark.django_db
def test_who_was_merged_is_found_by_his_old_code_and_who_is_archived_is_nobody():
    stands, merged, gone = somebody("C1", "一"), somebody("C2", "二"), somebody("C3", "三")
    merging.merge(winner=stands, loser=merged, by=factories.user(role="manager"), now=NOW)
    type(gone).objects.filter(pk=gone.pk).update(archived_at=NOW)
    made = draft("C2\nC3")
    assert list(made.lines.order_by("nth").values_list("customer__code", flat=True)) == ["C1", None]


@pytest.mark.django_db
def test_no_number_of_lines_asks_more_often():
    for n in range(6):
        somebody(f"C{n}", f"客{n}")
    saved("C0")  # the settings are read once
    counts = []
    for text in ("C1", "\n".join(f"C{n}" for n in range(6))):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            saved(text)
        counts.append(len(queries))
    assert counts[0] == counts[1]


# --- saving and staying --------------------------------------------------------------------


@pytest.mark.django_db
def test_saving_keeps_who_made_it_when_and_from_what_but_no_stranger():
    somebody("C1", "一")
    segment = saved("C1\nC1\n他社 太郎\n")
    made = segment.frozen_list
    assert (segment.is_frozen, segment.member_count, segment.as_of, segment.state) == (True, 1, TODAY, "fresh")
    assert (made.line_count, made.made_at, segment.created_by) == (3, NOW, made.made_by)
    assert [line.text for line in FrozenLine.objects.all()] == ["C1", "C1"]
    assert "2026/06/30" in frozen_lines.words(segment)
    assert AuditEvent.objects.get(action="segment.frozen").detail == {"lines": 3, "members": 1}
    assert frozen.save(made=made, name="again", by=made.made_by, now=NOW) == segment


@pytest.mark.django_db
def test_nobody_at_all_is_no_segment():
    with pytest.raises(frozen.ListError):
        saved("誰でもない")
    with pytest.raises(frozen.ListError):
        draft(" \n\n")
    with pytest.raises(frozen.ListError):
        frozen.draft(lines=[(1, "x")] * 100_001, source="pasted", by=factories.user(), now=NOW)
    assert not Segment.objects.exists()


@pytest.mark.django_db
def test_the_night_leaves_members_but_follows_a_merge_and_its_undoing():
    a, b, c = (somebody(code, code) for code in ("C1", "C2", "C3"))
    segment = saved("C1\nC2")
    boss, tomorrow = factories.user(role="manager"), TODAY + dt.timedelta(days=1)
    merge = merging.merge(winner=c, loser=b, by=boss, now=NOW)
    assert membership.refresh_all(as_of=tomorrow, now=NOW)[segment.slug] == 2
    assert codes(segment) == ["C1", "C3"]
    merging.undo(merge=merge, by=boss, now=NOW)
    membership.refresh_all(as_of=tomorrow + dt.timedelta(days=1), now=NOW)
    assert codes(segment) == ["C1", "C2"]
    assert Membership.objects.get(segment=segment, customer=a).entered_on == TODAY


@pytest.mark.django_db
def test_a_copy_keeps_those_who_are_in_it_today():
    here, gone = somebody("C1", "一"), somebody("C2", "二")
    dynamic = Segment.objects.create(slug="x", name="動く", rule={})
    Membership.objects.create(segment=dynamic, customer=here, entered_on=TODAY)
    Membership.objects.create(segment=dynamic, customer=gone, entered_on=TODAY, left_on=TODAY)
    segment = frozen.copy(segment=dynamic, name="写し", by=factories.user(), now=NOW)
    assert codes(segment) == ["C1"]
    assert segment.frozen_list.copied_from == "動く"
    with pytest.raises(frozen.ListError):
        frozen.copy(segment=Segment.objects.create(slug="y", name="空", rule={}), name="x", by=None, now=NOW)


@pytest.mark.django_db
def test_customers_are_added_and_taken_out_by_code():
    for code in ("C1", "C2", "C3"):
        somebody(code, "同じ名" if code != "C1" else "一")
    segment, by = saved("C1\nC2"), factories.user()
    assert frozen.add(segment=segment, text="C3\nC1\n同じ名\n知らない", by=by, now=NOW) == (1, ["同じ名", "知らない"])
    assert codes(segment) == ["C1", "C2", "C3"]
    assert frozen.remove(segment=segment, text="C1\nC9", by=by, now=NOW) == (1, ["C9"])
    assert codes(segment) == ["C2", "C3"]
    assert segment.member_count == 2


@pytest.mark.django_db
def test_a_draft_nobody_saved_is_let_go():
    somebody("C1", "一")
    old = draft("C1")
    FrozenList.objects.update(made_at=NOW - dt.timedelta(days=3))
    draft("C1")
    assert not FrozenList.objects.filter(pk=old.pk).exists()
    assert FrozenLine.objects.count() == 1
