"""The words of scores: which cell of R × F is which segment, and words that differ by churn policy."""

from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

from accounts.models import ChurnPolicy
from scores.models import Lifecycle, RfmSegment

# PRODUCT.md §1: (segment, its R, its F). Every one of the 25 cells is named exactly once.
_AREAS = [
    (RfmSegment.CHAMPIONS, (5,), (4, 5)),
    (RfmSegment.LOYAL_CUSTOMERS, (3, 4), (4, 5)),
    (RfmSegment.POTENTIAL_LOYALISTS, (4, 5), (2, 3)),
    (RfmSegment.NEW_CUSTOMERS, (5,), (1,)),
    (RfmSegment.PROMISING, (4,), (1,)),
    (RfmSegment.ABOUT_TO_SLEEP, (3,), (1, 2)),
    (RfmSegment.AT_RISK, (1, 2), (3, 4)),
    (RfmSegment.CANT_LOSE_THEM, (1, 2), (5,)),
    (RfmSegment.HIBERNATING, (1, 2), (1, 2)),
    (RfmSegment.NEED_ATTENTION, (3,), (3,)),
]
CELLS: dict[tuple[int, int], RfmSegment] = {(r, f): segment for segment, rs, fs in _AREAS for r in rs for f in fs}

LIFECYCLE_MEANINGS: dict[str, Promise] = {
    Lifecycle.PROSPECT: pgettext_lazy("lifecycle", "Has never bought nor signed."),
    Lifecycle.NEW: pgettext_lazy("lifecycle", "First purchase or contract not more than 90 days ago."),
    Lifecycle.ACTIVE: pgettext_lazy("lifecycle", "Active, and nothing points to leaving."),
    Lifecycle.SLIPPING: pgettext_lazy(
        "lifecycle", "Quiet for more than a third of the days that make inactive, or notice was given."
    ),
    Lifecycle.PRE_DORMANT: pgettext_lazy(
        "lifecycle", "Still active, but quiet for more than two thirds of the days that make inactive."
    ),
    Lifecycle.UNUSED: pgettext_lazy("lifecycle", "Under contract, without a login or purchase for 60 days."),
    Lifecycle.WON_BACK: pgettext_lazy("lifecycle", "Active again for not more than 90 days after not having been."),
    Lifecycle.DORMANT: pgettext_lazy(
        "lifecycle", "No longer active, quiet for not more than three times the days that make inactive."
    ),
    Lifecycle.LAPSED: pgettext_lazy("lifecycle", "No longer active for longer than that."),
    Lifecycle.CANCELLED: pgettext_lazy("lifecycle", "No longer under contract."),
}


def segment_of(r: int, f: int) -> RfmSegment:
    """The RFM segment of a cell; KeyError outside 1–5."""
    return CELLS[r, f]


def slug(segment: str) -> str:
    """`cant_lose_them` → `cant-lose-them`, as ready-made segments are called."""
    return segment.replace("_", "-")


def lifecycle_label(lifecycle: str, policy: str) -> str | Promise:
    """The word for a stage under a churn policy: "active" and "won back" have two."""
    if policy == ChurnPolicy.CONTRACT and lifecycle == Lifecycle.ACTIVE:
        return pgettext_lazy("under contract", "Active")
    if policy == ChurnPolicy.CONTRACT and lifecycle == Lifecycle.WON_BACK:
        return pgettext_lazy("under contract", "Won back")
    return Lifecycle(lifecycle).label
