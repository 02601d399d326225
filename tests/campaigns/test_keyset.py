"""Pages by keyset hold every row once, forwards and backwards, also where many rows are equal in the order."""

from urllib.parse import parse_qsl

import pytest
from django.http import QueryDict

from campaigns import keyset
from customers.models import Customer

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(db) -> list[Customer]:
    return [Customer.objects.create(code=f"C{n}", name="人", sort_key="あ" if n % 3 else "い") for n in range(7)]


def read(by: tuple[str, ...], **params) -> keyset.Page:
    return keyset.page(Customer.objects.all(), {"q": "x"} | params, by=by, size=3)


def params(url: str) -> dict[str, str]:
    return dict(parse_qsl(url.removeprefix("?")))


@pytest.mark.parametrize("by", [("pk",), ("sort_key", "pk"), ("-sort_key", "-pk")])
def test_every_row_once_in_both_directions(people, by):
    expected = [one.pk for one in Customer.objects.order_by(*by)]
    first = read(by)
    second = read(by, **params(first.next_url))
    third = read(by, **params(second.next_url))
    assert [one.pk for page in (first, second, third) for one in page.rows] == expected
    assert (first.prev_url, third.next_url) == ("", "")
    assert [one.pk for one in read(by, **params(third.prev_url)).rows] == expected[3:6]
    back = read(by, **params(second.prev_url))
    assert ([one.pk for one in back.rows], back.prev_url) == (expected[:3], "")


def test_other_parameters_stay_and_a_row_that_is_gone_leads_to_the_first_page(people):
    assert params(read(("pk",)).next_url)["q"] == "x"
    for nonsense in ("999999", "x", "²", "-1", ""):
        assert [one.pk for one in read(("pk",), after=nonsense).rows] == [one.pk for one in people[:3]]


def test_the_count_ends_where_counting_gets_dear(people, monkeypatch):
    monkeypatch.setattr(keyset, "COUNT_TO", 5)
    page = keyset.page(Customer.objects.all(), QueryDict("").dict())
    assert (page.count, page.is_capped) == (5, True)
