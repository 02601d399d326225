"""The people at a customer on the page: added, changed, made the primary one, marked as left."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from customers import consent
from customers.models import Channel, Contact
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(client):
    return signed_in(client, Role.MANAGER)


def signed_in(client, role):
    client.user = factories.user(role=role)
    client.force_login(client.user, backend="accounts.backends.StaffBackend")
    return client


def address(name, who, *more):
    return reverse(f"customers:{name}", args=[who.pk, *more])


def contact(who, **fields):
    return Contact.objects.create(customer=who, **{"name": "田中", **fields})


def text(answer):
    return answer.content.decode()


def sent(form):
    found = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in found.items() if value is not None}


def test_a_person_is_added_in_the_form_of_the_import(manager):
    who = factories.customer()
    typed = {
        "name": " 田中　太郎 ",
        "kana": "ﾀﾅｶ",
        "email": "T@Example.jp",
        "phone": "０３-1234-5678",
        "role": "decides",
        "time_zone": "Europe/Paris",
    }
    assert manager.post(address("contact-new", who), typed).url == address("detail", who)
    one = who.contacts.get()
    assert (one.name, one.kana, one.email, one.phone, one.role, one.time_zone, one.is_primary) == (
        "田中 太郎",
        "タナカ",
        "t@example.jp",
        "0312345678",
        "decides",
        "Europe/Paris",
        True,
    )


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({}, "name"),
        ({"name": "田中", "email": "no at"}, "email"),
        ({"name": "田中", "phone": "12"}, "phone"),
        ({"left_on": "x"}, "left_on"),
        ({"name": "田中", "time_zone": "Mars/Olympus"}, "time_zone"),
    ],
)
def test_what_is_wrong_is_said_at_the_field(manager, wrong, field):
    who = factories.customer()
    answer = manager.post(address("contact-new", who), wrong)
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert not who.contacts.exists()


def test_of_two_who_change_a_contact_at_once_neither_loses_anything(manager):
    who = factories.customer()
    one = contact(who, title="課長", email="old@example.jp")
    page, other = address("contact", who, one.pk), signed_in(Client(), Role.ADMIN)
    typed = sent(manager.get(page).context["form"])
    other.post(page, {**typed, "title": "部長", "email": "their@example.jp"})
    answer = manager.post(page, {**typed, "title": "次長", "department": "営業部"})
    assert answer.status_code == 409
    again = answer.context["form"]
    assert [(clash.name, clash.mine, clash.theirs) for clash in again.clashes] == [("title", "次長", "部長")]
    assert [clash.name for clash in again.followed] == ["email"]
    assert manager.post(page, {**sent(again), "take_title": "mine"}).status_code == 302
    one.refresh_from_db()
    assert (one.title, one.department, one.email, one.version) == ("次長", "営業部", "their@example.jp", 3)


def test_who_has_left_is_marked_and_stands_last(manager):
    who = factories.customer()
    gone = contact(who, name="去った人", is_primary=True)
    contact(who, name="残る人")
    typed = sent(manager.get(address("contact", who, gone.pk)).context["form"])
    manager.post(address("contact", who, gone.pk), {**typed, "left_on": "2026-10-31"})
    page = text(manager.get(address("detail", who))).split('<ul class="people">')[1]
    assert page.index("残る人") < page.index("去った人")
    assert "2026/10/31 退職・異動" in page


def test_another_one_becomes_the_primary_contact(manager):
    who = factories.customer()
    first, second = contact(who, is_primary=True), contact(who, name="佐藤")
    link = address("contact-primary", who, second.pk)
    assert link in text(manager.get(address("detail", who)))
    assert manager.get(link).status_code == 405
    manager.post(link)
    second.refresh_from_db()
    first.refresh_from_db()
    assert (first.is_primary, second.is_primary) == (False, True)


def test_who_has_left_is_not_made_the_primary_contact(manager):
    who = factories.customer()
    one = contact(who, left_on=timezone.localdate())
    answer = manager.post(address("contact-primary", who, one.pk), follow=True)
    one.refresh_from_db()
    assert not one.is_primary
    assert "alert" in text(answer)


def test_the_page_says_of_each_address_whether_it_may_be_written_to(manager):
    who = factories.customer()
    for email in ("yes@example.jp", "no@example.jp", "unknown@example.jp", "a..b@docomo.ne.jp"):
        contact(who, name=email.split("@")[0], email=email)
    now, by = timezone.now(), manager.user
    given = {"customer": who, "channel": Channel.MAIL, "at": now, "source": "test", "by": by}
    for email in ("yes@example.jp", "no@example.jp", "a..b@docomo.ne.jp"):
        consent.grant(address=email, basis="relation", **given)
    consent.withdraw(address="no@example.jp", **given)
    page = text(manager.get(address("detail", who)))
    people = page.split('<ul class="people">')[1].split("</ul>")[0].split("<li")[1:]
    marks = {one.split('cell-main">')[1].split("<")[0]: "tag-good" in one for one in people}
    assert marks == {"yes": True, "no": False, "unknown": False, "a..b": False}
    assert "規格に合わない" in next(one for one in people if "a..b" in one)


def test_staff_change_nobody_at_a_colleagues_customer(client):
    staff = signed_in(client, Role.CS)
    who = factories.customer(owner=factories.user())
    one = contact(who)
    for name, more in (("contact-new", ()), ("contact", (one.pk,)), ("contact-primary", (one.pk,))):
        assert staff.post(address(name, who, *more), {"name": "x"}).status_code == 403
    assert address("contact", who, one.pk) not in text(staff.get(address("detail", who)))


def test_a_contact_of_another_customer_is_not_found(manager):
    one = contact(factories.customer())
    assert manager.get(address("contact", factories.customer(), one.pk)).status_code == 404
