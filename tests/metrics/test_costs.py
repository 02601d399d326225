"""Acquisition cost: what people type is understood, nothing typed is lost, nobody overwrites unseen."""

import datetime as dt
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import AuditEvent, Role
from metrics import costs
from metrics.models import AcquisitionCost
from tests import factories

from .conftest import NOW

APRIL = dt.date(2026, 4, 1)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("", None),
        (" – ", None),
        ("120000", 120_000),
        ("¥120,000", 120_000),
        ("￥１２０，０００", 120_000),
        ("120,000円", 120_000),
        ("12万", 120_000),
        ("1.5万円", 15_000),
        ("0", 0),
        ("1000.5", Decimal("1000.50")),
    ],
)
def test_amounts_as_people_type_them(text, amount):
    assert costs.amount_of(text) == amount


@pytest.mark.parametrize("text", ["abc", "-1", "▲500", "1.234", "9" * 40, "1e5", "１２a"])
def test_what_is_no_cost_says_so(text):
    with pytest.raises(ValueError, match=r"."):
        costs.amount_of(text)


@pytest.mark.parametrize(
    "text", ["2026-04", "2026/4", "2026年4月", "202604", "2026/04/01", "20260430", "令和8年4月", "R8.4", "２０２６／４"]
)
def test_months_as_people_type_them(text):
    assert costs.month_of(text) == APRIL


@pytest.mark.parametrize("text", ["", "2026", "2026-13", "4月", "0026-04", "2026-04-"])
def test_what_is_no_month_says_so(text):
    with pytest.raises(ValueError, match=r"."):
        costs.month_of(text)


def test_lines_of_a_sheet_or_a_file():
    found, faults = costs.lines_of('月,流入元,費用\n2026/4,展示会,¥300,000\n2026/4,,"1,000"\n\n2026/5\t広告\t2万\n')
    assert faults == []
    assert found == {(APRIL, "展示会"): 300_000, (APRIL, ""): 1_000, (dt.date(2026, 5, 1), "広告"): 20_000}


def test_what_is_wrong_stands_at_its_line():
    found, faults = costs.lines_of("2026/4,展示会,100\n2026/4,展示会,200\n2026/4,広告\nx,広告,1\n2026/4,広告,\n")
    assert [(fault.line, fault.text) for fault in faults] == [
        (2, "2026/4,展示会,200"),
        (3, "2026/4,広告"),
        (4, "x,広告,1"),
        (5, "2026/4,広告,"),
    ]
    assert list(found) == [(APRIL, "展示会")]


@pytest.fixture
def manager(signed_in, db):
    return signed_in(factories.user(role=Role.MANAGER))


def _sheet(**cells):
    return {"to": "2026-04", "way": ["展示会"], **cells}


def _typed(client, **cells):
    return client.post("/metrics/payback/costs/", _sheet(**{name.replace("_", "-"): v for name, v in cells.items()}))


def test_a_sheet_is_saved_and_recorded(manager):
    answer = _typed(manager, c_2026_04_1="３０万", o_2026_04_1="", c_2026_03_0="500", o_2026_03_0="")
    assert answer.status_code == 302
    assert costs.entered() == {(APRIL, "展示会"): 300_000, (dt.date(2026, 3, 1), ""): 500}
    event = AuditEvent.objects.get(action="acquisition_costs_changed")
    assert event.detail["count"] == 2
    _typed(manager, c_2026_04_1="", o_2026_04_1="300,000")
    assert list(costs.entered()) == [(dt.date(2026, 3, 1), "")], "an emptied field takes the cost away"


def test_a_fault_saves_nothing_and_loses_nothing(manager):
    answer = _typed(manager, c_2026_04_1="三十万", c_2026_03_1="100")
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "三十万" in page
    assert 'value="100"' in page
    assert costs.entered() == {}


def test_two_at_once_do_not_overwrite_unseen(manager):
    AcquisitionCost.objects.create(month=APRIL, via="展示会", amount=700, set_at=NOW)
    answer = _typed(manager, c_2026_04_1="500", o_2026_04_1="")
    assert answer.status_code == 422
    assert costs.entered()[APRIL, "展示会"] == 700
    again = _typed(manager, c_2026_04_1="500", o_2026_04_1="700")
    assert (again.status_code, costs.entered()[APRIL, "展示会"]) == (302, 500)


def test_another_column_keeps_what_was_typed(manager):
    page = manager.post(
        "/metrics/payback/costs/", _sheet(add="1", new="紹介", **{"c-2026-04-1": "42"})
    ).content.decode()
    assert "紹介" in page
    assert 'value="42"' in page


def test_lines_are_taken_all_or_none(manager):
    bad = manager.post("/metrics/payback/costs/paste/", {"lines": "2026/4,展示会,1\n2026/4,広告,?", "to": "2026-04"})
    assert bad.status_code == 422
    assert "2026/4,広告,?" in bad.content.decode()
    assert costs.entered() == {}
    file = SimpleUploadedFile("c.csv", "年月,流入元,費用\n2026/4,展示会,12万\n".encode("cp932"))
    assert manager.post("/metrics/payback/costs/paste/", {"file": file}).status_code == 302
    assert costs.entered() == {(APRIL, "展示会"): 120_000}
    back = manager.get("/metrics/payback/costs/file/").content.decode("utf-8-sig")
    assert costs.lines_of(back) == (costs.entered(), [])


def test_staff_may_read_payback_and_not_enter_cost(signed_in, night):
    staff = signed_in(factories.user(role=Role.CS))
    assert staff.get("/metrics/payback/").status_code == 200
    assert staff.get("/metrics/payback/costs/").status_code == 403
