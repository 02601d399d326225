"""What happens to records is told to other systems: by codes and counts, never by names or addresses."""

import datetime as dt
import json

import pytest
from django.core.files.base import ContentFile

from accounts import webhooks
from accounts.models import WebhookMessage
from customers import consent, editing, erasing, merging
from customers.importing import running, undoing
from customers.models import Contact
from tests import factories

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 22, 3, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def admin():
    who = factories.user(role="admin")
    webhooks.add(url="https://hook.example", kinds=list(webhooks.KINDS), by=who)
    return who


def told() -> list[tuple[str, dict]]:
    return list(WebhookMessage.objects.order_by("id").values_list("kind", "payload"))


def test_an_import_and_its_undo_are_told(admin):
    text = "customer_id,name,email\n1,甲,a@example.jp\n"
    queued = running.start(
        kind="customers", source=ContentFile(text.encode()), file_name="f.csv", mapping={}, options={}, by=admin
    )
    running.run(import_id=queued.pk, now=NOW)
    undoing.begin(import_id=queued.pk, by=admin)
    undoing.run(import_id=queued.pk, now=NOW)
    assert [kind for kind, _data in told()] == ["import.finished", "import.undone"]
    assert told()[0][1] | {"import_id": 0} == {
        "import_id": 0, "kind": "customers", "rows": 1, "created": 1, "updated": 0, "unchanged": 0, "rejected": 0
    }  # fmt: skip


def test_a_merge_a_refusal_and_an_erasure_are_told_without_names(admin):
    winner, loser = factories.customer("1", name="山田太郎"), factories.customer("2")
    Contact.objects.create(customer=winner, email="taro@example.jp", is_primary=True)
    done = merging.merge(winner=winner, loser=loser, fields={}, by=admin, now=NOW)
    merging.undo(merge=done, by=admin, now=NOW)
    assert [data["is_undone"] for _kind, data in told()] == [False, True]
    consent.withdraw(customer=winner, channel="mail", address="taro@example.jp", at=NOW, source="本人", by=admin)
    erasing.erase(customer=winner, by=admin, now=NOW, why="本人の請求")
    kinds = [kind for kind, _data in told()]
    assert kinds == ["customer.merged", "customer.merged", "consent.withdrawn", "customer.erased"]
    written = json.dumps([data for _kind, data in told()], ensure_ascii=False)
    assert "山田" not in written
    assert "taro@" not in written


def test_an_edit_by_hand_is_told(admin):
    who = factories.customer("1")
    editing.change(customer=who, fields={"name": "乙"}, contact={}, version=1, by=admin, on=dt.date(2026, 11, 22))
    assert told() == [("customer.changed", {"customer_id": "1"})]
