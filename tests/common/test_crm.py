"""How figures, days and names are written."""

import datetime as dt
from decimal import Decimal

import pytest
from django.template import Context, Template
from django.test import RequestFactory

from common.templatetags import crm


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1234567, "¥1,234,567"),
        (Decimal("0.5"), "¥1"),
        (Decimal("-0.4"), "¥0"),
        (Decimal("-1234.5"), "−¥1,235"),
        (0, "¥0"),
        (None, "–"),
        ("", "–"),
    ],
)
def test_money_is_whole_yen(value, text):
    assert crm.money(value) == text


def test_figures_are_grouped_and_nothing_is_a_dash():
    assert crm.number(12345) == "12,345"
    assert crm.decimal(1234.567, 2) == "1,234.57"
    assert crm.percent(4.649) == "4.6%"
    assert crm.share(0.455) == "46%"
    assert [write(None) for write in (crm.number, crm.decimal, crm.percent, crm.share, crm.day)] == ["–"] * 5


def test_a_day_is_written_the_japanese_way():
    assert crm.day(dt.date(2026, 3, 1)) == "2026/03/01"


@pytest.mark.parametrize(
    ("name", "letter"),
    [
        ("株式会社青空商事", "青"),
        ("（株）海", "海"),
        ("佐藤 美咲", "佐"),
        ("smith", "S"),
        ("株式会社", "株"),
        ("", "?"),
    ],
)
def test_the_circle_holds_the_first_letter_of_the_bare_name(name, letter):
    assert crm.initial(name) == letter


def test_an_icon_is_inlined_for_eyes_only():
    svg = Template('{% icon "users" "big" %}').render(Context())
    assert svg.startswith('<svg class="icon big"')
    assert 'aria-hidden="true"' in svg
    assert "style" not in svg


def test_an_unknown_icon_is_an_error_and_not_a_hole():
    with pytest.raises(FileNotFoundError):
        Template('{% icon "no-such-icon" %}').render(Context())


@pytest.mark.parametrize(("path", "is_here"), [("/users/", True), ("/users/3/", True), ("/settings/", False)])
def test_the_menu_marks_where_one_is(path, is_here):
    link = Template('{% nav_link "accounts:users" "users" "People" %}')
    html = link.render(Context({"request": RequestFactory().get(path)}))
    assert ('aria-current="page"' in html) == is_here
    assert 'href="/users/"' in html


def test_the_menu_leaves_out_what_has_an_entry_of_its_own():
    link = Template('{% nav_link "accounts:users" "users" "People" outside="/users/new/" %}')
    assert "aria-current" not in link.render(Context({"request": RequestFactory().get("/users/new/")}))
