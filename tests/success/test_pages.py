"""Today's list on the screen, and putting a customer off."""

import datetime as dt
import re

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent, Installation, Role
from customers.models import Event, Interaction
from tests import factories

pytestmark = pytest.mark.django_db
TODAY_PAGE = "success:today"


@pytest.fixture
def staff(client):
    user = factories.user(role=Role.CS)
    client.force_login(user, backend="accounts.backends.StaffBackend")
    client.user = user
    return client


def today():
    return Installation.get().day_of(timezone.now())


def promised(name="青空商事", *, days=0, **fields):
    who = factories.customer(name=name, **fields)
    on = today() - dt.timedelta(days)
    Interaction.objects.create(customer=who, occurred_at=timezone.now(), next_on=on, next_action="折り返し電話")
    return who


def test_cs_staff_see_their_own_list_with_who_why_and_until_when(staff):
    promised("自分の客", days=2, owner=staff.user)
    promised("人の客", owner=factories.user())
    page = staff.get(reverse(TODAY_PAGE)).content.decode()
    assert "自分の客" in page
    assert "人の客" not in page
    assert "折り返し電話" in page
    due = (today() - dt.timedelta(2)).strftime("%Y/%m/%d")
    assert due in re.search(r'<strong class="text-danger">(.*?)</strong>', page)[1]


def test_everybodys_list_is_a_click_away(staff):
    promised("人の客", owner=factories.user())
    assert "人の客" in staff.get(reverse(TODAY_PAGE), {"scope": "all"}).content.decode()


def test_a_manager_begins_with_everybody(client):
    client.force_login(factories.user(role=Role.MANAGER), backend="accounts.backends.StaffBackend")
    promised("人の客", owner=factories.user())
    assert "人の客" in client.get(reverse(TODAY_PAGE)).content.decode()


def test_an_empty_list_says_that_nothing_waits(staff):
    assert '<ul class="jobs">' not in staff.get(reverse(TODAY_PAGE)).content.decode()


def test_a_name_of_200_letters_and_an_emoji_stand_in_the_list(staff):
    promised("🦊" + "長" * 199, owner=staff.user)
    assert "🦊" + "長" * 199 in staff.get(reverse(TODAY_PAGE)).content.decode()


def test_a_name_is_text_not_markup(staff):
    promised("<b>太郎</b>", owner=staff.user)
    assert "<b>太郎" not in staff.get(reverse(TODAY_PAGE)).content.decode()


def test_looking_changes_nothing(staff):
    promised(owner=staff.user)
    before = (AuditEvent.objects.count(), Event.objects.count())
    staff.get(reverse(TODAY_PAGE))
    assert (AuditEvent.objects.count(), Event.objects.count()) == before


def test_later_puts_the_customer_off_for_a_week(staff):
    who = promised(owner=staff.user)
    answer = staff.post(reverse("success:snooze", args=[who.pk]), {"back": "today"})
    assert answer.url == reverse(TODAY_PAGE)
    until = today() + dt.timedelta(7)
    assert Event.objects.get().data == {"until": until.isoformat(), "by": staff.user.pk}
    page = staff.get(reverse(TODAY_PAGE)).content.decode()
    assert f"{until:%Y/%m/%d}" in page
    assert "折り返し電話" not in page


def test_later_leads_back_to_the_dashboard_it_was_pressed_on(staff):
    who = promised(owner=staff.user)
    assert staff.post(reverse("success:snooze", args=[who.pk])).url == reverse("metrics:dashboard")


def test_nobody_is_put_off_by_looking_and_nobody_who_is_not_there(staff):
    who = promised()
    assert staff.get(reverse("success:snooze", args=[who.pk])).status_code == 405
    assert staff.post(reverse("success:snooze", args=[987654321])).status_code == 404
    assert not Event.objects.exists()


def test_the_page_asks_few_questions(staff, django_assert_max_num_queries):
    for _ in range(20):
        promised(owner=staff.user)
    with django_assert_max_num_queries(10):
        staff.get(reverse(TODAY_PAGE))


def test_a_list_cut_off_says_so(staff, monkeypatch):
    monkeypatch.setattr("success.worklist.MOST", 2)
    promised(owner=staff.user)
    assert "1件" in staff.get(reverse(TODAY_PAGE)).content.decode()
    promised(owner=staff.user)
    assert "急ぐ順に2件を表示" in staff.get(reverse(TODAY_PAGE)).content.decode()
