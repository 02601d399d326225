import pytest
from django.core.files.base import ContentFile

from accounts.models import User
from customers.importing import previewing, running, showing, staging
from customers.models import Contact, Customer, Import
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def draft(kind, text):
    source = ContentFile(text.encode())
    return running.start(
        kind=kind, source=source, file_name="f.csv", mapping={}, options={}, by=None, state=Import.State.DRAFT
    )


def differences(kind, text):
    """Label → (before, after) of the one row that would be made or changed."""
    waiting = draft(kind, text)
    found = previewing.preview(waiting, *staging.layout_and_mapping(waiting))
    (example,) = found.created + found.updated
    return {str(label): (before, after) for label, before, after in example.changes}


def test_a_dry_run_shows_interactions_in_words():
    one = factories.customer("1")
    User.objects.create(email="s@example.jp", name="鈴木 一郎")
    Contact.objects.create(customer=one, name="山田")
    header = "interaction_id,customer_id,occurred_at,kind,direction,status,by,contact_id\n"
    assert differences("interactions", header + "T1,1,2024-04-01 10:00,電話,受信,対応中,鈴木,山田\n") == {
        "number of the interaction": ("", "T1"),
        "kind": ("", "Phone call"),
        "direction": ("", "They contacted us"),
        "status": ("", "In progress"),
        "occurred at": ("", "2024/04/01 10:00"),
        "our member of staff": ("", "鈴木 一郎"),
        "contact at the customer": ("", "山田"),
    }
    before = draft("interactions", header + "T1,1,2024-04-01 10:00,電話,受信,対応中,鈴木,山田\n")
    Import.objects.filter(pk=before.pk).update(state=Import.State.QUEUED)
    running.run(import_id=before.pk, now=factories.moment("2026-11-21"))
    assert differences("interactions", header + "T1,1,2024-04-02,mail,,完了,,\n") == {
        "kind": ("Phone call", "E-mail"),
        "status": ("In progress", "Closed"),
        "occurred at": ("2024/04/01 10:00", "2024/04/02"),
    }


def test_a_dry_run_shows_what_is_kept_with_an_event_and_when_usage_was():
    factories.customer("1")
    assert differences("events", "customer_id,kind,occurred_at,会場\n1,seminar,2024-04-01,東京\n") == {
        "kind": ("", "seminar"),
        "occurred at": ("", "2024/04/01"),
        "what is kept with it": ("", "会場: 東京"),
    }
    assert differences("usage", "customer_id,feature,used_at\n1,検索,2024-04-01\n").items() >= {
        ("feature", ("", "検索")),
        ("used at", ("", "2024/04/01")),
    }


def test_other_values_stand_as_they_are_or_by_their_names():
    assert showing.words("customers", "attributes", {"a": "x"}) == "a: x"
    assert showing.words("customers", "tags", ["a", "b"]) == "a, b"
    assert showing.words("invoices", "method", "2024-04-01T00:00:00Z") == "2024-04-01T00:00:00Z"
    assert showing.words("contracts", "billing_cycle", "yearly") == "yearly"
    assert showing.words("customers", "parent_id", factories.customer("9", name="親会社").pk) == "親会社"
    assert Customer.objects.count() == 1
