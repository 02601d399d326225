import pytest

from segments import contradictions, membership, ready_made, rules
from segments.models import Segment
from tests import factories
from tests.segments.some_people import AS_OF

pytestmark = pytest.mark.django_db


def test_every_ready_made_rule_can_be_read_and_fitted():
    for made in ready_made.READY_MADE:
        contradictions.refuse(rules.parse(made.rule), as_of=AS_OF)


def test_bought_once_means_once_ever_also_where_scores_look_at_a_window_only():
    factories.configure(rfm_window_days=30)
    once, twice = factories.customer("once"), factories.customer("twice")
    factories.purchase(once, "2025-01-01")
    factories.purchase(twice, "2025-01-01")
    factories.purchase(twice, "2026-06-20")
    ready_made.ensure()
    segment = Segment.objects.get(slug="first-purchase-only")
    assert list(membership.matching(segment, as_of=AS_OF)) == [once]
    factories.configure(rfm_window_days=None)
    ready_made.ensure()
    segment.refresh_from_db()
    assert segment.rule["field"] == "frequency"
