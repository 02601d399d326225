import datetime as dt

import pytest

from customers.models import Contract, Customer
from tests import factories

from .by_command import bring, counts, rejects

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _files_and_customers(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    factories.customer("1")
    factories.customer("2")


PAUSED = "顧客番号,契約番号,月額,契約開始日,休会開始日,休会終了日\n1,A,1000,2024/1/1,2024/4/1,2024/6/30\n"


def test_a_pause_comes_in_and_may_last_a_day(tmp_path):
    assert counts(tmp_path, "contracts", PAUSED) == (1, 0, 0, 0)
    assert Contract.objects.values_list("paused_from", "paused_to").get() == (dt.date(2024, 4, 1), dt.date(2024, 6, 30))
    assert counts(tmp_path, "contracts", PAUSED.replace("2024/6/30", "2024/4/1")) == (0, 1, 0, 0)


def test_a_pause_that_ends_before_it_starts_is_rejected(tmp_path):
    assert counts(tmp_path, "contracts", PAUSED.replace("2024/6/30", "2024/3/31")) == (0, 0, 0, 1)
    assert rejects() == [(2, "pause_ends_before_start", "休会終了日")]


def test_a_contract_stays_the_merged_customers(tmp_path):
    bring(tmp_path, "contracts", PAUSED)
    Contract.objects.update(customer=Customer.objects.get(code="2"))
    Customer.objects.filter(code="1").update(merged_into=Customer.objects.get(code="2"))
    assert counts(tmp_path, "contracts", PAUSED) == (0, 0, 1, 0)


def test_two_new_customers_do_not_share_a_contract(tmp_path):
    text = "customer_id,contract_id,mrr,starts_on\nA,K,1,2024-01-01\nB,K,1,2024-02-01\nA,K,1,2024-03-01\n"
    assert counts(tmp_path, "contracts", text, "--create-customers") == (2, 0, 0, 1)
    assert rejects() == [(3, "other_customer", "contract_id")]
    assert set(Contract.objects.values_list("customer__code", "ends_on")) == {("A", dt.date(2024, 3, 1)), ("A", None)}


@pytest.mark.parametrize(("meant", "ends_on"), [("last_service_on", "2024-04-01"), ("ends_on", "2024-03-31")])
def test_a_bare_end_date_is_what_the_mapping_says(tmp_path, meant, ends_on):
    text = "customer_id,contract_id,mrr,start_date,end_date\n1,A,1,2024-01-01,2024-03-31\n"
    assert counts(tmp_path, "contracts", text, mapping={"columns": {"end_date": meant}}) == (1, 0, 0, 0)
    assert str(Contract.objects.get().ends_on) == ends_on
