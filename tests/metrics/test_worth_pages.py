"""The pages of LTV, payback and repeat buying, and the customers behind each figure."""

import re

import pytest

from accounts.models import Role
from metrics import rollups
from tests import factories
from tests.remembering import again

from .conftest import after_a_night, found_company

pytestmark = pytest.mark.django_db
PAGES = [
    "/metrics/ltv/",
    "/metrics/ltv/?by=industry&and=plan",
    "/metrics/ltv/?by=membership",
    "/metrics/ltv/spread/",
    "/metrics/payback/",
    "/metrics/payback/?by=via",
    "/metrics/payback/?via=",
    "/metrics/repeat/",
    "/metrics/repeat/?by=via&step=3",
]


@pytest.fixture
def bought(db, monkeypatch):
    """As `_bought` says."""
    monkeypatch.setattr(rollups, "SNAPSHOTS_BACK", 0)
    return again("bought under either", _bought)


def _bought():
    """A bought in May and June, C once; both under policy either. Then the night came."""
    company = found_company()
    factories.configure(churn_policy="either")
    factories.purchase(company.a, "2026-03-02", 800)
    factories.purchase(company.a, "2026-03-20", 200)
    factories.purchase(company.c, "2026-03-05", 900)
    return after_a_night(company)


@pytest.fixture
def manager(signed_in, bought):
    return signed_in(factories.user(role=Role.MANAGER))


def test_pages_open_with_few_queries(manager, django_assert_max_num_queries):
    for page in PAGES:
        with django_assert_max_num_queries(12):
            assert manager.get(page).status_code == 200, page


def test_pages_open_before_the_first_night(signed_in, db):
    client = signed_in(factories.user(role=Role.MANAGER))
    for page in PAGES:
        assert client.get(page).status_code == 200, page


def test_every_number_opens_as_many_customers_as_it_says(manager):
    """All links of the pages to customers: the count on top is that of the figure, and so many stand there."""
    links = set()
    for page in PAGES:
        found = re.findall(r'href="(/metrics/(?:ltv|repeat)/customers/[^"]+)"', manager.get(page).content.decode())
        links |= {link.replace("&amp;", "&") for link in found}
    assert len(links) > 20
    for link in sorted(links):
        context = manager.get(link).context
        assert context["behind"].count == len(context["rows"]), link


def test_both_ends_of_the_matrix_sum_up(manager):
    context = manager.get("/metrics/ltv/?by=industry&and=plan&show=historic_total").context
    lines = [line["total"]["figure"] for line in context["lines"]]
    assert sum(lines) == context["matrix_total"]["figure"] == context["total"]["historic_total"]
    assert sum(cell["figure"] for cell in context["totals"]) == context["matrix_total"]["figure"]


def test_staff_see_figures_and_people_of_their_own_alone(bought, signed_in):
    client = signed_in(bought.sato)
    assert [row["words"] for row in client.get("/metrics/ltv/?by=owner").context["rows"]] == ["佐藤"]
    lines = client.get("/metrics/ltv/?by=industry&and=owner").context["columns"]
    assert lines == ["佐藤"]
    mine, other = (
        client.get(f"/metrics/ltv/customers/?by=owner&group={user.pk}") for user in (bought.sato, bought.suzuki)
    )
    assert (mine.status_code, other.status_code) == (200, 403)
    file = client.get("/metrics/csv/ltv/?by=industry&second=owner").content.decode("utf-8-sig")
    assert file.splitlines()[0].startswith("group,second_group,customers")
    assert "鈴木" not in file


@pytest.mark.parametrize(
    "address",
    [
        "/metrics/ltv/customers/",
        "/metrics/ltv/customers/?by=colour&group=red",
        "/metrics/ltv/customers/?by=plan&group=a&and=plan&group2=b",
        "/metrics/ltv/customers/?decile=11",
        "/metrics/ltv/customers/?low=1&high=2",
        "/metrics/ltv/customers/?by=segment&group=nothing",
        "/metrics/repeat/customers/?kind=all&step=2&days=30",
        "/metrics/repeat/customers/?kind=again&step=2&days=31&month=2026-03",
        "/metrics/repeat/customers/?kind=again&step=2&days=30&month=1999-03",
    ],
)
def test_what_there_is_not_is_not_found(manager, address):
    assert manager.get(address).status_code == 404


def test_people_come_page_by_page_and_as_a_file(manager, monkeypatch):
    monkeypatch.setattr("metrics.worth_people.PER_PAGE", 1)
    address = "/metrics/ltv/customers/?by=industry&group=小売"
    first = manager.get(address)
    second = manager.get(first.context["next_url"])
    assert [first.context["rows"][0].customer.name, second.context["rows"][0].customer.name] == ["千鳥屋", "青空商事"]
    assert second.context["next_url"] == ""
    file = manager.post("/metrics/ltv/customers/export/?by=industry&group=小売", {"form": "csv"})
    assert b"".join(file.streaming_content).decode().count("\n") == 3
    top = manager.post("/metrics/ltv/spread/top/", {"form": "csv"})
    assert b"".join(top.streaming_content).decode().count("\n") == 4
