"""The stages a customer went through."""

import datetime as dt

from customers.models import Customer
from scores.models import LifecycleStage


def stages(customer: Customer, *, until: dt.date | None = None) -> list[LifecycleStage]:
    """Newest first; `until` leaves out what began later. `.ended_on` is the first day of the next stage, None: still.

    Kept since scores are computed every day: what went before the first run is one stage, that of the first run.
    """
    found = LifecycleStage.objects.filter(customer=customer)
    # An empty begin stands for "always so far": it is the oldest.
    rows = sorted(found, key=lambda stage: stage.began_on or dt.date.min, reverse=True)
    return [stage for stage in rows if until is None or stage.began_on is None or stage.began_on <= until]
