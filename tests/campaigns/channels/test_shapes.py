"""What a step of each way is made of."""

import pytest

from campaigns.channels import registry
from campaigns.channels.shapes import SHAPES, measured
from campaigns.models import Way


def test_every_way_has_a_shape_and_either_a_route_or_people():
    assert set(SHAPES) == set(Way)
    by_hand = {way for way, shape in SHAPES.items() if shape.is_by_hand}
    assert by_hand == registry.BY_HAND
    assert set(registry.ROUTES) | by_hand == set(Way)


@pytest.mark.parametrize(
    ("way", "text", "words"), [(Way.SMS, "あ" * 71, ("2", "71")), (Way.LINE, "😀", ("2", "5,000")), (Way.MAIL, "x", ())]
)
def test_texts_are_measured_as_their_way_counts(way, text, words):
    found = measured(way, text)
    assert all(word in found for word in words)
    assert bool(found) == bool(words)
