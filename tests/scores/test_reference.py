"""Published and known figures of real data (the sample data's README)."""

from collections import Counter
from decimal import Decimal

import pytest
from django.db import connection

from customers.models import Customer
from scores import scoring
from scores.models import Lifecycle, ModelFit, Prediction, Score, ScoreSnapshot
from tests.factories import configure, day, load_purchases, moment

pytestmark = pytest.mark.django_db
NOW = "2026-11-22"


def compute(as_of: str) -> dict:
    return scoring.compute(as_of=day(as_of), now=moment(NOW))


def within(share: float, **figures: float) -> dict:
    return {name: pytest.approx(value, rel=share) for name, value in figures.items()}


def test_cdnow_model_and_segments(sample_data):
    configure(currency="USD")
    load_purchases(sample_data / "cdnow_sample_purchases.csv")
    compute("1997-09-30")
    fit = ModelFit.objects.get(as_of="1997-09-30")
    published = within(
        0.005, r=0.243, alpha=4.414, a=0.793, b=2.426, log_likelihood=-9582.4, p=6.25, q=3.74, gamma=15.44
    )
    assert {name: fit.params[name] for name in published} == published
    assert (fit.uses, fit.customers, fit.repeaters) == ("bgnbd", 2357, 946)

    counts = compute("1998-06-30")
    assert (counts["customers"], counts["scored"]) == (2357, 2357)
    assert segments() == {
        "hibernating": 860,
        "champions": 414,
        "about_to_sleep": 345,
        "loyal_customers": 315,
        "potential_loyalists": 246,
        "at_risk": 90,
        "need_attention": 84,
        "cant_lose_them": 3,
    }
    assert ScoreSnapshot.objects.filter(as_of="1998-06-30").count() == 2357


def segments() -> dict[str, int]:
    return dict(Counter(Score.objects.exclude(rfm_segment="").values_list("rfm_segment", flat=True)))


def test_online_retail(sample_data):
    load_purchases(sample_data / "online_retail_orders.csv")
    counts = compute("2011-12-09")
    assert (counts["customers"], counts["scored"], counts["prospects"], counts["model"]) == (4372, 4339, 33, "nbd")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(frequency), sum(monetary), count(*) FILTER (WHERE monetary < 0), avg(recency_days),"
            " percentile_cont(0.5) WITHIN GROUP (ORDER BY recency_days), avg(frequency), max(frequency)"
            " FROM scored WHERE r IS NOT NULL"
        )
        orders, net, below, recency, median, frequency, most = cursor.fetchone()
    assert (orders, net, below, median, most) == (18536, Decimal("8310477.05"), 8, 50, 210)
    assert (float(recency), float(frequency)) == (pytest.approx(92.04, abs=0.005), pytest.approx(4.272, abs=0.0005))
    assert segments() == {
        "hibernating": 1349,
        "loyal_customers": 681,
        "champions": 604,
        "about_to_sleep": 475,
        "potential_loyalists": 474,
        "at_risk": 372,
        "promising": 164,
        "need_attention": 116,
        "new_customers": 67,
        "cant_lose_them": 37,
    }
    one = Score.objects.get(customer__code="12347")
    assert ((day("2011-12-09") - one.last_purchase_on).days, one.frequency, one.monetary) == (2, 7, Decimal("4310.00"))
    prediction = Prediction.objects.get(customer=one.customer)
    assert prediction.p_alive is None
    assert prediction.expected_purchases_365d > 0
    refunded = Customer.objects.filter(score__lifecycle=Lifecycle.PROSPECT)
    assert not Prediction.objects.filter(customer__in=refunded).exists()
