import datetime as dt

import pytest
from django.urls import reverse

from scores.models import Score
from segments import narrowing
from segments.models import Segment
from tests import factories

AS_OF = dt.date(2026, 6, 30)


def _is(field, value):
    return {"field": field, "op": "eq", "value": value}


@pytest.fixture
def segment(db):
    """M 5 and not (F 1 or R 1), of five customers of whom one has no scores."""
    factories.customer("none")
    for m, f, r in [(5, 1, 3), (5, 2, 1), (5, 3, 3), (4, 1, 1)]:
        Score.objects.create(customer=factories.customer(), as_of=AS_OF, m=m, f=f, r=r)
    rule = {"all": [_is("m", 5), {"not": {"any": [_is("f", 1), _is("r", 1)]}}]}
    return Segment.objects.create(slug="s", name="S", rule=rule)


def test_each_condition_is_counted_alone_and_after_those_before(segment, django_assert_max_num_queries):
    with django_assert_max_num_queries(15):
        found = narrowing.narrow(segment, as_of=AS_OF)
    assert found.everybody == 5
    assert [(step.alone, step.left, step.lost) for step in found.steps] == [(3, 3, 2), (3, 2, 1), (3, 1, 1)]
    assert [round(step.share, 2) for step in found.steps] == [0.6, 0.67, 0.5]
    assert found.sharpest == found.steps[0]


def test_the_page_shows_it_or_says_why_not(client, segment):
    client.force_login(factories.user(), backend="accounts.backends.StaffBackend")
    html = client.get(reverse("segments:why", args=["s"])).content.decode()
    assert "全5件からこのセグメントまで" in html
    assert html.count("最も減る") == 1
    Segment.objects.update(rule={"field": "segment", "op": "in", "value": ["s"]})
    assert "互いに参照し合っています: S → S" in client.get(reverse("segments:why", args=["s"])).content.decode()
