"""Calls of campaigns on today's page."""

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from campaigns import calls
from campaigns.models import Campaign, Delivery, Step, Way
from customers.models import Interaction, Suppression
from segments.models import Segment
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client):
    user = factories.user(role=Role.CS)
    client.force_login(user, backend="accounts.backends.StaffBackend")
    client.user = user
    return client


@pytest.fixture
def call(staff) -> Delivery:
    """One call that stands on the list of the one who is signed in."""
    now = timezone.now()
    segment = Segment.objects.create(slug="quiet", name="Quiet", rule={})
    campaign = Campaign.objects.create(
        name="電話フォロー",
        segment=segment,
        created_by=staff.user,
        state=Campaign.State.RUNNING,
        planned_to=1,
        message_class=Campaign.MessageClass.BUSINESS,
    )
    step = Step.objects.create(
        campaign=campaign, channel=Way.TASK, subject="<b>更新の件</b>", body="お変わりありませんか。"
    )
    customer = factories.customer(name="青空商事", owner=staff.user)
    contact = customer.contacts.create(name="山田 太郎", phone="0312345678", is_primary=True)
    found = Delivery.objects.create(
        campaign=campaign,
        step=step,
        customer=customer,
        contact=contact,
        channel=Way.TASK,
        address=customer.code,
        token="t",
        planned_at=now,
        due_at=now,
    )
    calls.hand_out(now=now)
    return found


def ticked(staff, call: Delivery, **form):
    return staff.post(reverse("success:call", args=[call.pk]), form)


def test_the_list_says_whom_to_call_why_and_with_what_words(staff, call):
    page = staff.get(reverse("success:today")).content.decode()
    for words in ("青空商事", "山田 太郎", "0312345678", "&lt;b&gt;更新の件&lt;/b&gt;", "お変わりありませんか。"):
        assert words in page


def test_a_call_ticked_off_leaves_the_list_and_is_logged(staff, call):
    ticked(staff, call, result="talked", note="来月更新するとのこと", refuses="on", scope="mine")
    call.refresh_from_db()
    assert call.state == Delivery.State.ACCEPTED
    assert Interaction.objects.get().body == "来月更新するとのこと"
    assert Suppression.objects.get().address == "0312345678"
    assert "お変わりありませんか。" not in staff.get(reverse("success:today")).content.decode()


def test_without_a_result_nothing_happens(staff, call):
    ticked(staff, call, result="nonsense")
    call.refresh_from_db()
    assert call.state == Delivery.State.SENDING


def test_the_slower_of_two_is_told(staff, call):
    ticked(staff, call, result="not_needed")
    page = staff.post(reverse("success:call", args=[call.pk]), {"result": "talked"}, follow=True).content.decode()
    assert "もう一覧にありません" in page
    assert not Interaction.objects.exists()


def test_a_mail_cannot_be_ticked_off(staff, call):
    Delivery.objects.update(channel=Way.MAIL)
    assert ticked(staff, call, result="talked").status_code == 404
