"""Coupons: used once, by whom they were made for; said by a till, a colleague or a file."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client

from accounts import api_keys
from accounts.models import AuditEvent, Role, User
from campaigns import redeeming
from campaigns.models import Coupon, Offer
from customers.models import Customer, Event, Touched
from tests.campaigns.moments import NOW

CODE = "BACK-AB12-CD34-EF56-7890"


@pytest.fixture
def coupon(campaign, person) -> Coupon:
    return Coupon.objects.create(offer=Offer.objects.get(), customer=person(1), code=CODE)


def redeem(**given) -> redeeming.Used:
    return redeeming.redeem(**({"code": CODE, "at": NOW, "via": "api", "order_id": "A-1"} | given))


def test_it_is_used_once_and_the_customers_timeline_hears_of_it(coupon, campaign):
    assert redeem(customer=coupon.customer).is_new
    coupon.refresh_from_db()
    assert (coupon.redeemed_at, coupon.redeemed_via, coupon.order_id) == (NOW, "api", "A-1")
    event = Event.objects.get(kind="coupon_used")
    assert (event.customer, event.data["order_id"], event.data["campaign"]) == (coupon.customer, "A-1", campaign.pk)
    assert Touched.objects.filter(customer=coupon.customer).exists()


def test_the_same_order_again_is_no_second_use(coupon):
    redeem()
    assert not redeem().is_new
    assert Event.objects.filter(kind="coupon_used").count() == 1


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"order_id": "A-2"}, "used"),
        ({"order_id": ""}, "used"),
        ({"code": "BACK-0000"}, "unknown"),
        ({"code": ""}, "unknown"),
    ],
)
def test_a_second_use_and_an_unknown_code_are_said(coupon, given, code):
    redeem()
    with pytest.raises(redeeming.CouponError) as error:
        redeem(**given)
    assert error.value.code == code


def test_a_coupon_of_somebody_else_stays_free(coupon, person):
    with pytest.raises(redeeming.CouponError) as error:
        redeem(customer=person(2))
    assert error.value.code == "other_customer"
    coupon.refresh_from_db()
    assert coupon.redeemed_at is None


def test_it_is_good_until_the_end_of_the_offers_last_day(coupon):
    with pytest.raises(redeeming.CouponError) as error:
        redeem(at=dt.datetime.fromisoformat("2027-01-01T00:00:00+09:00"))
    assert error.value.code == "over"
    assert redeem(at=dt.datetime.fromisoformat("2026-12-31T23:59:59+09:00")).is_new
    assert not redeem(at=dt.datetime.fromisoformat("2027-01-01T00:00:00+09:00")).is_new


@pytest.mark.parametrize("written", [CODE.lower(), f" {CODE} ", "ＢＡＣＫ－ＡＢ１２－ＣＤ３４－ＥＦ５６－７８９０"])
def test_it_is_known_however_it_was_typed(coupon, written):
    assert redeem(code=written).is_new


@pytest.mark.django_db(transaction=True)
def test_fifty_at_once_use_it_once(coupon):
    def one(number: int) -> bool:
        try:
            return redeem(order_id=f"A-{number}").is_new
        except redeeming.CouponError:
            return False
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as tills:
        assert sum(tills.map(one, range(50))) == 1
    assert Event.objects.filter(kind="coupon_used").count() == 1


@pytest.fixture
def till(coupon) -> Client:
    admin = User.objects.create_user("key@modoru.example.jp", name="K", role=Role.ADMIN)
    key = api_keys.make(name="till", scopes=["purchases:write"], by=admin)[1]
    return Client(headers={"Authorization": f"Bearer {key}"})


def call(till: Client, **said):
    said = {"code": CODE, "order_id": "A-1"} | said
    return till.post("/api/v1/coupons/redeem/", said, content_type="application/json")


def test_a_till_says_it_and_may_say_it_again(till, coupon):
    first, again = call(till, customer_id=coupon.customer.code), call(till)
    assert (first.status_code, first.json()["is_new"]) == (200, True)
    assert (again.status_code, again.json()["is_new"]) == (200, False)
    assert first.json()["customer_id"] == coupon.customer.code


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        ({"code": "NONE"}, 404, "coupon_unknown"),
        ({"customer_id": "X"}, 404, "unknown_customer"),
        ({"customer_id": "C00002"}, 409, "coupon_other_customer"),
        ({"code": 5}, 400, "bad_field"),
        ({"order_id": ""}, 400, "bad_field"),
        ({"order_id": "x" * 101}, 400, "bad_field"),
        ({"why": "x"}, 400, "unknown_field"),
    ],
)
def test_a_till_hears_what_is_wrong(till, person, said, status, code):
    person(2)
    answer = call(till, **said)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_a_second_order_hears_409(till):
    call(till)
    assert call(till, order_id="A-2").json()["error"]["code"] == "coupon_used"


def test_a_customer_merged_into_another_is_the_other(till, coupon):
    Customer.objects.create(code="OLD", name="旧", merged_into=coupon.customer)
    assert call(till, customer_id="OLD").status_code == 200


def test_a_colleague_marks_it_and_the_panel_says_so(coupon, staff):
    client = Client()
    client.force_login(staff, backend="accounts.backends.StaffBackend")
    address = f"/campaigns/customers/{coupon.customer_id}/"
    page = client.get(address).content.decode()
    assert CODE in page
    assert "送れます" in page
    assert client.post(f"/campaigns/coupons/{coupon.pk}/use/", {"order_id": "R-9"}).status_code == 302
    assert AuditEvent.objects.filter(action="coupon.redeem").exists()
    assert "R-9" in client.get(address).content.decode()
    again = client.post(f"/campaigns/coupons/{coupon.pk}/use/", {"order_id": "R-10"})
    assert again.status_code == 422
    assert "利用済み" in again.content.decode()


# --- by file or API of purchases


def shown(coupon: Coupon, **data) -> Event:
    Touched.objects.create(customer=coupon.customer)
    told = {"code": CODE, "order_id": "A-1"} | data
    return Event.objects.create(customer=coupon.customer, kind="coupon_presented", at=NOW, data=told)


def test_an_order_that_names_a_coupon_uses_it_once(coupon):
    shown(coupon)
    shown(coupon, order_id="A-2")
    shown(coupon, code="NONE")
    assert redeeming.redeem_presented() == {"redeemed": 1, "used": 1, "unknown": 1}
    coupon.refresh_from_db()
    assert (coupon.redeemed_via, coupon.order_id, coupon.redeemed_at) == ("import", "A-1", NOW)
    results = Event.objects.filter(kind="coupon_presented").order_by("id").values_list("data__result", flat=True)
    assert list(results) == ["redeemed", "used", "unknown"]
    assert redeeming.redeem_presented() == {}


def test_somebody_elses_coupon_in_an_order_is_said_and_stays_free(coupon, person):
    other = person(2)
    Touched.objects.create(customer=other)
    Event.objects.create(customer=other, kind="coupon_presented", at=NOW, data={"code": CODE, "order_id": "A-1"})
    assert redeeming.redeem_presented() == {"other_customer": 1}
    assert Event.objects.get(kind="coupon_presented").data["reason"] == "このクーポンは別のお客様のものです。"


def test_a_file_of_purchases_brings_coupons(coupon, tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path
    code = coupon.customer.code
    text = f"顧客コード,注文番号,購入日,金額,商品名,クーポンコード\n{code},A-7,2026-11-01,1000,x,{CODE}\n"
    text += f"{code},A-7,2026-11-01,500,y,{CODE}\n{code},A-8,2026-11-02,900,x,\n"
    path = tmp_path / "orders.csv"
    path.write_text(text)
    for _time in range(2):
        call_command("import_records", "purchases", str(path))
    assert Event.objects.get(kind="coupon_presented").data == {"code": CODE, "order_id": "A-7"}
    assert redeeming.redeem_presented() == {"redeemed": 1}
    coupon.refresh_from_db()
    assert coupon.order_id == "A-7"
