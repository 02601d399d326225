"""Why customers were lost and who came back, worked out by hand.

Under contract: five customers at the start of May 2026; B (2,000 a month, 価格, X社), F (500, 価格) and G (300, nothing
said) are lost in May, F after a talk in April that named Y社; E was lost in February and came back on 10 June, 103 days
after 27 February, his first day not active.
"""

import csv
import datetime as dt
import io
from decimal import Decimal

import pytest

from accounts.models import Installation, Role
from customers.models import Interaction
from metrics import churn_people, reasons, returning, rollups
from metrics.churn_people import Behind
from metrics.models import Fill, LossRollup, Stale
from metrics.periods import named
from tests import factories

from .conftest import NOW, TODAY, found_company, pass_night

pytestmark = pytest.mark.django_db
MAY = named("2026-05")


def make():
    company = found_company()
    company.e, company.f, company.g = (
        factories.customer(code, owner=company.sato, industry="小売") for code in ("E", "F", "G")
    )
    ended = {"cancelled_on": "2026-05-02", "ends_on": "2026-05-20"}
    factories.contract(company.e, "2026-01-01", 400, ends_on="2026-02-28", cancelled_on="2026-02-01", reason="休業")
    factories.contract(company.e, "2026-06-10", 400)
    factories.contract(company.f, "2026-01-01", 500, reason="価格", **ended)
    factories.contract(company.g, "2026-01-01", 300, **ended)
    talk(company.f, "2026-04-10", competitor="Y社", category="complaint")
    talk(company.f, "2026-04-12", category="question")
    talk(company.g, "2025-01-10", competitor="Z社", category="request")  # too long ago to say anything
    pass_night()
    return company


@pytest.fixture(scope="module")
def made(once):
    return once(make)


@pytest.fixture
def told(made, db):
    return made


def talk(who, on, **said):
    return Interaction.objects.create(customer=who, occurred_at=factories.moment(on), **said)


def said(kind, **where):
    return {one.value: (one.lost, one.mrr) for one in reasons.read(MAY, **where)[kind].said}


@pytest.fixture
def manager(told, signed_in):
    return signed_in(factories.user(role=Role.MANAGER, language="en"))


def test_reasons_are_ranked_with_the_monthly_amounts_that_went(told):
    answers = reasons.read(MAY)["reason"]
    assert [(one.value, one.lost, one.mrr) for one in answers.said] == [("価格", 2, Decimal(2500))]
    assert (answers.unsaid.lost, answers.unsaid.mrr, answers.lost) == (1, Decimal(300), 3)
    assert answers.share_told == pytest.approx(200 / 3)
    assert answers.share(answers.said[0]) == 100


def test_a_competitor_is_the_contracts_else_that_of_a_talk_of_the_year_before(told):
    assert said("competitor") == {"X社": (1, Decimal(2000)), "Y社": (1, Decimal(500))}


def test_the_topic_is_that_of_the_last_talk_of_the_half_year_before(told):
    assert said("topic") == {"question": (1, Decimal(500))}


def test_reasons_by_a_cut_are_by_the_value_at_the_start(told):
    """B was Suzuki's on 1 May."""
    assert said("reason", by="owner", group=str(told.suzuki.pk)) == {"価格": (1, Decimal(2000))}
    assert said("reason", by="owner", group=str(told.sato.pk)) == {"価格": (1, Decimal(500))}
    assert dict(reasons.groups(MAY, by="industry")) == {"小売": 2, "製造": 1}


def test_each_answer_opens_as_many_people_as_it_counts(told):
    for kind, answers in reasons.read(MAY).items():
        for one in [*answers.said, answers.unsaid]:
            behind = Behind("lost", MAY, TODAY, Installation.get(), **{kind.value: one.value})
            assert churn_people.count(behind) == len(churn_people.page(behind)) == one.lost, (kind, one)


def test_by_inactivity_money_is_what_they_had_bought(db):
    """Quiet for 30 days is lost; K bought for 700 less 200 before, and 50 after the month he was lost in."""
    factories.configure(churn_policy="inactivity", inactivity_days=30)
    who = factories.customer("K", industry="小売")
    for on, amount in (("2026-03-30", 700), ("2026-04-05", -200), ("2026-06-20", 50)):
        factories.purchase(who, on, amount)
    talk(who, "2026-04-20", competitor="Y社", category="sales")
    pass_night()
    april = reasons.read(named("2026-04"))
    assert [(one.value, one.lost, one.sales) for one in april["competitor"].said] == [("Y社", 1, Decimal(500))]
    assert (april["reason"].said, april["reason"].unsaid.lost) == ([], 1)


def test_a_reason_written_down_later_counts_where_it_belongs(told):
    told.g.contracts.update(reason="移転")
    assert Stale.objects.exists()
    rollups.fill(as_of=TODAY, now=NOW, touched=[])
    assert said("reason") == {"価格": (2, Decimal(2500)), "移転": (1, Decimal(300))}


def test_a_talk_written_down_later_counts_for_who_is_lost_after_it(told):
    made = talk(told.g, "2026-03-01", competitor="Z社")
    rollups.fill(as_of=TODAY, now=NOW, touched=[])
    assert said("competitor")["Z社"] == (1, Decimal(300))
    made.delete()
    rollups.fill(as_of=TODAY, now=NOW, touched=[])
    assert "Z社" not in said("competitor")


def test_counting_anew_gives_what_was_kept_up(told):
    rows = ("first", "months", "dimension", "group", "kind", "value", "lost", "mrr", "sales")
    told.f.contracts.update(competitor="W社")
    rollups.fill(as_of=TODAY, now=NOW, touched=[])
    kept = sorted(LossRollup.objects.values_list(*rows))
    LossRollup.objects.all().delete()
    Fill.objects.filter(metric="losses").delete()
    rollups.fill(as_of=TODAY, now=NOW)
    assert sorted(LossRollup.objects.values_list(*rows)) == kept


def test_who_came_back_is_counted_by_days_away(told):
    found = {one.period.code: one for one in returning.read(1)}
    february = found["2026-02"]
    assert (february.lost, february.within, february.returned) == (1, {90: 0, 180: 1, 365: 1}, 1)
    assert february.mean_days == (dt.date(2026, 6, 10) - dt.date(2026, 2, 27)).days == 103
    assert (found["2026-05"].lost, found["2026-05"].returned, found["2026-05"].mean_days) == (3, 0, None)
    assert {one.period.code: one.returned for one in returning.read(3)} == {"2026-Q2": 0}


def test_a_win_back_rate_is_open_until_the_last_of_them_had_his_days():
    one = returning.Returned(MAY, 4, {90: 1, 180: 1, 365: 1}, 1, 10)
    assert one.share(90) == 25
    assert one.is_open(90, as_of=dt.date(2026, 8, 28))
    assert not one.is_open(90, as_of=dt.date(2026, 8, 29))
    assert returning.Returned(MAY, 0, {90: 0, 180: 0, 365: 0}, 0, 0).share(90) is None


def test_each_number_of_those_who_came_back_opens_its_people(manager):
    rows = {row["returned"].period.code: row for row in manager.get("/metrics/returned/").context["rows"]}
    for cell in rows["2026-02"]["cells"]:
        assert manager.get(cell["url"]).context["count"] == cell["count"]


def test_the_page_of_reasons_of_everybody_and_of_one_group(manager, told):
    context = manager.get("/metrics/reasons/?at=2026-05").context
    assert (context["lost"], [part["kind"] for part in context["parts"]]) == (3, ["reason", "competitor", "topic"])
    one = manager.get("/metrics/reasons/?at=2026-05&by=industry&group=製造").context
    assert (one["lost"], one["parts"][0]["rows"][0]["words"]) == (1, "価格")
    assert manager.get(one["parts"][0]["rows"][0]["url"]).context["count"] == 1
    assert "Nobody was lost" in manager.get("/metrics/reasons/?at=2026-04").content.decode()


def test_staff_see_reasons_of_their_own_and_of_everybody(told, signed_in):
    client = signed_in(told.sato)
    assert client.get("/metrics/reasons/?at=2026-05").context["lost"] == 2
    assert client.get("/metrics/reasons/?at=2026-05&by=all").context["lost"] == 3
    assert client.get(f"/metrics/reasons/?at=2026-05&by=owner&group={told.suzuki.pk}").status_code == 403


def test_the_file_holds_the_answers_by_group(manager):
    answer = manager.post("/metrics/reasons/table/?at=2026-05&by=industry", {"form": "csv"})
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    found = {(row["group"], row["value"]): row["lost"] for row in rows if row["kind"] == "reason"}
    assert found == {("小売", "価格"): "1", ("小売", ""): "1", ("製造", "価格"): "1"}
