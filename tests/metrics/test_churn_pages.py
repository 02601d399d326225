"""The churn page by none, one and two cuts, and the people behind its figures (conftest.company, and E who came back).

E is under contract from January to 28 February and again from 10 June. Active at the end of: Dec A · Jan A B E ·
Feb A B · Mar A B C · Apr A B C · May A C · Jun A C E.
"""

import csv
import io
from decimal import Decimal
from urllib.parse import quote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEvent, Installation, Role
from campaigns.models import Campaign, Delivery, Step
from customers.models import Customer
from metrics import churn_people, churn_tables, closing, goals, remarks
from metrics.churn_people import Behind
from metrics.models import ChurnRollup, Worth
from metrics.periods import named
from segments.models import Segment
from tests import factories

from .conftest import NOW, TODAY, found_company, pass_night

pytestmark = pytest.mark.django_db
MOST_QUERIES = 12


def make():
    company = found_company()
    company.e = factories.customer("E", name="江藤商店", industry="小売", region="岡山県", owner=company.sato)
    factories.contract(company.e, "2026-01-01", 400, ends_on="2026-03-01", cancelled_on="2026-02-01", reason="休業")
    factories.contract(company.e, "2026-06-10", 400)
    Customer.objects.filter(pk=company.b.pk).update(search_text="備前工業")
    pass_night()
    return company


@pytest.fixture(scope="module")
def made(once):
    """The company with E, and the night of 1 July; made once for all tests here."""
    return once(make)


@pytest.fixture
def told(made, db):
    return made


@pytest.fixture
def manager(told, signed_in):
    return signed_in(factories.user(role=Role.MANAGER, language="en"))


@pytest.fixture
def staff(told, signed_in):
    told.sato.language = "en"
    told.sato.save()
    return signed_in(told.sato)


def text(answer):
    assert answer.status_code == 200
    return answer.content.decode()


def behind(who, code, **more):
    return Behind(who, named(code), TODAY, Installation.get(), **more)


def lines(context):
    return {row["figure"].period.code: (row["figure"].at_start, row["figure"].lost) for row in context["rows"]}


def groups(context):
    return {row["words"]: (row["figure"].at_start, row["figure"].lost) for row in context["groups"]}


def test_everybody_month_by_month_newest_first_with_changes(manager):
    context = manager.get("/metrics/").context
    over = [row for row in context["rows"] if row["is_complete"]]
    assert [(row["figure"].period.code, row["figure"].at_start, row["figure"].lost) for row in over][:2] == [
        ("2026-06", 2, 0),
        ("2026-05", 3, 1),
    ]
    assert (over[0]["change"], over[-1]["change"]) == ("−33.3pt", "")
    assert context["chosen"].code == "2026-06"


def test_goal_remarks_and_who_closed_a_month_stand_beside_everybodys_figures(manager, told):
    boss = factories.user(role=Role.MANAGER, name="鈴木部長")
    goals.set_goal(metric="churn", since=named("2026-05").first, value=Decimal(5), by=boss, now=NOW)
    remarks.write(on=named("2026-05").first, text="値上げ", metric="", by=boss, now=NOW)
    closing.close(period=named("2026-05"), by=boss, now=NOW)
    answer = manager.get("/metrics/")
    chart = answer.context["chart"]
    assert set(chart["goal"]["data"]) == {None, 5.0}
    assert [one["text"] for one in chart["marks"]] == ["値上げ"]
    assert {row["figure"].period.code for row in answer.context["rows"] if row["closing"]} == {"2026-05"}
    assert "鈴木部長" in text(answer)
    assert "goal" not in manager.get("/metrics/?period=quarter").context["chart"]  # of months alone


def test_one_cut_shows_the_groups_of_one_period_and_everybody_below(manager):
    context = manager.get("/metrics/?by=industry&at=2026-05").context
    assert groups(context) == {"小売": (2, 0), "製造": (1, 1)}
    assert (context["total"].at_start, context["total"].lost) == (3, 1)
    assert manager.get("/metrics/?by=industry&at=1999-01").context["chosen"].code == "2026-06"


def test_a_group_is_compared_with_the_period_before(manager):
    """小売 in February: A and E at the start, E lost: 50 %; in March A alone, 0 %."""
    row = next(
        row for row in manager.get("/metrics/?by=industry&at=2026-03").context["groups"] if row["words"] == "小売"
    )
    assert (row["change"], row["year_change"]) == ("−50.0pt", "")


@pytest.mark.parametrize(
    ("sort", "names"), [("rate", ["小売", "製造"]), ("-rate", ["製造", "小売"]), ("-name", ["製造", "小売"])]
)
def test_groups_can_be_sorted(manager, sort, names):
    rows = manager.get(f"/metrics/?by=industry&at=2026-05&sort={sort}").context["groups"]
    assert [row["words"] for row in rows] == names


def test_two_cuts_make_a_matrix_whose_margins_are_the_single_cuts(manager):
    """February: A 小売 東京, B 製造 岡山, E 小売 岡山 (lost)."""
    context = manager.get("/metrics/?by=industry&and=region&at=2026-02").context
    found = {
        (line["words"], cell["column"]): (cell["figure"].lost, cell["figure"].at_start)
        for line in context["lines"]
        for cell in line["cells"]
        if cell["figure"]
    }
    assert found == {("小売", "東京都"): (0, 1), ("小売", "岡山県"): (1, 1), ("製造", "岡山県"): (0, 1)}
    assert {line["words"]: line["total"]["figure"].at_start for line in context["lines"]} == {"小売": 2, "製造": 1}
    assert {one["words"]: one["figure"].lost for one in context["columns"]} == {"岡山県": 1, "東京都": 0}
    turned = manager.get("/metrics/?by=region&and=industry&at=2026-02").context
    assert {
        (cell["column"], line["words"]): (cell["figure"].lost, cell["figure"].at_start)
        for line in turned["lines"]
        for cell in line["cells"]
        if cell["figure"]
    } == found


def test_every_cell_opens_as_many_people_as_it_says(manager):
    context = manager.get("/metrics/?by=industry&and=owner&at=2026-05").context
    cells = [cell for line in context["lines"] for cell in [*line["cells"], line["total"]] if cell["figure"]]
    assert cells
    for cell in cells:
        assert manager.get(cell["url"]).context["count"] == cell["figure"].lost


def test_small_numbers_are_marked(manager):
    assert "tiny-mark" in text(manager.get("/metrics/?by=industry&and=region&at=2026-02"))


def test_the_way_from_start_to_end_opens_its_people(manager):
    """June: A and C; nobody lost; E back; nobody new; three at the end."""
    flow = manager.get("/metrics/?at=2026-06").context["flow"]
    assert (flow.at_start, flow.lost, flow.won_back, flow.joined, flow.at_end) == (2, 0, 1, 0, 3)
    march = manager.get("/metrics/?at=2026-03").context["flow"]
    assert (march.at_start, march.lost, march.won_back, march.joined, march.at_end) == (2, 0, 0, 1, 3)


def test_figure_and_people_are_equal(told):
    """Asked of each number: those counted by the rollup are those named by the list."""
    sato = str(told.sato.pk)
    for at in ("2026-02", "2026-03", "2026-06", "2026-07", "2026-Q1", "FY2026-H1", "FY2026"):
        for pairs in ((), (("industry", "小売"),), (("owner", sato), ("region", "東京都")), (("plan", "標準"),)):
            _compare(at, pairs)


def _compare(at, pairs):
    period = named(at)
    cut = dict(zip(("by", "second"), (name for name, _value in pairs), strict=False))
    few = dict(zip(("groups", "seconds"), ([value] for _name, value in pairs), strict=False))
    (figure,) = churn_tables.figures([period], **cut, **few, least=0) or [churn_tables.Figure(period)]
    for who in churn_people.WHO:
        rows = churn_people.page(behind(who, at, pairs=pairs))
        assert len(rows) == getattr(figure, who.replace("-", "_")), (at, pairs, who)
        assert len(rows) == churn_people.count(behind(who, at, pairs=pairs))
        assert len(rows) == churn_people.counted(behind(who, at, pairs=pairs))


def test_the_lost_have_names_owner_reason_competitor_and_what_was_sent(told, manager):
    segment = Segment.objects.create(slug="s", name="s", rule={})
    campaign = Campaign.objects.create(name="引き止め", segment=segment, created_by=told.sato)
    step = Step.objects.create(campaign=campaign, position=1)
    Delivery.objects.create(
        campaign=campaign,
        step=step,
        customer=told.b,
        channel="email",
        state=Delivery.State.ACCEPTED,
        token="t",
        planned_at=NOW,
        due_at=NOW,
    )
    page = text(manager.get("/metrics/lost/2026-05/"))
    assert [word in page for word in ("備前工業", "鈴木", "価格", "X社", "2026/05/31", "引き止め")] == [True] * 6
    assert "青空商事" not in page
    assert "Nobody was lost" in text(manager.get("/metrics/lost/2026-06/"))


def test_a_reason_is_that_of_the_contract_that_ended_and_a_competitor_may_come_from_a_talk(told):
    """E's reason is of February; had he left again in June without a word, it would not be said again."""
    assert [row["reason"] for row in churn_people.page(behind("lost", "2026-02"))] == ["休業"]
    told.e.contracts.filter(starts_on="2026-06-10").update(ends_on="2026-06-21", cancelled_on="2026-06-20")
    told.e.interactions.create(occurred_at=factories.moment("2026-06-19"), competitor="Y社", category="complaint")
    pass_night()
    (row,) = churn_people.page(behind("lost", "2026-Q2"))
    assert row["customer_id"] == told.b.pk


def test_a_list_is_narrowed_by_owner_words_and_reason(told, manager):
    def count(query):
        return manager.get(f"/metrics/people/lost/2026-05/?{query}").context["count"]

    assert count(f"owner={told.suzuki.pk}") == 1
    assert count(f"owner={told.sato.pk}") == 0
    assert (count("words=備前"), count("words=青空")) == (1, 0)
    assert (count("reason=価格"), count("reason=")) == (1, 0)
    assert (count("competitor=X社"), count("topic=")) == (1, 1)


def test_a_list_goes_page_by_page_by_day_or_by_money(told, manager, monkeypatch):
    monkeypatch.setattr(churn_people, "PER_PAGE", 1)
    monkeypatch.setattr("metrics.views.people.PER_PAGE", 1)
    Worth.objects.filter(customer=told.c).update(historic=None)  # has none: stands at the end
    for sort, order in {"since": ["E", "C", "A"], "ltv": ["A", "E", "C"]}.items():
        address, found = f"/metrics/people/at-end/2026-06/?sort={sort}", []
        while address:
            context = manager.get(address).context
            found += [row["code"] for row in context["rows"]]
            address = context["next_url"]
        assert found == order, sort
        assert context["count"] == 3
        codes = [row["code"] for row in churn_people.everybody(behind("at-end", "2026-06", sort=sort))]
        assert codes == order


@pytest.mark.parametrize("after", ["2026-06-10", "x,1", "NaN,1", "1E+999999,1", "2026-13-01,1", "9.50,x"])
def test_a_place_that_is_none_is_the_first_page(manager, after):
    context = manager.get(f"/metrics/people/at-end/2026-06/?sort=ltv&after={quote(after)}").context
    assert len(context["rows"]) == 3


def test_a_group_nobody_is_in_is_a_figure_of_0_and_one_of_no_period_is_counted(told):
    nobody = behind("joined", "2026-03", pairs=(("industry", "漁業"),))
    assert churn_people.count(nobody) == 0
    ChurnRollup.objects.all().delete()
    assert churn_people.count(nobody) == 0
    assert churn_people.count(behind("joined", "2026-03")) == 1


def test_a_file_of_them_is_for_leaders_and_recorded(manager, staff):
    assert staff.post("/metrics/people/lost/2026-05/export/").status_code == 403
    manager.force_login(factories.user(role=Role.MANAGER), backend="accounts.backends.StaffBackend")
    answer = manager.post("/metrics/people/lost/2026-05/export/", {"form": "csv"})
    (row,) = csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig")))
    assert (row["customer_id"], row["reason"], row["competitor"], row["since"]) == ("B", "価格", "X社", "2026-05-31")
    assert AuditEvent.objects.get(action="churn_people.export").detail["count"] == 1


def test_a_frozen_segment_is_made_of_them(told, manager):
    answer = manager.post("/metrics/people/lost/2026-05/freeze/")
    segment = Segment.objects.get(is_frozen=True)
    assert answer.url == f"/segments/{segment.slug}/"
    assert [one.customer_id for one in segment.memberships.filter(left_on=None)] == [told.b.pk]
    manager.post("/metrics/people/lost/2026-06/freeze/")
    assert Segment.objects.filter(is_frozen=True).count() == 1  # nobody was lost in June


def test_staff_begin_with_their_own_customers_and_see_no_other_owners(told, staff):
    """Sato has A and E, and had B until April."""
    context = staff.get("/metrics/").context
    assert context["held"]["words"] == "佐藤"
    assert lines(context)["2026-05"] == (1, 0)
    assert lines(staff.get("/metrics/?by=all").context)["2026-05"] == (3, 1)
    assert groups(staff.get("/metrics/?by=industry&and=owner&at=2026-02").context) == {"小売": (2, 1), "製造": (1, 0)}
    assert staff.get(f"/metrics/?by=owner&group={told.suzuki.pk}").status_code == 403
    for query in (f"by=owner&group={told.suzuki.pk}", f"by=industry&group=製造&and=owner&group2={told.suzuki.pk}"):
        assert staff.get(f"/metrics/people/lost/2026-05/?{query}").status_code == 403
    assert staff.get("/metrics/lost/2026-05/").context["count"] == 1


def test_staff_without_customers_see_everybody(told, signed_in):
    context = signed_in(factories.user(role=Role.CS)).get("/metrics/").context
    assert context["held"] is None
    assert lines(context)["2026-05"] == (3, 1)


def test_a_group_alone_has_its_own_line_and_can_be_cut_again(told, manager):
    context = manager.get("/metrics/?by=industry&group=小売").context
    assert lines(context)["2026-02"] == (2, 1)
    found = manager.get("/metrics/?by=industry&group=小売&and=region&at=2026-02").context
    assert groups(found) == {"東京都": (1, 0), "岡山県": (1, 1)}


@pytest.mark.parametrize(
    "address",
    [
        "lost/2026-5/",
        "lost/nonsense/",
        "lost/2026-05/?by=x",
        "people/gone/2026-05/",
        "people/lost/2026-05/?and=x",
        "people/lost/2026-05/?by=plan&and=plan",
    ],
)
def test_what_there_is_not_is_not_found(manager, address):
    assert manager.get(f"/metrics/{address}").status_code == 404


def test_unknown_words_in_the_address_fall_back(manager):
    asked = manager.get("/metrics/?by=colour&period=week&sort=luck&and=plan").context["asked"]
    assert (asked.by, asked.second, asked.period, asked.sort) == ("plan", "", "month", "-at_start")


def test_the_file_holds_all_periods_and_groups_of_both_cuts(manager):
    answer = manager.post("/metrics/table/?by=industry&and=region", {"form": "csv"})
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    found = {(row["group"], row["second_group"]): row["lost"] for row in rows if row["period"] == "2026-02"}
    assert found == {("小売", "東京都"): "0", ("小売", "岡山県"): "1", ("製造", "岡山県"): "0"}


@pytest.mark.parametrize(
    "address",
    [
        "/metrics/",
        "/metrics/?by=owner",
        "/metrics/?by=owner&and=industry",
        "/metrics/lost/2026-05/?by=owner&group=",
        "/metrics/people/at-end/2026-05/",
    ],
)
def test_a_page_asks_little(manager, address):
    manager.get(address)
    with CaptureQueriesContext(connection) as queries:
        text(manager.get(address))
    assert len(queries) <= MOST_QUERIES, "\n".join(one["sql"][:160] for one in queries)


def test_many_groups_leave_the_smaller_ones_to_the_file(manager, monkeypatch):
    monkeypatch.setattr("metrics.views.churn.ROWS", 1)
    monkeypatch.setattr("metrics.views.churn.COLUMNS", 1)
    context = manager.get("/metrics/?by=industry&and=region&at=2026-02").context
    assert (len(context["lines"]), len(context["columns"])) == (1, 1)
    assert (context["more_rows"], context["more_columns"]) == (1, 1)


def test_heat_is_measured_without_small_cells():
    big, small = (churn_tables.Figure(named("2026-05"), n, lost, group=g) for n, lost, g in ((40, 4, "a"), (2, 2, "b")))
    found = churn_tables.Matrix([], [], {("a", ""): big, ("b", ""): small}, 0, 0)
    assert found.most == pytest.approx(10.0)
