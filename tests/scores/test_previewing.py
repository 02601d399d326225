"""What other settings would do, counted by hand before anything is saved."""

import pytest

from accounts.models import Installation
from scores import previewing, scoring
from scores.models import Score
from tests.factories import customer, day, moment, purchase

pytestmark = pytest.mark.django_db
AS_OF = day("2026-06-30")


def lines(found: previewing.Preview, kind: str) -> dict:
    return {line.key: (line.before, line.after) for line in found.lines[kind]}


def test_counts_stand_side_by_side_and_nothing_is_stored():
    # four buyers of 100, 200, 300, 400 yen, 10 days ago; by rank M is 1, 2, 4, 5 (p = 0, ⅓, ⅔, 1)
    for amount in (100, 200, 300, 400):
        purchase(customer(), "2026-06-20", amount)
    scoring.compute(as_of=AS_OF, now=moment("2026-07-01"))
    settings = Installation.get()
    settings.rfm_m_cutoffs = [100, 200, 300, 400]
    settings.fresh_days = 9  # no longer new on the tenth day
    found = previewing.preview(settings=settings, as_of=AS_OF)
    assert lines(found, "m") == {"1": (1, 0), "2": (1, 1), "3": (0, 1), "4": (1, 1), "5": (1, 1)}
    assert lines(found, "segment") == {"need_attention": (4, 4)}
    assert lines(found, "stage") == {"new": (4, 0), "active": (0, 4)}
    assert found.moved == {"segment": 0, "stage": 4}
    assert sorted(Score.objects.values_list("m", flat=True)) == [1, 2, 4, 5]
    assert Installation.get().rfm_m_cutoffs is None


def test_a_company_too_large_for_the_limit_is_said_to_be(monkeypatch):
    purchase(customer(), "2026-06-20")
    real = previewing.sql.run

    def slow(name, params=None):
        if "lifecycle" in name:
            with previewing.connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(5)")
        return real(name, params)

    monkeypatch.setattr(previewing.sql, "run", slow)
    with pytest.raises(previewing.TooSlowError):
        previewing.preview(settings=Installation.get(), as_of=AS_OF, limit=0.3)
    assert Score.objects.count() == 0
