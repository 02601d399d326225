"""What the demo's team made for itself stands once, however often the demo is loaded."""

import datetime as dt

import pytest

from accounts.models import Role
from demo import examples
from segments.models import Segment, TouchPlan
from tests import factories

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 22, 3, tzinfo=dt.UTC)


@pytest.fixture
def staff():
    owner = factories.user("cs@example.jp")
    factories.user("manager@example.jp", role=Role.MANAGER)
    for number in range(3):
        factories.customer(f"K-{number}", owner=owner)
    return owner


def test_own_segments_and_the_list_of_a_fair_are_made_once(staff):
    for _time in range(2):
        examples.segments(now=NOW)
    made = Segment.objects.filter(created_by=staff)
    assert {one.name for one in made} == {"90日買っていない優良顧客", "初回から30日、2回目なし", "秋の展示会 来場者"}
    assert made.get(is_frozen=True).member_count == 3


def test_one_owner_of_the_touch_model_works_part_time(staff):
    examples.touch_model(now=NOW)
    plan = TouchPlan.get()
    assert [rule["tier"] for rule in plan.rules] == ["high", "high", "low"]
    assert (plan.capacity(staff.pk), plan.capacity(0)) == (96, 120)
    examples.touch_model(now=NOW + dt.timedelta(days=1))
    assert TouchPlan.get().changed_at == NOW
