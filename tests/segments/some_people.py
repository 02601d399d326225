"""A few customers with everything rules ask for, some of it missing, and random rules over it."""

import datetime as dt
import random
from decimal import Decimal
from typing import Any

from customers.models import (
    Channel,
    Consent,
    Contact,
    Customer,
    Event,
    Interaction,
    Invoice,
    Login,
    Product,
    Suppression,
)
from scores.models import Lifecycle, Prediction, RfmSegment, Score
from segments import fields, occurrences
from segments.comparing import NUMBER
from segments.models import Membership, Segment
from tests import factories

AS_OF = dt.date(2026, 6, 30)
WORDS = ["宿泊", "卸売", "Tea", "tea ", "東京", "100%", "a_b", "12", "-3.5", "１２"]
PRODUCTS = ["ティーカップ", "Tea cup", "皿"]


def _day(dice: random.Random, ahead: int = 60) -> dt.date:
    return AS_OF + dt.timedelta(days=dice.choice([-400, -91, -90, -89, -30, -1, 0, 1, ahead]))


def _maybe(dice: random.Random, value: Any, nothing: Any = None) -> Any:
    return value if dice.random() < 0.7 else nothing


def people(dice: random.Random, count: int) -> list[Customer]:
    """Makes them, with a product list, staff and two segments (one frozen)."""
    products = [Product.objects.create(name=name) for name in PRODUCTS]
    owner = factories.user("o@example.jp")
    frozen = Segment.objects.create(slug="frozen", name="frozen", rule={}, is_frozen=True)
    Segment.objects.create(slug="base", name="base", rule={"field": "f", "op": "gte", "value": 3})
    found = [_person(dice, number, owner) for number in range(count)]
    for one in found:
        _history(dice, one, products)
        if dice.random() < 0.5:
            Membership.objects.create(segment=frozen, customer=one, entered_on=_day(dice, 0), left_on=None)
    return found


def _person(dice: random.Random, number: int, owner: Any) -> Customer:
    one = factories.customer(
        f"C{number:03}",
        kind=dice.choice(["person", "company"]),
        industry=_maybe(dice, dice.choice(WORDS), ""),
        region=_maybe(dice, dice.choice(WORDS), ""),
        address=_maybe(dice, "東京都", ""),
        owner=_maybe(dice, owner),
        joined_on=_maybe(dice, _day(dice)),
        birth_on=_maybe(dice, dt.date(1980, dice.randint(1, 12), 1)),
        tags=dice.sample(["A", "B", "C"], dice.randint(0, 2)),
        attributes=dice.choice([{}, {"色": dice.choice(WORDS)}, {"色": ""}, {"色": 12}, {"色": None}]),
    )
    if dice.random() < 0.8:
        _scores(dice, one)
    return one


def _scores(dice: random.Random, one: Customer) -> None:
    Score.objects.create(
        customer=one,
        as_of=AS_OF,
        lifecycle=dice.choice(Lifecycle.values),
        rfm_segment=dice.choice(["", *RfmSegment.values]),
        r=_maybe(dice, dice.randint(1, 5)),
        f=_maybe(dice, dice.randint(1, 5)),
        m=_maybe(dice, dice.randint(1, 5)),
        is_vip=dice.random() < 0.5,
        frequency=dice.randint(0, 4),
        monetary=Decimal(dice.randint(-5, 5) * 1000),
        last_purchase_on=_maybe(dice, _day(dice, 0)),
        renews_on=_maybe(dice, _day(dice)),
        plan=dice.choice(["", "標準", "上位"]),
        mrr=dice.choice([0, 1000, 2500]),
    )
    if dice.random() < 0.8:
        Prediction.objects.create(
            customer=one, as_of=AS_OF, p_alive=_maybe(dice, dice.choice([0.1, 0.3, 0.5])), churn_risk=0.25
        )


def _history(dice: random.Random, one: Customer, products: list[Product]) -> None:
    for number in range(dice.randint(0, 4)):
        order, on = _maybe(dice, f"#{one.pk}{number // 2}", ""), _day(dice)
        amount = dice.choice([0, 1000, 2500, -500])
        factories.purchase(one, on, amount, order, product=_maybe(dice, dice.choice(products)), nth=number)
    for number in range(dice.randint(0, 3)):
        login = factories.login(one, _day(dice), hour=number)
        Login.objects.filter(pk=login.pk).update(feature=dice.choice(["", "検索"]), quantity=_maybe(dice, number))
    _talk(dice, one)
    _reach(dice, one)
    if dice.random() < 0.5:
        factories.contract(one, _day(dice), dice.choice([0, 1000]), seats=_maybe(dice, 5), is_trial=dice.random() < 0.3)
    if dice.random() < 0.5:
        Invoice.objects.create(
            customer=one, invoice_id=f"I{one.pk}", due_on=_day(dice), paid_on=_maybe(dice, _day(dice, 0)), amount=1000
        )


def _talk(dice: random.Random, one: Customer) -> None:
    for _number in range(dice.randint(0, 2)):
        Interaction.objects.create(
            customer=one,
            occurred_at=factories.moment(_day(dice), hour=dice.choice([0, 8, 9, 23])),
            category=dice.choice(["", "complaint", "question"]),
            status=dice.choice(["open", "closed"]),
        )
        Event.objects.create(
            customer=one, kind=dice.choice(["answered", "clicked"]), at=factories.moment(_day(dice)), data={"q": "Yes"}
        )


def _reach(dice: random.Random, one: Customer) -> None:
    for number in range(dice.randint(0, 2)):
        email = _maybe(dice, f"P{one.pk}-{number}@Example.jp", "")
        contact = Contact.objects.create(customer=one, email=email, phone=_maybe(dice, "0312345678", ""))
        entry = {"customer": one, "contact": contact, "at": factories.moment(AS_OF), "source": "test"}
        for channel, address in [
            (Channel.MAIL, email.lower()),
            (Channel.POSTAL, one.code),
            (Channel.PHONE, contact.phone),
        ]:
            for _entry in range(dice.randint(0, 2) if address else 0):
                Consent.objects.create(
                    channel=channel, address=address, state=dice.choice(["granted", "withdrawn"]), **entry
                )
        if email and dice.random() < 0.3:
            Suppression.objects.create(
                channel=Channel.MAIL, address=email.lower(), reason="refused", source="t", at=factories.moment(AS_OF)
            )


# --- rules -----------------------------------------------------------------------------------------


def _value(dice: random.Random, takes: str, choices: list[Any]) -> Any:
    makes = {
        "number": lambda: dice.choice([0, 1, 2, 3, "0.3", "0.5", 1000, "-500", 2500, 12]),
        "numbers": lambda: sorted(dice.sample([0, 1, 2, 3, 1000], 2)),
        "days": lambda: dice.choice([1, 30, 60, 90, 91]),
        "day": lambda: _day(dice).isoformat(),
        "two_days": lambda: sorted(_day(dice).isoformat() for _end in range(2)),
        "text": lambda: dice.choice([*WORDS, "ea", "%", "_", "標"]),
        "texts": lambda: dice.sample(choices or WORDS, min(len(choices or WORDS), dice.randint(1, 2))),
        "choices": lambda: dice.sample(choices, 1),
        "nothing": lambda: None,
    }
    return makes.get(takes, lambda: dice.random() < 0.5)()


def condition(dice: random.Random, key: str, op: str = "") -> dict[str, Any]:
    """A random condition on that field."""
    field = fields.find(key)
    assert field
    op = op or dice.choice(list(field.operators))
    offered = ["A", "B", "C"] if field.kind == "tags" else list(field.offered()) or ([1] if field.options else [])
    return {"field": key, "op": op, "value": _value(dice, field.operators[op].takes, offered)}


def happened(dice: random.Random, event: str, measure: str) -> dict[str, Any]:
    """A random condition on how often or how much."""
    found = occurrences.OCCURRENCES[event]
    op = dice.choice(list(NUMBER))
    rule = {"event": event, "measure": measure, "op": op, "value": _value(dice, NUMBER[op].takes, [])}
    if dice.random() < 0.6:
        ends = sorted(_day(dice).isoformat() for _end in range(2))
        periods = [{"last_days": dice.choice([1, 90, 91])}, {"from": ends[0], "to": ends[1]}, {"to": ends[0]}]
        rule["period"] = dice.choice(periods)
    if found.narrowings and dice.random() < 0.5:
        key = dice.choice(list(found.narrowings))
        narrowing = found.narrowings[key]
        known = {"product": PRODUCTS, "segment": ["frozen"], "feature": ["検索"], "event": ["clicked"]}
        choices = list(narrowing.choices or known.get(narrowing.suggests, WORDS))
        rule["where"] = {key: _value(dice, narrowing.takes, choices)}
    return rule


def leaves(dice: random.Random) -> list[dict[str, Any]]:
    """A random condition on every field and operator, every event and measure."""
    every = [condition(dice, key, op) for key, one in fields.FIELDS.items() for op in one.operators]
    every += [condition(dice, "attribute:色", op) for op in fields.find("attribute:色").operators]
    every += [{"field": "segment", "op": op, "value": ["frozen", "base"]} for op in ("in", "not_in")]
    events = occurrences.OCCURRENCES.items()
    return every + [happened(dice, key, measure) for key, one in events for measure in one.measures]


def rule(dice: random.Random, parts: list[dict[str, Any]], depth: int = 0) -> dict[str, Any]:
    """A random tree over the conditions."""
    if depth > 2 or dice.random() < 0.3:
        return dice.choice(parts)
    if dice.random() < 0.3:
        return {"not": rule(dice, parts, depth + 1)}
    return {dice.choice(["all", "any"]): [rule(dice, parts, depth + 1) for _part in range(dice.randint(1, 3))]}
