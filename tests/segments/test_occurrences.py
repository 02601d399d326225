"""How often, how long, which and how much, with figures worked out by hand. As of 2026-06-30."""

import datetime as dt

import pytest

from customers.models import Customer, Event, Interaction, Invoice, Login, Product
from segments import rules
from segments.models import Membership, Segment
from tests import factories

pytestmark = pytest.mark.django_db
AS_OF = dt.date(2026, 6, 30)


def _rule(event, measure="count", op="gte", value=1, period=None, **where):
    return rules.parse(
        {"event": event, "measure": measure, "op": op, "value": value, "period": period, "where": where or None}
    )


def _figure(who, event, measure="count", period=None, **where):
    """The figure shown; and the database finds the customer by exactly it."""
    figure = _rule(event, measure, period=period, **where).actual(who.pk, AS_OF)
    for op, finds in [("eq", True), ("gt", False), ("gte", True)]:
        found = Customer.objects.filter(_rule(event, measure, op, str(figure), period, **where).q(AS_OF))
        assert (who in found) is finds, (op, figure)
    return figure


LAST_90 = {"last_days": 90}  # 2026-04-02 … 2026-06-30


def test_purchases_count_orders_once_on_their_first_day_and_keep_refunds_apart():
    who, cup, dish = factories.customer("A"), Product.objects.create(name="Tea cup"), Product.objects.create(name="皿")
    factories.purchase(who, "2026-06-01", 1000, "o1", product=cup)
    factories.purchase(who, "2026-06-03", 500, "o1", product=dish)
    factories.purchase(who, "2026-06-03", 300)  # two lines without an order are two orders
    factories.purchase(who, "2026-06-03", 300, product=cup)
    factories.purchase(who, "2026-04-01", 700, "o2")  # begun a day before the 90 days …
    factories.purchase(who, "2026-04-02", 900, "o2")  # … so this line is of that day
    factories.purchase(who, "2026-06-10", -400, "o1")
    factories.purchase(who, "2026-07-01", 5000, "o3")  # after the day
    assert _figure(who, "purchase") == 4
    assert _figure(who, "purchase", period=LAST_90) == 3
    assert _figure(who, "purchase", period={"from": "2026-04-01", "to": "2026-06-02"}) == 2
    assert _figure(who, "purchase", "amount") == 3700
    assert _figure(who, "purchase", "amount", LAST_90) == 2100
    assert _figure(who, "purchase", "days", LAST_90) == 2
    assert _figure(who, "purchase", "products") == 2
    assert _figure(who, "purchase", product=["皿"]) == 1
    assert _figure(who, "purchase", product_contains="tea") == 2
    assert _figure(who, "purchase", amount_from=700) == 2
    assert (_figure(who, "refund"), _figure(who, "refund", "amount")) == (1, 400)


def test_who_has_nothing_has_none_of_it():
    who = factories.customer("A")
    for event, measure in [("purchase", "count"), ("purchase", "amount"), ("login", "quantity"), ("contract", "seats")]:
        assert _rule(event, measure).actual(who.pk, AS_OF) == 0
        assert who in Customer.objects.filter(_rule(event, measure, "eq", 0).q(AS_OF))
        assert who in Customer.objects.filter(_rule(event, measure, "lt", 5).q(AS_OF))
        assert who not in Customer.objects.filter(_rule(event, measure, "ne", 0).q(AS_OF))


def test_logins_by_feature_day_and_quantity():
    who = factories.customer("A")
    for on, hour in [("2026-06-30", 9), ("2026-06-30", 10), ("2026-06-01", 9), ("2026-05-31", 9)]:
        factories.login(who, on, hour)
    Login.objects.filter(logged_in_on="2026-06-30").update(feature="検索", quantity="2.5")
    assert (_figure(who, "login"), _figure(who, "login", "days")) == (4, 3)
    assert _figure(who, "login", period={"last_days": 30}) == 3  # 1 June is the 30th day
    assert _figure(who, "login", feature=["検索"]) == 2
    assert _figure(who, "login", "quantity") == 5


def test_moments_belong_to_the_business_day():
    """23:30 in Tokyo on 29 June, and 00:30 on 30 June: both 29 June in UTC."""
    who = factories.customer("A")
    for at in ("2026-06-29T14:30Z", "2026-06-29T15:30Z", "2026-06-30T15:30Z"):
        Interaction.objects.create(customer=who, occurred_at=at, category="complaint", status="open")
        Event.objects.create(customer=who, kind="nps_answered", at=at, data={"answer": "Good"})
    assert _figure(who, "interaction") == 2
    assert _figure(who, "interaction", period={"last_days": 1}) == 1
    assert _figure(who, "interaction", "days") == 2
    assert _figure(who, "interaction", period={"to": "2026-06-29"}, category=["complaint"]) == 1
    assert _figure(who, "event", kind=["nps_answered"], data="good") == 2
    assert _rule("event", kind=["clicked"]).actual(who.pk, AS_OF) == 0


def test_invoices_paid_open_and_overdue():
    who = factories.customer("A")
    for number, (due, paid) in enumerate(
        [("2026-05-31", "2026-05-20"), ("2026-06-29", None), ("2026-07-31", None), ("2026-05-31", "2026-07-05")]
    ):
        Invoice.objects.create(customer=who, invoice_id=str(number), due_on=due, paid_on=paid, amount=100)
    assert _figure(who, "invoice") == 4
    assert _figure(who, "invoice", state=["paid"]) == 1
    assert _figure(who, "invoice", state=["open"]) == 3
    assert _figure(who, "invoice", "amount", state=["overdue"]) == 200
    assert _figure(who, "invoice", period={"to": "2026-06-30"}, state=["open", "paid"]) == 3


def test_terms_by_state():
    who = factories.customer("A")
    factories.contract(who, "2026-01-01", 1000, contract_id="k1", ends_on="2026-04-01", seats=5)
    factories.contract(who, "2026-04-01", 2000, contract_id="k1", cancelled_on="2026-06-01", ends_on="2026-08-01")
    factories.contract(who, "2026-05-01", 500, contract_id="k2", is_trial=True, paused_from="2026-06-01")
    factories.contract(who, "2026-07-01", 9000, contract_id="k3")  # signed, not begun
    assert _figure(who, "contract") == 2  # two contracts, in three terms
    assert _figure(who, "contract", "mrr", state=["current"]) == 2500
    assert _figure(who, "contract", state=["ended"]) == 1
    assert _figure(who, "contract", "mrr", state=["notice"]) == 2000
    assert _figure(who, "contract", "mrr", state=["trial", "paused"]) == 500
    assert _figure(who, "contract", "seats") == 5


def test_entering_and_leaving_segments():
    who = factories.customer("A")
    vip = Segment.objects.create(slug="vip", name="VIP", rule={})
    Membership.objects.create(segment=vip, customer=who, entered_on="2026-01-01", left_on="2026-06-01")
    Membership.objects.create(segment=vip, customer=who, entered_on="2026-06-20")
    assert _figure(who, "entered", segment=["vip"]) == 2
    assert _figure(who, "entered", period={"last_days": 30}, segment=["vip"]) == 1
    assert _figure(who, "left", period={"last_days": 30}) == 1
    assert _rule("left", period={"last_days": 10}).actual(who.pk, AS_OF) == 0


@pytest.mark.parametrize(
    ("text", "op", "value", "is_met"),
    [("12", "gte", 12, True), (" 7.5 ", "lte", "7.5", True), ("12個", "gte", 1, False), ("１２", "gte", 1, False)],
)
def test_a_further_attribute_is_a_number_where_it_is_written_as_one(text, op, value, is_met):
    who = factories.customer("A", attributes={"席": text})
    rule = rules.parse({"field": "attribute:席", "op": op, "value": value})
    assert Customer.objects.filter(rule.q(AS_OF)).exists() is rule.holds(who.pk, AS_OF) is is_met


def test_orders_are_asked_of_one_pass_and_no_customer_by_himself(django_assert_num_queries):
    """Twice or more within 90 days: grouped once, and who began an order before is an anti join."""
    found = Customer.objects.filter(_rule("purchase", value=2, period=LAST_90).q(AS_OF))
    with django_assert_num_queries(1):
        plan = found.explain()
    assert "SubPlan" not in plan
    assert "Anti Join" in plan
