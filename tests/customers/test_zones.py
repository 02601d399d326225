"""configure: what changes with a setting, and what must not."""

import datetime as dt
import io

import pytest
from django.core.management import CommandError, call_command
from django.utils.translation import override

from accounts.models import AuditEvent, Installation
from customers.models import Login, Purchase, Touched
from tests import factories

pytestmark = pytest.mark.django_db


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def configure(*words: str) -> str:
    out = io.StringIO()
    with override("en"):
        call_command("configure", *words, stdout=out)
    return out.getvalue()


def test_it_writes_prints_and_records_what_changed():
    assert configure("inactivity_days=90", "month_end=off", "tax=excluded") == "inactivity_days=90\nmonth_end=off\n"
    row = Installation.get()
    assert (row.inactivity_days, row.month_end) == (90, False)
    event = AuditEvent.objects.get()
    assert (event.action, event.actor, event.detail) == (
        "settings_changed",
        None,
        {"fields": ["inactivity_days", "month_end"]},
    )


def test_nothing_changed_writes_nothing():
    assert configure("inactivity_days=180") == ""
    assert not AuditEvent.objects.exists()


def test_an_empty_value_resets():
    factories.configure(rfm_window_days=365)
    assert configure("rfm_window_days=") == "rfm_window_days=\n"
    assert Installation.get().rfm_window_days is None


def test_one_wrong_word_changes_nothing():
    with pytest.raises(CommandError, match="fiscal_year_start=0"):
        configure("inactivity_days=90", "fiscal_year_start=0")
    assert Installation.get().inactivity_days == 180


def test_another_zone_moves_purchases_and_logins_to_their_new_days():
    who, other = factories.customer(), factories.customer()
    early = factories.purchase(who, "2026-03-02")
    # 16:30 UTC on 1 March is 01:30 on 2 March in Tokyo, and still 1 March in London.
    Purchase.objects.filter(pk=early.pk).update(purchased_at=at("2026-03-01T16:30"))
    noon = factories.purchase(other, "2026-03-02")
    login = Login.objects.create(customer=who, logged_in_at=at("2026-03-01T15:00"), logged_in_on=dt.date(2026, 3, 2))

    configure("time_zone=Europe/London")

    assert Purchase.objects.get(pk=early.pk).purchased_on == dt.date(2026, 3, 1)
    assert Purchase.objects.get(pk=noon.pk).purchased_on == dt.date(2026, 3, 2)
    assert Login.objects.get(pk=login.pk).logged_in_on == dt.date(2026, 3, 1)
    assert list(Touched.objects.values_list("customer_id", flat=True)) == [who.pk]


def test_back_to_the_first_zone_every_day_is_as_before():
    who = factories.customer()
    for number, on in enumerate(["2025-12-31", "2026-01-01", "2026-03-29"]):
        factories.purchase(who, on, amount=number)
        factories.login(who, on, hour=number * 11)
    before = [list(Purchase.objects.values_list("pk", "purchased_on").order_by("pk"))]
    before += [list(Login.objects.values_list("pk", "logged_in_on").order_by("pk"))]
    configure("time_zone=America/New_York")
    configure("time_zone=")
    after = [list(Purchase.objects.values_list("pk", "purchased_on").order_by("pk"))]
    after += [list(Login.objects.values_list("pk", "logged_in_on").order_by("pk"))]
    assert after == before


def test_the_currency_may_change_while_no_amount_is_stored():
    assert configure("currency=USD") == "currency=USD\n"


def test_the_currency_stays_once_amounts_are_stored():
    factories.purchase(factories.customer(), "2026-03-02")
    with pytest.raises(CommandError, match="Amounts are stored in JPY already"):
        configure("currency=USD", "inactivity_days=90")
    assert Installation.get().inactivity_days == 180
    assert configure("currency=JPY") == ""
