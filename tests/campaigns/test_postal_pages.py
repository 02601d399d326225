"""The page of a campaign's letters."""

import datetime as dt
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from accounts.models import AuditEvent, Role
from campaigns import postal_lists
from campaigns.models import Campaign, Delivery, Step, Way
from customers import consent
from customers.models import Channel
from segments.models import Segment
from tests import factories
from tests.campaigns.conftest import WORDS

pytestmark = pytest.mark.django_db
State = Delivery.State


@pytest.fixture
def manager(client, installation):
    user = factories.user(role=Role.MANAGER)
    client.force_login(user, backend="accounts.backends.StaffBackend")
    client.user = user
    return client


@pytest.fixture
def posting(manager) -> Campaign:
    """One letter to C1, due now."""
    now = timezone.now()
    segment = Segment.objects.create(slug="quiet", name="Quiet", rule={})
    campaign = Campaign.objects.create(
        name="DM", segment=segment, created_by=manager.user, state=Campaign.State.RUNNING, planned_to=1
    )
    step = Step.objects.create(campaign=campaign, channel=Way.POSTAL, body="=新豆です", unit_cost=63)
    customer = factories.customer(code="C1", name="髙島商事", postal_code="1000001", address="千代田1-1")
    contact = customer.contacts.create(name="山田 太郎", is_primary=True)
    given = {"customer": customer, "channel": Channel.POSTAL, "address": "C1", "at": now, "source": "form"}
    consent.grant(**given, basis="consent", wording=WORDS)
    Delivery.objects.create(
        campaign=campaign,
        step=step,
        customer=customer,
        contact=contact,
        channel=Way.POSTAL,
        address="C1",
        token="t",
        planned_at=now,
        due_at=now,
    )
    return campaign


def url(name: str, campaign: Campaign, *more) -> str:
    return reverse(f"campaigns:postal{name}", args=[campaign.pk, *more])


@pytest.fixture
def listed(posting, manager):
    manager.post(url("-make", posting))
    return postal_lists.lists(posting)[0].token


def test_the_page_leads_from_what_is_due_to_a_list(posting, manager):
    assert "リストを作る" in manager.get(url("", posting)).content.decode()
    page = manager.post(url("-make", posting), follow=True).content.decode()
    assert "未投函" in page
    assert "¥63" in page
    assert manager.post(url("-make", posting), follow=True).status_code == 200


def test_the_workbook_holds_what_a_printer_needs(posting, manager, listed):
    answer = manager.post(url("-download", posting, listed), {"form": "xlsx"})
    rows = list(load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active.values)
    code = next(postal_lists.letters(posting, listed)).response_code
    assert rows[1] == ("C1", "100-0001", "千代田1-1", "髙島商事", None, "山田 太郎 様", code, None, "'=新豆です")
    assert AuditEvent.objects.filter(action="postal.download").count() == 1


@pytest.mark.parametrize("form", ["2x6", "3x4"])
def test_labels_come_as_a_pdf(posting, manager, listed, form):
    answer = manager.post(url("-download", posting, listed), {"form": form})
    assert (answer["Content-Type"], answer.content[:4]) == ("application/pdf", b"%PDF")


def test_cs_staff_do_not_take_addresses_away(posting, client, listed):
    client.force_login(factories.user(role=Role.CS), backend="accounts.backends.StaffBackend")
    assert client.post(url("-download", posting, listed), {"form": "csv"}).status_code == 403
    assert "管理者" in client.get(url("", posting)).content.decode()


def test_only_confirmed_letters_count_as_sent(posting, manager, listed):
    day = postal_lists.Installation.get().day_of(timezone.now())
    for wrong in ("", "2026-99-99", (day + dt.timedelta(1)).isoformat()):
        manager.post(url("-posted", posting, listed), {"day": wrong})
        assert posting.deliveries.get().state == State.SENDING
    manager.post(url("-posted", posting, listed), {"day": day.isoformat()})
    assert posting.deliveries.get().state == State.ACCEPTED
    page = manager.post(url("-posted", posting, listed), {"day": day.isoformat()}, follow=True).content.decode()
    assert "投函待ちのDMはもうありません" in page


def test_a_list_can_be_taken_back(posting, manager, listed):
    manager.post(url("-back", posting, listed))
    assert posting.deliveries.get().state == State.PENDING


def test_what_came_back_is_pasted_or_comes_as_a_file(posting, manager, listed):
    manager.post(url("-posted", posting, listed), {"day": postal_lists.Installation.get().day_of(timezone.now())})
    file = SimpleUploadedFile("codes.csv", "C1,青空商事\n".encode("cp932"))
    answer = manager.post(url("-codes", posting), {"codes": "誰か", "file": file, "do": "returned"})
    assert answer.status_code == 422
    assert "誰か" in answer.content.decode()
    assert posting.deliveries.get().bounced_at is not None
    assert manager.post(url("-codes", posting), {"codes": "C1", "do": "answered"}).status_code == 302
    assert posting.deliveries.get().clicked_at is not None


def test_a_file_that_is_too_large_is_refused(posting, manager):
    file = SimpleUploadedFile("codes.csv", b"x" * (1024 * 1024 + 1))
    assert manager.post(url("-codes", posting), {"file": file}).status_code == 422


def test_a_campaign_without_letters_has_no_such_page(posting, manager):
    posting.steps.update(channel=Way.MAIL)
    assert manager.get(url("", posting)).status_code == 404
