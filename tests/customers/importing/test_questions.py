"""What the browser asks of a file, and how the answers are kept."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from customers.models import Import, SavedMapping
from tests import factories

from .test_recognising import EXPORTS

pytestmark = pytest.mark.django_db
SILENT = "顧客番号,注文番号,注文日,合計金額,商品名\n1,A,25/04/2024,1100,ペン\n"


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def admin(client):
    client.force_login(factories.user(role="admin"))
    return client


def uploaded(client, content, kind="purchases"):
    content = content.encode() if isinstance(content, str) else content
    answer = client.post(reverse("customers:imports"), {"kind": kind, "file": SimpleUploadedFile("f.csv", content)})
    return answer.url


def chosen(page):
    return {f"column_{row.index}": row.chosen for row in page.context["rows"]}


def test_tax_and_totals_are_asked_and_the_answers_kept_and_remembered(admin):
    url = uploaded(admin, SILENT)
    page = admin.get(url)
    assert set(page.context["asks"]) == {"tax_included"}
    assert 'name="tax_included"' in page.content.decode()
    assert 'name="totals_once"' in page.content.decode()
    answers = chosen(page) | {"tax_included": "true", "totals_once": "off"}
    assert admin.post(url, answers).url.endswith("preview/")
    draft = Import.objects.get()
    assert draft.mapping["constants"] == {"tax_included": "true"}
    assert draft.mapping["totals_once"] is False
    assert draft.mapping["judged"]["date_order"] == "DMY"
    kept = SavedMapping.objects.get().mapping
    assert (kept["constants"], kept["totals_once"], "judged" in kept) == ({"tax_included": "true"}, False, False)
    again = admin.get(uploaded(admin, SILENT.replace("1100", "2200")))
    assert again.context["is_remembered"]
    assert again.context["asks"] == {}
    assert '<option value="true" selected>' in again.content.decode()


def test_dates_that_nothing_tells_are_asked_before_anything_else(admin):
    url = uploaded(admin, SILENT.replace("25/04", "05/04"))
    page = admin.get(url)
    assert "date_order" in page.context["asks"]
    assert admin.post(url, chosen(page)).status_code == 422  # the page again, with the sentence
    assert admin.post(url, chosen(page) | {"date_order": "DMY"}).status_code == 302


def test_an_export_stays_recognised_when_its_columns_are_confirmed(admin):
    url = uploaded(admin, (EXPORTS / "base_orders.csv").read_bytes())
    page = admin.get(url)
    assert "BASE" in page.content.decode()
    answer = admin.post(url, chosen(page) | {"create_customers": "1"})
    found = admin.get(answer.url).context["found"]
    assert (found.counts.created, found.rejected) == (2, 1)
    assert Import.objects.get().mapping["recognised_as"] == "base_orders"
    again = admin.get(uploaded(admin, (EXPORTS / "base_orders.csv").read_bytes() + b"\r\n"))
    assert again.context["is_remembered"]
    assert "BASE" in again.content.decode()


def test_a_consent_column_whose_words_are_clear_is_not_asked(admin):
    header = "会員ID,氏名,メール,メルマガ可否\n"
    page = admin.get(uploaded(admin, header + "1,あ,a@example.jp,可\n2,い,b@example.jp,不可\n", "customers"))
    assert [row.is_asked for row in page.context["rows"]] == [False, False, False, False]
    page = admin.get(uploaded(admin, header + "1,あ,a@example.jp,1\n2,い,b@example.jp,0\n", "customers"))
    assert [row.is_asked for row in page.context["rows"]] == [False, False, False, True]
