"""The picture of a movement: what stands in the blocks adds up, and nothing overlaps."""

import re
from itertools import pairwise

from metrics import ribbons

ORDER = ["a", "b", "c", ""]


def test_blocks_add_up_and_stand_in_order():
    picture = ribbons.picture({("a", "a"): 3, ("a", "b"): 1, ("b", "a"): 2, ("", "b"): 4, ("c", ""): 0}, ORDER)
    assert [(one.code, one.value) for one in picture.left] == [("a", 4), ("b", 2), ("", 4)]
    assert [(one.code, one.value) for one in picture.right] == [("a", 5), ("b", 5)]
    for side in (picture.left, picture.right):
        for upper, lower in pairwise(side):
            assert upper.y + upper.height <= lower.y
        assert side[-1].y + side[-1].height <= ribbons.HEIGHT + 0.1
    # ten customers share 440 − 2 gaps of 6: 42.8 each
    assert [one.height for one in picture.left] == [171.2, 85.6, 171.2]


def test_ribbons_of_a_block_lie_below_one_another():
    picture = ribbons.picture({("a", "a"): 3, ("a", "b"): 1}, ORDER)
    tops = [re.match(r"M14 ([\d.]+)C", one.path)[1] for one in picture.ribbons]
    # 440 − 1 gap on the right: 434 for four customers
    assert tops == ["0.0", "325.5"]
    assert [one.is_move for one in picture.ribbons] == [False, True]


def test_nobody_gives_an_empty_picture():
    assert ribbons.picture({}, ORDER).ribbons == []
