"""The words of scores: which cell of R × F is which segment, and words that differ by churn policy."""

from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

from accounts.models import ChurnPolicy, Installation
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

# Days of Installation.stages stand in them.
LIFECYCLE_MEANINGS: dict[str, Promise] = {
    Lifecycle.PROSPECT: pgettext_lazy("lifecycle", "Has never bought nor signed."),
    Lifecycle.NEW: pgettext_lazy("lifecycle", "First purchase or contract not more than %(fresh_days)s days ago."),
    Lifecycle.ACTIVE: pgettext_lazy("lifecycle", "Active, and the rules of no other stage apply."),
    Lifecycle.SLIPPING: pgettext_lazy("lifecycle", "Quiet for more than %(slipping_days)s days, or notice was given."),
    Lifecycle.PRE_DORMANT: pgettext_lazy(
        "lifecycle", "Still active, but quiet for more than %(pre_dormant_days)s days."
    ),
    Lifecycle.UNUSED: pgettext_lazy(
        "lifecycle", "Under contract, without a login or purchase for %(unused_days)s days."
    ),
    Lifecycle.WON_BACK: pgettext_lazy(
        "lifecycle", "Active again for not more than %(fresh_days)s days after not having been."
    ),
    Lifecycle.DORMANT: pgettext_lazy("lifecycle", "No longer active, quiet for not more than %(dormant_days)s days."),
    Lifecycle.LAPSED: pgettext_lazy("lifecycle", "No longer active, quiet for more than %(dormant_days)s days."),
    Lifecycle.CANCELLED: pgettext_lazy("lifecycle", "No longer under contract."),
}


def cells(settings: Installation) -> dict[tuple[int, int], RfmSegment]:
    """(R, F) → segment as the company painted its grid; CELLS where it did not."""
    painted = settings.rfm_grid
    if not painted:
        return CELLS
    return {(n // 5 + 1, n % 5 + 1): RfmSegment(code) for n, code in enumerate(painted)}


def segment_of(r: int, f: int) -> RfmSegment:
    """The RFM segment of a cell before any painting; KeyError outside 1–5."""
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


def lifecycle_meaning(lifecycle: str, settings: Installation) -> str:
    """What a stage means, with the company's own numbers of days."""
    return str(LIFECYCLE_MEANINGS[Lifecycle(lifecycle)]) % {key: f"{n:,}" for key, n in settings.stages.items()}
