"""What is missing, stale or contradictory: each check by a hand-made case, counted, listed, mended by file."""

import datetime as dt
from decimal import Decimal

import pytest
from django.core.files.base import ContentFile
from kombu.exceptions import OperationalError

from customers import quality, tasks
from customers.importing import running
from customers.models import Contact, Customer, Interaction, Invoice, QualityFigure, Suppression
from tests import factories

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 22, 3, tzinfo=dt.UTC)
TODAY = dt.date(2026, 11, 22)


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def good(code="1", **fields) -> Customer:
    """A customer no check finds fault with."""
    whole = {
        "kana": "カナ", "postal_code": "0600001", "address": "札幌市", "industry": "小売業", "acquired_via": "紹介",
        "owner": fields.pop("owner", None) or factories.user(), "joined_on": dt.date(2020, 1, 1),
    }  # fmt: skip
    who = factories.customer(code, **whole | fields)
    Contact.objects.create(customer=who, name="山田", email=f"a{code}@example.jp", phone="0312345678", is_primary=True)
    return who


def found(name: str) -> list[str]:
    return sorted(one.code for one in quality.customers(name, today=TODAY))


def primary(who: Customer, **fields) -> None:
    Contact.objects.filter(customer=who).update(**fields)


FAULTS = {
    "no_email": lambda who: primary(who, email=""),
    "no_phone": lambda who: primary(who, phone=""),
    "no_address": lambda who: Customer.objects.update(postal_code=""),
    "no_kana": lambda who: Customer.objects.update(kana=""),
    "no_owner": lambda who: Customer.objects.update(owner=None),
    "no_industry": lambda who: Customer.objects.update(industry=""),
    "no_contact": lambda who: primary(who, name=""),
    "no_source": lambda who: Customer.objects.update(acquired_via=""),
    "untouched": lambda who: Customer.objects.update(updated_at=NOW - dt.timedelta(days=367)),
    "bounced": lambda who: Suppression.objects.create(
        channel="mail", address="a1@example.jp", reason="bounced", at=NOW
    ),
    "unsendable": lambda who: primary(who, email="a..b@docomo.ne.jp"),
    "paid_after_end": lambda who: (
        factories.contract(who, "2025-01-01", ends_on=dt.date(2026, 1, 1)),
        Invoice.objects.create(customer=who, invoice_id="1", amount=Decimal(1), paid_on=dt.date(2026, 1, 1)),
    ),
    "renews_after_end": lambda who: factories.contract(
        who, "2025-01-01", ends_on=dt.date(2027, 1, 1), renews_on=dt.date(2027, 1, 2)
    ),
    "bought_before_joining": lambda who: factories.purchase(who, "2019-12-31"),
    "birthday": lambda who: Customer.objects.update(birth_on=dt.date(2026, 11, 23)),
    "contact_left": lambda who: primary(who, left_on=TODAY),
    "resolved_but_open": lambda who: Interaction.objects.create(
        customer=who, occurred_at=NOW, resolved_at=NOW, status="open"
    ),
}


@pytest.mark.parametrize("name", [check.name for check in quality.CHECKS])
def test_a_check_finds_its_fault_and_nobody_else(name):
    who = good("1")
    assert found(name) == []
    FAULTS[name](who)
    good("2", owner=who.owner)
    assert found(name) == ["1"]


def test_what_only_looks_like_a_fault_is_none():
    who = good()
    factories.contract(who, "2025-01-01", contract_id="A", ends_on=dt.date(2026, 1, 1), renews_on=dt.date(2026, 1, 1))
    factories.contract(who, "2026-02-01", contract_id="B")
    factories.purchase(who, "2026-03-01")  # another contract goes on
    factories.purchase(who, "2019-01-01", -100)  # a refund says nothing of joining
    person = good("2", kind="person", industry="")
    Customer.objects.update(updated_at=NOW - dt.timedelta(days=500))  # the first has bought since
    Contact.objects.filter(customer=person).update(name="")
    for name in ("paid_after_end", "renews_after_end", "bought_before_joining", "no_industry", "no_contact"):
        assert found(name) == [], name
    assert found("untouched") == ["2"]


def test_merged_archived_and_erased_customers_are_left_out():
    winner = good("1")
    for code, fields in {"2": {"merged_into": winner}, "3": {"archived_at": NOW}, "4": {"erased_at": NOW}}.items():
        factories.customer(code, **fields)
    assert found("no_email") == []


def test_figures_are_kept_by_owner_and_source_with_their_trend():
    sato = factories.user(name="佐藤")
    text = "customer_id,name,担当CS\n1,甲,佐藤\n2,乙,\n"
    queued = running.start(
        kind="customers", source=ContentFile(text.encode()), file_name="名簿.csv", mapping={}, options={}, by=None
    )
    running.run(import_id=queued.pk, now=NOW)
    factories.customer("3", owner=sato)
    quality.measure(now=NOW - dt.timedelta(days=1))
    Contact.objects.create(customer=Customer.objects.get(code="3"), email="c@example.jp", is_primary=True)
    quality.measure(now=NOW)
    rows = QualityFigure.objects.count()
    quality.measure(now=NOW)  # the same day again replaces them
    assert QualityFigure.objects.count() == rows

    def of(**chosen):
        day, figures = quality.figures(**chosen)
        assert day == TODAY
        return next((one.found, one.of) for one in figures if one.check.name == "no_email")

    assert of() == (2, 3)
    assert of(owner=str(sato.pk)) == (1, 2)
    assert of(owner="none") == (1, 1)
    assert of(source="名簿.csv") == (2, 2)
    assert of(source=quality.BY_HAND) == (0, 1)
    _day, figures = quality.figures()
    no_email = next(one for one in figures if one.check.name == "no_email")
    assert no_email.trend == ((TODAY - dt.timedelta(days=1), 3), (TODAY, 2))
    by_owner, by_source = quality.breakdown("no_email")
    assert [(row.owner and row.owner.name, row.found) for row in by_owner] == [("佐藤", 1), (None, 1)]
    assert [(row.source, row.found) for row in by_source] == [("source:名簿.csv", 2)]
    for check in quality.CHECKS:  # what the page counts is what the list shows
        for chosen in ({}, {"owner": str(sato.pk)}, {"source": "名簿.csv"}):
            figure = next(one for one in quality.figures(**chosen)[1] if one.check == check)
            assert figure.found == quality.customers(check.name, today=TODAY, **chosen).count()


def test_old_figures_keep_their_totals_only():
    good()
    quality.measure(now=NOW - dt.timedelta(days=60))
    quality.measure(now=NOW)
    old = QualityFigure.objects.filter(day__lt=TODAY)
    assert set(old.values_list("source", flat=True)) == {""}
    assert old.count() == len(quality.CHECKS)


def test_each_number_opens_its_list_and_the_list_comes_back_mended(client):
    client.force_login(factories.user(role="manager"))
    assert "数え直す" in client.get("/customers/quality/").content.decode()
    good("1")
    Customer.objects.update(kana="")
    quality.measure(now=NOW)
    page = client.get("/customers/quality/").content.decode()
    assert 'href="/customers/quality/no_kana/"' in page
    listed = client.get("/customers/quality/no_kana/")
    assert "顧客1" in listed.content.decode()
    file = b"".join(client.post("/customers/quality/no_kana/export/", {"form": "csv"}).streaming_content)
    mended = file.decode("utf-8-sig").replace("顧客1,,", "顧客1,コキャク,")
    assert mended != file.decode("utf-8-sig")
    queued = running.start(
        kind="customers", source=ContentFile(mended.encode()), file_name="mended.csv", mapping={}, options={}, by=None
    )
    done = running.run(import_id=queued.pk, now=NOW)
    assert (done.rows, done.updated) == (1, 1)
    assert found("no_kana") == []
    assert "直すものはありません" in client.get("/customers/quality/no_kana/").content.decode()
    assert client.get("/customers/quality/nothing/").status_code == 404


def test_the_list_goes_on_page_by_page(client):
    owner = factories.user(role="cs")
    for number in range(60):
        factories.customer(f"{number:02}", owner=owner)
    client.force_login(owner)
    first = client.get(f"/customers/quality/no_kana/?owner={owner.pk}")
    assert len(first.context["rows"]) == 50
    second = client.get(f"/customers/quality/no_kana/{first.context['next_url']}")
    assert [one.code for one in second.context["rows"]] == [f"{number:02}" for number in range(50, 60)]
    assert client.post("/customers/quality/no_kana/export/").status_code == 403


def test_counting_again_works_without_a_broker(client, monkeypatch):
    def refuse(**words):
        raise OperationalError

    monkeypatch.setattr(tasks.measure_quality, "apply_async", refuse)
    client.force_login(factories.user())
    good()
    assert client.post("/customers/quality/measure/").status_code == 302
    assert QualityFigure.objects.exists()
    assert client.get("/customers/quality/measure/").status_code == 405
