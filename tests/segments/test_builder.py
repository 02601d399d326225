"""The builder in the browser, as requests: every button re-renders, nothing typed is lost, errors stand where they are."""

import datetime as dt
import re

import pytest
import time_machine
from django.http import QueryDict
from django.urls import reverse

from accounts.models import AuditEvent
from segments import drafting, rules
from segments.drafts import Draft
from segments.models import Segment
from segments.starting_points import STARTING_POINTS
from tests import factories

NOW = dt.datetime(2026, 6, 30, 3, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _clock_stands_still():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def maker(db):
    return factories.user("maker@example.jp")


@pytest.fixture
def cs(client, maker):
    client.force_login(maker, backend="accounts.backends.StaffBackend")
    return client


def _typed(rule, **more):
    """What a browser would send of that rule."""
    draft = drafting.draft_of(rule)
    data = {"name": "私の区分", "description": "", "time_limit": "60", "version": "1", "page": "0123456789abcdef"}
    data["node"] = [node.id for node in draft.nodes.values() if node.id != "0"]
    for node in draft.nodes.values():
        data |= {f"n{node.id}-{name}": texts for name, texts in node.typed.items()}
        data |= {f"n{node.id}-parent": node.parent, f"n{node.id}-is": "group" if node.is_group else "condition"}
    return data | more


RULE = {
    "all": [
        {"field": "kind", "op": "in", "value": ["company"]},
        {
            "not": {
                "any": [
                    {"field": "churn_risk", "op": "gte", "value": "0.5"},
                    {"not": {"field": "is_vip", "op": "is", "value": True}},
                ]
            }
        },
        {
            "event": "purchase",
            "measure": "amount",
            "op": "between",
            "value": [100, 200],
            "period": {"from": "2026-01-01", "to": "2026-06-30"},
            "where": {"product": ["皿", "Tea cup"]},
        },
    ]
}


def _read(data):
    found = QueryDict(mutable=True)
    for name, texts in data.items():
        found.setlist(name, texts if isinstance(texts, list) else [texts])
    return Draft.read(found)


@pytest.mark.django_db
@pytest.mark.parametrize("rule", [RULE, *(one.rule for one in STARTING_POINTS.values())])
def test_a_rule_put_into_the_form_comes_back_as_it_was(rule):
    assert drafting.rule_of(_read(_typed(rule))) == rule
    assert rules.parse(rule).words()


@pytest.mark.django_db
def test_the_page_saves_a_rule_typed_and_writes_it_down(cs, maker):
    factories.customer("A", kind="company")
    answer = cs.post(reverse("segments:new"), _typed(RULE, do="save"))
    segment = Segment.objects.get(name="私の区分")
    assert answer.url == reverse("segments:detail", args=[segment.slug])
    assert (segment.rule, segment.created_by, segment.state) == (RULE, maker, "never")
    assert AuditEvent.objects.get(action="segment.create").object_id == str(segment.pk)


@pytest.mark.django_db
def test_every_button_shows_the_page_again_with_what_was_typed(cs):
    data = _typed(RULE, name="下書き")
    html = cs.post(reverse("segments:new"), data | {"do": "add:0"}).content.decode()
    assert 'value="下書き"' in html
    assert html.count('name="node"') == len(data["node"]) + 1
    assert re.search(r'id="n6-what"[^>]*autofocus', html)
    assert "is-wrong" not in html
    assert not Segment.objects.filter(is_ready_made=False).exists()
