import csv
import datetime as dt

import pytest

from customers.importing import undoing
from customers.models import Contract, Customer, Event, ImportChange, Touched
from tests import factories

from .by_command import bring, counts, rejects

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _files_and_customers(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    factories.customer("1")
    factories.customer("2")


def of(code):
    return Customer.objects.get(code=code)


EVENTS = """event_id,customer_id,kind,occurred_at,reason,会場,点数,点数,メルマガ可否,同意
E1,1,seminar,2024-04-01 10:00,紹介,東京,3,4,可,有
E2,2,churned,2024/4/2,,,,,,
"""


def test_what_no_column_takes_stays_with_the_event_as_text_but_consent_never_does(tmp_path):
    assert counts(tmp_path, "events", EVENTS) == (2, 0, 0, 0)
    assert list(Event.objects.order_by("id").values_list("customer__code", "kind", "at", "data")) == [
        (
            "1",
            "seminar",
            dt.datetime(2024, 4, 1, 1, tzinfo=dt.UTC),
            {"event_id": "E1", "reason": "紹介", "会場": "東京", "点数": "3", "点数 (2)": "4"},
        ),
        ("2", "churned", dt.datetime(2024, 4, 1, 15, tzinfo=dt.UTC), {"event_id": "E2"}),
    ]
    assert set(Touched.objects.values_list("customer__code", flat=True)) == {"1", "2"}


def test_consent_stays_out_even_where_a_mapping_asks_for_it(tmp_path):
    asked = {"columns": {"メルマガ可否": "attributes.x", "会場": "attributes.place", "点数": None}}
    bring(tmp_path, "events", EVENTS, mapping=asked)
    assert Event.objects.order_by("id").first().data == {
        "event_id": "E1",
        "reason": "紹介",
        "place": "東京",
        "点数 (2)": "4",
    }


def test_texts_stay_as_they_were_written(tmp_path):
    reason, note = "①急に（株）を", '1行目\t"\\\n2行目！'
    path = tmp_path / "written.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(
            [["customer_id", "kind", "occurred_at", "理由", "メモ"], ["1", "a", "2024-04-01", reason, note + "\x07 "]]
        )
    assert counts(tmp_path, "events", path) == (1, 0, 0, 0)
    assert Event.objects.get().data == {"reason": reason, "メモ": note}


def test_the_same_number_again_is_a_correction_with_its_before_image(tmp_path):
    bring(tmp_path, "events", EVENTS)
    Touched.objects.all().delete()
    text = "event_id,customer_id,kind,occurred_at,reason,会場\nE1,1,seminar,2024-04-01 10:00,,大阪\n"
    assert counts(tmp_path, "events", text) == (0, 1, 0, 0)
    one = Event.objects.get(customer__code="1")
    assert one.data == {"event_id": "E1", "reason": "紹介", "会場": "大阪", "点数": "3", "点数 (2)": "4"}
    change = ImportChange.objects.get()
    assert (change.model, change.row_id, set(change.before)) == ("event", one.pk, {"data"})
    assert (change.before["data"]["会場"], change.after["data"]["会場"]) == ("東京", "大阪")
    assert set(Touched.objects.values_list("customer__code", flat=True)) == {"1"}
    emptied = "event_id,customer_id,kind,occurred_at,会場\nE1,1,seminar,2024-04-01 10:00,\n"
    assert counts(tmp_path, "events", emptied) == (0, 0, 1, 0)
    assert counts(tmp_path, "events", emptied, "--clear-empty") == (0, 1, 0, 0)
    assert "会場" not in Event.objects.get(customer__code="1").data


def test_without_numbers_equal_rows_each_count(tmp_path):
    row = "1,opened,2024-04-01 10:00,a\n"
    header = "customer_id,kind,occurred_at,page\n"
    assert counts(tmp_path, "events", header + row + row) == (2, 0, 0, 0)
    assert counts(tmp_path, "events", header + row.replace(",a", ",b") + row * 3) == (2, 0, 2, 0)


def test_our_own_number_names_an_event_of_ours_and_its_types_stay(tmp_path):
    mine = Event.objects.create(
        customer=of("1"),
        kind="snoozed",
        at="2024-04-01T00:00:00Z",
        data={"until": "2024-05-01", "days": 30, "by": None},
    )
    text = f"event_id,customer_id,kind,occurred_at,until,days\n#{mine.pk},1,snoozed,2024-04-01 09:00,2024-05-01,30\n"
    assert counts(tmp_path, "events", text) == (0, 0, 1, 0)
    assert counts(tmp_path, "events", text.replace("05-01", "06-01")) == (0, 1, 0, 0)
    mine.refresh_from_db()
    assert mine.data == {"until": "2024-06-01", "days": 30, "by": None}
    assert counts(tmp_path, "events", text.replace(",1,", ",2,")) == (1, 0, 0, 0)  # a number of the file's own


def test_events_that_cannot_stand(tmp_path):
    factories.contract(of("1"), "2024-01-01", contract_id="K1")
    rows = [
        "E1,1,,a,2024-04-01,",
        "E1,2,,a,2024-04-01,",  # the number is another customer's
        "E3,9,,a,2024-04-01,",
        "E4,2,K1,a,2024-04-01,",
        "E5,,K9,a,2024-04-01,",
        f"E6,1,,{'a' * 41},2024-04-01,",
        "E7,1,,,2024-04-01,",
        "E8,1,,a,31.12.24,",
        "E9,,K1,a,2024-04-01,",
        f"E10,1,,a,2024-04-01,{'x' * 1001}",
        "E11,1,,a,2199-04-01,",
    ]
    text = "event_id,customer_id,contract_id,kind,occurred_at,reason\n" + "\n".join(rows) + "\n"
    assert counts(tmp_path, "events", text) == (2, 0, 0, 9)
    assert rejects() == [
        (3, "taken_id", "event_id"),
        (4, "unknown_customer", "customer_id"),
        (5, "other_customer", "contract_id"),
        (6, "unknown_contract", "contract_id"),
        (7, "too_long", "kind"),
        (8, "missing", "kind"),
        (9, "bad_date", "occurred_at"),
        (11, "too_long", "reason"),
        (12, "future_date", "occurred_at"),
    ]
    assert set(Event.objects.values_list("customer__code", flat=True)) == {"1"}
    assert counts(tmp_path, "events", text)[3] == 9  # the stored one now holds the number


def terms():
    factories.contract(of("1"), "2024-01-01", contract_id="last-day", ends_on="2024-04-02")
    factories.contract(of("1"), "2024-01-01", contract_id="first-without", ends_on="2024-04-01")
    factories.contract(of("1"), "2024-01-01", contract_id="notice", cancelled_on="2024-04-01", ends_on="2024-06-01")
    factories.contract(of("1"), "2024-01-01", contract_id="reasoned", ends_on="2024-04-01", reason="倒産")
    factories.contract(of("1"), "2024-01-01", contract_id="later", ends_on="2024-04-03")
    factories.contract(of("1"), "2024-01-01", contract_id="open")
    factories.contract(of("1"), "2024-01-01", contract_id="upgraded", ends_on="2024-04-01")
    factories.contract(of("1"), "2024-04-01", contract_id="upgraded")
    factories.contract(of("2"), "2024-01-01", contract_id="other", ends_on="2024-04-01")


LENT = {"last-day": "価格", "first-without": "価格", "notice": "価格", "reasoned": "倒産"}
CHURNED = """customer_id,kind,occurred_at,reason
1,churned,2024-04-01 23:30,価格
1,churned,2024-04-01 23:45,競合
1,paused,2024-04-02,休み
2,churned,2024-04-03,移転
"""


def reasons():
    return dict(Contract.objects.exclude(reason="").values_list("contract_id", "reason"))


def test_a_churned_event_lends_its_reason_where_customer_and_day_agree(tmp_path):
    terms()
    assert counts(tmp_path, "events", CHURNED) == (4, 0, 0, 0)
    assert reasons() == LENT
    changes = ImportChange.objects.filter(model="contract")
    assert {(c.line, c.before["reason"], c.after["reason"]) for c in changes} == {(2, "", "価格")}
    assert changes.count() == 3


def test_an_undone_file_of_events_takes_its_reasons_back(tmp_path):
    terms()
    done = bring(tmp_path, "events", CHURNED)
    undoing.begin(import_id=done["import_id"], by=None)
    undoing.run(import_id=done["import_id"], now=factories.moment("2026-11-22"))
    assert reasons() == {"reasoned": "倒産"}
    assert not Event.objects.exists()


def test_contracts_that_come_in_after_the_event_take_its_reason_too(tmp_path):
    terms()
    rows = [
        f"{t.customer.code},{t.contract_id},{t.mrr},{t.starts_on},{t.cancelled_on or ''},{t.ends_on or ''},{t.reason}"
        for t in Contract.objects.order_by("id")
    ]
    Contract.objects.all().delete()
    bring(tmp_path, "events", CHURNED)
    text = "customer_id,contract_id,mrr,starts_on,cancelled_on,ends_on,reason\n" + "\n".join(rows) + "\n"
    assert counts(tmp_path, "contracts", text) == (9, 0, 0, 0)
    assert reasons() == LENT
    assert not ImportChange.objects.filter(model="contract").exists()


def test_a_term_that_ends_in_a_later_file_takes_the_reason_with_a_before_image(tmp_path):
    factories.contract(of("1"), "2024-01-01", contract_id="K", mrr=100, plan="")
    bring(tmp_path, "events", CHURNED)
    text = "customer_id,contract_id,mrr,starts_on,ends_on\n1,K,100,2024-01-01,2024-04-02\n"
    assert counts(tmp_path, "contracts", text) == (0, 1, 0, 0)
    assert reasons() == {"K": "価格"}
    change = ImportChange.objects.get(model="contract")
    assert change.before == {"ends_on": None, "reason": ""}
    assert change.after == {"ends_on": "2024-04-02", "reason": "価格"}
