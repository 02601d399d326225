"""The month as a report: figures worked out by hand, and the same on the page, the PDF, the workbook."""

import datetime as dt
import io
from decimal import Decimal

import openpyxl
import pypdf
import pytest
from django.db import transaction
from django.utils import translation

from accounts.models import Role
from customers.models import Customer
from metrics import monthly, rollups
from metrics.models import Closing, KeptReport, MovementRollup
from metrics.monthly import book, drawing, facts, fonts, pdf, shape
from metrics.periods import named
from scores import scoring
from tests import factories

from .conftest import NOW, TODAY, found_company

ALL = monthly.Readers()


@pytest.fixture(scope="module")
def nights(django_db_setup, django_db_blocker):
    """The nights of 31 May and 1 July have been, once for all tests here. B is lost in May, nobody in June."""
    with django_db_blocker.unblock(), transaction.atomic(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(rollups, "SNAPSHOTS_BACK", 0)
        company = found_company()
        for day in (dt.date(2026, 5, 31), TODAY):
            scoring.compute(as_of=day, now=NOW)
        rollups.fill(as_of=TODAY, now=NOW)
        yield company
        transaction.set_rollback(True)


@pytest.fixture
def closed_months(nights, db):
    """What a test changes is gone after it."""
    return nights


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


def report(code, readers=ALL):
    return monthly.build(named(code), today=TODAY, readers=readers)


def section(found, key):
    return next(one for one in found.sections if one.key == key)


def table(found, key):
    return next(one for part in found.sections for one in part.tables if one.key == key)


def figure(found, key):
    return next(one for part in found.sections for one in part.figures if one.key == key)


def rename(who, name):
    Customer.objects.filter(pk=who.pk).update(name=name)


def test_a_month_in_words_and_figures(closed_months):
    """May: A, B, C at the start, B lost (33.3 %); April had nobody lost of two."""
    may = report("2026-05")
    assert may.is_complete
    assert may.state == "Not closed"
    assert figure(may, "churn").value == pytest.approx(100 / 3)
    assert figure(may, "churn").change == "+33.3pt"
    assert figure(may, "churn").look == "bad"
    assert may.summary.sentences[0] == (
        "Churn rate was 33.3%: of 3 customers at the start of the month 1 were lost. "
        "33.3 points worse than the month before (0.0%)."
    )
    # 1,000 from December on is six months in May; 2,000 for five; 3,000 × 17/31 and two whole ones.
    assert figure(may, "ltv_historic").value == Decimal("6000") + 10000 + Decimal("6000") + round(
        Decimal(3000) * 17 / 31, 2
    )


def test_the_lost_have_names_reasons_and_what_they_had_brought(closed_months):
    may = report("2026-05")
    (row,) = table(may, "lost").rows
    assert row == ("備前工業", "B", "鈴木", dt.date(2026, 5, 30), "価格", "X社", Decimal(10000))
    assert table(may, "lost").links == (f"/customers/{closed_months.b.pk}/",)
    assert table(may, "reasons").rows == (("価格", 1, Decimal(10000)),)
    assert "The reason named most is “価格” (1 of 1 with a reason written down)." in may.summary.sentences
    june = section(report("2026-06"), "lost")
    assert june.empty == "Nobody was lost in this month."


def test_a_month_that_runs_says_so_and_has_no_rate(closed_months):
    july = report("2026-07")
    assert not july.is_complete
    assert july.state == "Not over yet: figures up to 2026/07/01"
    assert next(one.key for one in july.summary.figures) == "active"
    assert section(july, "lost").empty == "To be read once the month is over."


def test_a_month_nobody_computed_is_a_page_all_the_same(db):
    empty = report("2020-02")
    assert empty.as_of is None
    assert empty.summary.empty
    assert pdf.render(empty).startswith(b"%PDF")
    assert book.render(empty)


def test_who_may_see_one_owner_only_sees_that_one(closed_months):
    everybody, own = report("2026-05"), report("2026-05", monthly.Readers(owner=closed_months.sato.pk))
    assert [row[0] for row in table(everybody, "churn-owner").rows] == ["鈴木", "佐藤"]
    assert [row[0] for row in table(own, "churn-owner").rows] == ["佐藤"]


def test_a_closed_month_says_who_and_when(closed_months):
    boss = factories.user(role=Role.MANAGER, name="部長")
    Closing.objects.create(month="2026-05-01", figures={}, by=boss, closed_at=NOW)
    assert report("2026-05").state == "Closed (部長, 2026/07/01 09:00)"


def test_revenue_as_in_the_definition(closed_months):
    """PRODUCT.md §1: start 1,000, new 200, expansion 150, contraction 50, churned 100, reactivated 80 → 1,280."""
    MovementRollup.objects.all().delete()
    sums = {"new": 200, "reactivated": 80, "expansion": 150, "contraction": 50, "churned": 100, "paused": 0}
    MovementRollup.objects.create(first="2026-05-01", months=1, customers=1, at_start=1000, at_end=1280, **sums)
    may = report("2026-05")
    assert (figure(may, "nrr").written, figure(may, "grr").written) == ("100.0%", "85.0%")
    assert table(may, "revenue").written == [
        ["May 2026", "¥1,000", "¥200", "¥80", "¥150", "−¥50", "−¥100", "¥1,280", "100.0%", "85.0%"]
    ]


@pytest.mark.parametrize("language", ["ja", "en"])
def test_page_pdf_and_workbook_say_the_same(closed_months, signed_in, language):
    boss = factories.user(role=Role.MANAGER, language=language)
    translation.activate(language)
    found = report("2026-05")
    page = signed_in(boss).get("/metrics/report/2026-05/").content.decode()
    client = signed_in(boss)
    file = pypdf.PdfReader(io.BytesIO(client.get("/metrics/report/2026-05/pdf/").content))
    paper = "".join(one.extract_text() for one in file.pages).replace("\n", "")
    sheets = openpyxl.load_workbook(io.BytesIO(client.get("/metrics/report/2026-05/xlsx/").content))
    values = {
        str(cell.value) for sheet in sheets for row in sheet.iter_rows() for cell in row if cell.value is not None
    }
    for one in found.summary.figures:
        assert one.written in page
        assert one.written.replace(" ", "") in paper.replace(" ", "")
        assert one.written in values
    for part in found.sections:
        for one in part.tables:
            for line in one.written:
                assert all(text.replace(" ", "") in paper.replace(" ", "") for text in line if one.key != "definitions")
    cell = next(c for row in sheets.worksheets[1].iter_rows() for c in row if c.value == pytest.approx(1 / 3))
    assert cell.number_format == "0.0%"
    assert file.metadata.title == found.title
    assert file.root_object["/Lang"] == language


def test_the_workbook_has_charts_and_no_formula(closed_months):
    rename(closed_months.b, "=1+1" + "長" * 190)
    sheets = openpyxl.load_workbook(io.BytesIO(book.render(report("2026-05"))))
    assert sum(len(sheet._charts) for sheet in sheets) >= 3
    assert {cell.data_type for sheet in sheets for row in sheet.iter_rows() for cell in row} <= {
        "n",
        "s",
        "d",
        "inlineStr",
    }
    lost = sheets["Customers lost"]
    assert lost.freeze_panes == "B4"
    assert lost["A4"].value.startswith("'=1+1長")


def test_a_long_name_wraps_and_an_emoji_becomes_a_mark(closed_months):
    rename(closed_months.b, "😀" + "長い社名" * 40)
    paper = pypdf.PdfReader(io.BytesIO(pdf.render(report("2026-05"))))
    text = "".join(one.extract_text() for one in paper.pages)
    assert text.replace("\n", "").count("長い社名") == 40
    assert "〓" in text


def test_the_night_makes_only_what_is_missing_or_differs(closed_months):
    codes = facts.months()
    assert codes == ["2026-07", "2026-06", "2026-05", "2026-04", "2026-03", "2026-02", "2026-01", "2025-12"]
    assert facts.keep(as_of=TODAY, now=NOW) == 2  # the month that runs and the one before
    KeptReport.objects.filter(name="month", by="2026-02").delete()
    assert facts.keep(as_of=TODAY, now=NOW) == 3
    factories.configure(inactivity_days=90)
    assert facts.keep(as_of=TODAY, now=NOW) == 8
    assert facts.keep(as_of=TODAY - dt.timedelta(1), now=NOW) == 0  # not the day of the scores


@pytest.mark.parametrize("code", ["2026-13", "2026-Q1", "nothing"])
def test_there_is_no_such_month(signed_in, db, code):
    client = signed_in(factories.user(role=Role.ADMIN))
    assert client.get(f"/metrics/report/{code}/").status_code == 404


def test_the_first_address_leads_to_the_last_month_that_is_over(closed_months, signed_in):
    client = signed_in(closed_months.sato)
    assert client.get("/metrics/report/").url == "/metrics/report/2026-06/"
    assert client.get("/metrics/report/?month=2026-03").url == "/metrics/report/2026-03/"
    assert client.get("/metrics/report/2019-01/pdf/").status_code == 404


@pytest.mark.parametrize(
    ("now", "before", "unit", "words"),
    [
        (5.2, 7.7, "percent", "−2.5pt"),
        (5.04, 4.96, "percent", "±0.0pt"),
        (110, 100, "money", "+10.0%"),
        (3, 0, "people", ""),
        (None, 3, "people", ""),
    ],
)
def test_changes_are_written_as_people_say_them(now, before, unit, words):
    assert shape.change(now, before, unit) == words


def test_what_is_good_depends_on_the_figure():
    assert [shape.look(words, "down") for words in ("+1.0pt", "−1.0pt", "±0.0pt")] == ["bad", "good", "flat"]
    assert shape.look("+3.0%", "up") == "good"
    assert shape.look("+3.0%", "") == "flat"


@pytest.mark.parametrize(
    ("low", "high", "marks"),
    [
        (0, 8.8, [0, 2.5, 5, 7.5, 10]),
        (0, 0, [0, 0.25]),
        (-230, 40, [-300, -200, -100, 0, 100]),
        (0, 1, [0, 0.25, 0.5, 0.75, 1]),
    ],
)
def test_axes_have_round_figures(low, high, marks):
    assert drawing.ticks(low, high)[: len(marks)] == marks


def test_axes_say_large_figures_the_short_way():
    with translation.override("ja"):
        assert [drawing.short(v, "money") for v in (150_000_000, -20_000, 500)] == ["¥1.5億", "−¥2万", "¥500"]
    with translation.override("en"):
        assert drawing.short(1_500_000, "money") == "¥1.5M"


def test_where_the_font_is_missing_the_readers_own_serves(settings, tmp_path):
    settings.BASE_DIR = tmp_path
    for one in (fonts.regular, fonts.bold, fonts._known):
        one.cache_clear()
    try:
        assert fonts.regular() == fonts.READERS_OWN
        assert fonts.printable("髙😀\u200b\t") == "髙〓 "
    finally:
        for one in (fonts.regular, fonts.bold, fonts._known):
            one.cache_clear()


def test_each_table_is_a_file_too(closed_months, signed_in):
    client = signed_in(factories.user(role=Role.MANAGER, language="en"))
    text = client.get("/metrics/report/2026-05/tables/lost/").content.decode("utf-8-sig").splitlines()
    assert text == [
        "Customer,Code,Owner,Last active day,Reason,Competitor,Historic LTV",
        "備前工業,B,鈴木,2026-05-30,価格,X社,10000.00",
    ]
    answer = client.get("/metrics/report/2026-05/tables/churn-months/?form=xlsx")
    (first, may, *_rest) = openpyxl.load_workbook(io.BytesIO(answer.content)).active.iter_rows(values_only=True)
    assert first[:3] == ("Period", "At the start", "Lost")
    assert may[:3] == ("May 2026", 3, 1)
    assert client.get("/metrics/report/2026-05/tables/nothing/").status_code == 404


def test_a_named_report_is_a_workbook_where_one_asks_for_it(closed_months, signed_in):
    client = signed_in(factories.user(role=Role.MANAGER, language="en"))
    answer = client.get("/metrics/csv/churn/?by=industry&form=xlsx")
    assert answer["Content-Disposition"] == 'attachment; filename="churn.xlsx"'
    rows = list(openpyxl.load_workbook(io.BytesIO(answer.content)).active.iter_rows(values_only=True))
    text = client.get("/metrics/csv/churn/?by=industry").content.decode("utf-8-sig").splitlines()
    assert len(rows) == len(text)
    assert ",".join(rows[0]) == text[0]
    assert client.get("/metrics/csv/churn/?by=nonsense&from=x&to=2026-01-01&period=century").status_code == 200
    assert client.get("/metrics/csv/model/").status_code == 404
