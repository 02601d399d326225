"""Days off: entered, refused where they make no sense, taken out again."""

import pytest

from accounts.models import AuditEvent, ClosedDays

pytestmark = pytest.mark.django_db
URL = "/settings/calendar/"


def test_days_off_are_entered_and_taken_out_again(admin_client):
    days = {"name": "夏季休業", "first_on": "2026-08-10", "last_on": "2026-08-12", "is_yearly": "on"}
    assert admin_client.post(URL, days).status_code == 302
    made = ClosedDays.objects.get()
    assert made.is_yearly
    assert "夏季休業" in admin_client.get(URL).content.decode()
    assert admin_client.post(f"{URL}{made.pk}/remove/").status_code == 302
    assert not ClosedDays.objects.exists()
    assert {"calendar.add", "calendar.remove"} <= set(AuditEvent.objects.values_list("action", flat=True))


@pytest.mark.parametrize(
    "days",
    [
        {"first_on": "2026-08-12", "last_on": "2026-08-10"},
        {"first_on": "2026-01-01", "last_on": "2027-01-01", "is_yearly": "on"},
    ],
)
def test_days_that_make_no_sense_are_refused_at_their_field(admin_client, days):
    answer = admin_client.post(URL, {"name": "x", **days})
    assert answer.status_code == 422
    assert answer.context["form"].errors["last_on"]
    assert not ClosedDays.objects.exists()
