"""The pages of customers by HTTP: who sees and changes what, and what each action leaves behind."""

import csv
import io
import json
import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent, Role
from customers import searching
from customers.models import (
    Contact,
    Customer,
    CustomerCode,
    DimensionChange,
    Event,
    Import,
    Interaction,
    Suppression,
)
from scores.models import Prediction, Score
from tests import factories

pytestmark = pytest.mark.django_db
LIST = "/customers/"


def signed_in(client, role):
    user = factories.user(role=role)
    client.force_login(user, backend="accounts.backends.StaffBackend")
    client.user = user
    return client


@pytest.fixture
def staff(client):
    return signed_in(client, Role.CS)


@pytest.fixture
def manager(client):
    return signed_in(client, Role.MANAGER)


def customer(code=None, email="", phone="", **fields):
    who = factories.customer(code, **fields)
    Contact.objects.create(customer=who, email=email, phone=phone, is_primary=True)
    searching.refresh([who.pk])
    who.refresh_from_db()
    return who


def address(name, who):
    return reverse(f"customers:{name}", args=[who.pk])


def text(answer):
    return answer.content.decode()


def everything_written():
    models = (Customer, Contact, Interaction, Event, DimensionChange, Suppression)
    return [list(model.objects.order_by("pk").values()) for model in models]


# --- the list


def test_the_empty_list_says_what_to_do_next(staff):
    page = text(staff.get(LIST))
    assert reverse("customers:imports") in page
    assert "<table" not in page


def test_the_list_of_nobody_who_fits_keeps_the_search(staff):
    customer(name="青空")
    page = text(staff.get(LIST, {"q": "見つからない"}))
    assert 'value="見つからない"' in page
    assert "<table" not in page


def test_staff_begin_with_their_own_and_find_everybodys(staff):
    customer(name="自分の客", owner=staff.user)
    customer(name="人の客", phone="0312345678")
    assert "人の客" not in text(staff.get(LIST))
    assert "人の客" in text(staff.get(LIST, {"q": "5678"}))
    assert "人の客" in text(staff.get(LIST, {"scope": "all"}))


def test_a_search_typed_on_the_page_of_ones_own_looks_at_everybodys(staff):
    customer(name="自分の客", owner=staff.user)
    form = text(staff.get(LIST)).split("<form", 1)[1].split("</form>")[0]
    assert 'name="scope"' not in form


@pytest.mark.parametrize("sort", ["name", "last", "orders", "ltv", "risk"])
def test_every_order_can_be_asked_for(staff, sort):
    who = customer(name="青空")
    Score.objects.create(customer=who, as_of="2026-11-21", last_purchase_on="2026-11-01", ltv_historic=1234567)
    Prediction.objects.create(customer=who, as_of="2026-11-21", churn_risk=0.46)
    page = text(staff.get(LIST, {"sort": sort}))
    assert page.count("aria-sort=") == 1
    for figure in ("2026/11/01", "¥1,234,567", "46%"):
        assert figure in page


def test_htmx_gets_the_rows_alone_with_the_order_for_the_next_search(staff):
    customer(name="青空")
    part = text(staff.get(LIST, {"sort": "ltv"}, headers={"HX-Request": "true", "HX-Target": "rows"}))
    assert "<html" not in part
    assert '<input type="hidden" form="filters" name="sort" value="ltv">' in part


def test_fifty_stand_on_a_page_and_the_rest_on_the_next(staff):
    for number in range(51):
        customer(f"c{number:02}", name=f"顧客{number:02}", kana=f"{number:02}")
    page = text(staff.get(LIST))
    assert page.count('<th scope="row"') == 50
    after = re.search(r'rel="next" href="([^"]+)"', page)[1].replace("&amp;", "&")
    page = text(staff.get(LIST + after))
    assert page.count('<th scope="row"') == 1
    before = re.search(r'rel="prev" href="([^"]+)"', page)[1].replace("&amp;", "&")
    assert text(staff.get(LIST + before)).count('<th scope="row"') == 50


def test_long_names_emoji_and_markup_stand_as_text(staff):
    customer(name="🦊" + "長" * 199)
    customer(name="<script>alert(1)</script>")
    page = text(staff.get(LIST))
    assert "🦊" + "長" * 199 in page
    assert "<script>alert" not in page


def test_the_list_asks_no_more_questions_for_many_than_it_may(staff, django_assert_max_num_queries):
    for number in range(30):
        who = customer(owner=staff.user, industry=f"業種{number}")
        Score.objects.create(customer=who, as_of="2026-11-21", lifecycle="dormant", rfm_segment="at_risk")
        Prediction.objects.create(customer=who, as_of="2026-11-21", churn_risk=0.5)
    with django_assert_max_num_queries(12):
        staff.get(LIST, {"sort": "risk"})


# --- one customer


def test_the_page_shows_who_where_and_what_was_promised(staff):
    who = customer("A-1", email="info@example.jp", phone="0312345678", name="株式会社青空", kana="アオゾラ")
    Customer.objects.filter(pk=who.pk).update(
        postal_code="1000001", address="東京都千代田区", attributes={"血液型": "A"}
    )
    Interaction.objects.create(customer=who, occurred_at=timezone.now(), next_on="2026-11-25", next_action="見積を送る")
    page = text(staff.get(address("detail", who)))
    for words in (
        "株式会社青空",
        "アオゾラ",
        "A-1",
        "info@example.jp",
        "0312345678",
        "〒100-0001",
        "血液型",
        "2026/11/25",
        "見積を送る",
    ):
        assert words in page


def test_the_page_of_a_customer_of_whom_nothing_is_known_stands(staff):
    page = staff.get(address("detail", factories.customer(name="🦊" + "長" * 199)))
    assert page.status_code == 200


def test_looking_at_a_page_leaves_only_a_note_of_who_looked(staff):
    who = customer(email="info@example.jp")
    before = everything_written()
    for name in ("detail", "timeline", "edit"):
        staff.get(address(name, who))
    staff.get(LIST)
    staff.get(reverse("customers:new"))
    assert everything_written() == before
    assert list(AuditEvent.objects.values_list("action", "object_id")) == [("customer.view", str(who.pk))]


@pytest.mark.parametrize("name", ["detail", "timeline", "edit"])
def test_archived_and_missing_customers_answer_alike(staff, name):
    gone = customer(archived_at=timezone.now())
    assert staff.get(address(name, gone)).status_code == 404
    assert staff.get(reverse(f"customers:{name}", args=[987654321])).status_code == 404


def test_the_page_asks_no_more_questions_for_much_than_it_may(staff, django_assert_max_num_queries):
    who = customer(email="a@example.jp")
    for number in range(30):
        factories.purchase(who, "2026-11-01", order_id=f"o{number}")
        Interaction.objects.create(
            customer=who, occurred_at=timezone.now(), subject="電話", by=staff.user, category="complaint", status="open"
        )
        Contact.objects.create(customer=who, email=f"b{number}@example.jp")
        CustomerCode.objects.create(customer=who, source="EC", code=f"c{number}")
    with django_assert_max_num_queries(18):
        staff.get(address("detail", who))


def test_older_entries_come_as_a_part_and_as_a_page(staff):
    who = customer()
    for number in range(30):
        factories.purchase(who, "2026-11-01", number + 1, f"注文{number:02}")
    page = text(staff.get(address("detail", who)))
    older = re.search(r'hx-get="([^"]*timeline[^"]*)"', page)[1].replace("&amp;", "&")
    part, whole = staff.get(older, headers={"HX-Request": "true"}), staff.get(older)
    assert "<html" not in text(part)
    assert "<html" in text(whole)
    orders = [set(re.findall(r"注文\d\d", text(one))) for one in (staff.get(address("detail", who)), part, whole)]
    assert [len(one) for one in orders] == [25, 5, 5]
    assert not orders[0] & orders[1]


# --- adding and changing


def form(**fields):
    return {"code": "N-1", "kind": "company", "name": "株式会社青空", **fields}


def test_a_customer_is_added_by_hand_in_the_form_of_the_import(staff):
    typed = form(
        name=" 株式会社　青空 ",
        kana="ｱｵｿﾞﾗ あ",
        email="Info@Example.jp",
        phone="０３-1234-5678",
        postal_code="〒100-0001",
        owner=staff.user.pk,
    )
    answer = staff.post(reverse("customers:new"), typed)
    who = Customer.objects.get()
    assert answer.url == address("detail", who)
    assert (who.name, who.kana, who.postal_code, who.owner) == ("株式会社 青空", "アオゾラ ア", "1000001", staff.user)
    contact = who.contacts.get()
    assert (contact.email, contact.phone) == ("info@example.jp", "0312345678")


@pytest.mark.parametrize(
    "wrong",
    [{"name": ""}, {"email": "x"}, {"phone": "12"}, {"postal_code": "12"}, {"code": "known"}, {"code": "KNOWN"}],
)
def test_what_is_wrong_is_said_at_the_field_and_nothing_typed_is_lost_when_adding(staff, wrong):
    customer("known")
    answer = staff.post(reverse("customers:new"), form(industry="小売", **wrong))
    assert answer.status_code == 422
    assert "invalid-feedback" in text(answer)
    assert 'value="小売"' in text(answer)
    assert Customer.objects.count() == 1


def edit_form(client, who, **changes):
    """What a browser would send back from the page, with some fields changed; what is disabled it does not send."""
    values = client.get(address("edit", who)).context["form"]
    found = {name: values[name].value() for name, field in values.fields.items() if not field.disabled}
    return {name: value for name, value in {**found, **changes}.items() if value is not None}


def test_a_change_is_saved_and_the_code_stays(staff):
    who = customer("A-1", email="old@example.jp", name="旧", owner=staff.user)
    answer = staff.post(address("edit", who), edit_form(staff, who, name="新", email="new@example.jp", code="B-2"))
    assert answer.url == address("detail", who)
    who.refresh_from_db()
    assert (who.name, who.code, who.version, who.contacts.get().email) == ("新", "A-1", 2, "new@example.jp")


def test_staff_may_not_change_a_colleagues_customer(staff):
    who = customer(owner=factories.user(), name="旧")
    assert staff.get(address("edit", who)).status_code == 403
    assert staff.post(address("edit", who), form(name="新")).status_code == 403
    assert address("edit", who) not in text(staff.get(address("detail", who)))


def sent(form):
    """What a browser sends of a form it was shown."""
    found = {name: form[name].value() for name, field in form.fields.items() if not field.disabled}
    return {name: value for name, value in found.items() if value is not None}


def test_of_two_who_change_a_customer_at_once_neither_loses_anything(manager):
    who = customer(name="旧", industry="小売", region="近畿", email="old@example.jp")
    mine = edit_form(manager, who, name="私の名前", industry="製造")
    theirs = edit_form(manager, who, region="関東", industry="金融", email="their@example.jp")
    manager.post(address("edit", who), theirs)
    answer = manager.post(address("edit", who), mine)
    assert answer.status_code == 409
    who.refresh_from_db()
    assert (who.name, who.industry) == ("旧", "金融")
    again = answer.context["form"]
    shown = {name: again[name].value() for name in ("name", "industry", "region", "email")}
    assert shown == {"name": "私の名前", "industry": "製造", "region": "関東", "email": "their@example.jp"}
    assert [(one.name, one.mine, one.theirs) for one in again.clashes] == [("industry", "製造", "金融")]
    assert [(one.name, one.mine, one.theirs) for one in again.followed] == [
        ("region", "近畿", "関東"),
        ("email", "old@example.jp", "their@example.jp"),
    ]
    assert 'name="take_industry"' in text(answer)
    assert manager.post(address("edit", who), sent(again)).status_code == 302
    who.refresh_from_db()
    assert (who.name, who.industry, who.region, who.contacts.get().email) == (
        "私の名前",
        "製造",
        "関東",
        "their@example.jp",
    )


def test_the_other_persons_entry_is_taken_where_one_chooses_it(manager):
    who = customer(name="旧", industry="小売")
    mine = edit_form(manager, who, name="私の名前", industry="製造")
    manager.post(address("edit", who), edit_form(manager, who, industry="金融"))
    again = manager.post(address("edit", who), mine).context["form"]
    assert manager.post(address("edit", who), {**sent(again), "take_industry": "theirs"}).status_code == 302
    who.refresh_from_db()
    assert (who.name, who.industry) == ("私の名前", "金融")


def test_a_third_change_while_one_compares_is_shown_again(manager):
    who = customer(industry="小売")
    mine = edit_form(manager, who, industry="製造")
    manager.post(address("edit", who), edit_form(manager, who, industry="金融"))
    again = manager.post(address("edit", who), mine).context["form"]
    manager.post(address("edit", who), edit_form(manager, who, industry="運輸"))
    answer = manager.post(address("edit", who), {**sent(again), "take_industry": "mine"})
    assert answer.status_code == 409
    assert [one.theirs for one in answer.context["form"].clashes] == ["運輸"]


@pytest.mark.parametrize("seen", ["", "x", "[1]"])
def test_without_what_was_seen_a_conflict_keeps_all_entries(manager, seen):
    who = customer(name="旧", region="近畿")
    mine = edit_form(manager, who, seen=seen)
    manager.post(address("edit", who), edit_form(manager, who, region="関東"))
    again = manager.post(address("edit", who), mine).context["form"]
    assert again["region"].value() == "近畿"
    assert [one.theirs for one in again.clashes] == ["関東"]
    assert json.loads(again["seen"].value())["region"] == "関東"


def test_the_owner_who_stands_in_a_conflict_is_named(manager):
    first, second, third = (factories.user(name=name) for name in ("一郎", "二郎", "三郎"))
    who = customer(owner=first)
    mine = edit_form(manager, who, owner=third.pk)
    manager.post(address("edit", who), edit_form(manager, who, owner=second.pk))
    (clash,) = manager.post(address("edit", who), mine).context["form"].clashes
    assert (clash.mine, clash.theirs) == ("三郎", "二郎")


def test_a_change_of_owner_is_dated(manager):
    first, second = factories.user(), factories.user()
    who = customer(owner=first)
    manager.post(address("edit", who), edit_form(manager, who, owner=second.pk))
    assert list(DimensionChange.objects.order_by("id").values_list("value", flat=True)) == [
        str(first.pk),
        str(second.pk),
    ]


def test_head_office_people_number_birthday_and_tags_are_typed_in(manager):
    parent, sales = customer("P-1", name="本社"), factories.user(name="営業")
    who = customer("A-1", kind="person")
    typed = {"parent_code": "P-1", "sales_owner": sales.pk, "deputy": manager.user.pk, "birth_on": "1980-02-29"}
    typed |= {"corporate_number": "７０００-0120-50002", "tag_words": "VIP、要注意 VIP"}
    assert manager.post(address("edit", who), edit_form(manager, who, **typed)).status_code == 302
    who.refresh_from_db()
    assert (who.parent, who.sales_owner, who.deputy) == (parent, sales, manager.user)
    assert (str(who.birth_on), who.corporate_number, who.tags) == ("1980-02-29", "7000012050002", ["VIP", "要注意"])
    page = text(manager.get(address("detail", who)))
    for words in ("7000012050002", "本社", "営業", "1980/02/29", "要注意"):
        assert words in page
    assert address("detail", who) in text(manager.get(address("detail", parent)))


@pytest.mark.parametrize(
    "wrong",
    [
        {"corporate_number": "7000012050003"},
        {"corporate_number": "700001205000"},
        {"parent_code": "no-such"},
        {"parent_code": "A-1"},
        {"parent_code": "branch"},
        {"tag_words": "長" * 51},
        {"email": "no at"},
    ],
)
def test_what_does_not_fit_is_said_at_the_field(manager, wrong):
    who = customer("A-1")
    customer("branch", parent=who)
    answer = manager.post(address("edit", who), edit_form(manager, who, **wrong))
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == list(wrong)


def test_an_old_mobile_address_with_two_dots_is_taken(manager):
    who = customer("A-1")
    manager.post(address("edit", who), edit_form(manager, who, email="a..b.@docomo.ne.jp"))
    assert who.contacts.get().email == "a..b.@docomo.ne.jp"


def test_the_page_says_which_file_a_customer_came_from_and_leads_admins_there(client, manager):
    made = Import.objects.create(kind="customers", file_name="顧客.csv", sha256="x")
    who = customer(imported=made)
    link = reverse("customers:import-detail", args=[made.pk])
    page = text(manager.get(address("detail", who)))
    assert "顧客.csv" in page
    assert link not in page
    assert link in text(signed_in(Client(), Role.ADMIN).get(address("detail", who)))


def test_the_page_shows_codes_of_other_systems_and_some_branches(staff):
    who = customer("A-1")
    CustomerCode.objects.create(customer=who, source="EC", code="EC-9")
    for number in range(12):
        customer(f"b{number:02}", name=f"支店{number:02}", parent=who)
    page = text(staff.get(address("detail", who)))
    assert "EC: EC-9" in page
    assert ("支店09" in page, "支店10" in page) == (True, False)


def test_coming_back_shows_as_much_of_the_timeline_as_before(staff):
    who = customer()
    for number in range(60):
        factories.purchase(who, "2026-11-01", number + 1, f"注文{number:02}")
    page = text(staff.get(address("detail", who)))
    older = re.search(r'hx-get="([^"]*timeline[^"]*)"', page)[1].replace("&amp;", "&")
    answer = staff.get(older, headers={"HX-Request": "true"})
    back = answer["HX-Replace-Url"]
    assert back.startswith(address("detail", who) + "?")
    assert len(set(re.findall(r"注文\d\d", text(staff.get(back))))) == 50


def test_the_timeline_shows_one_kind_alone(staff):
    who = customer()
    factories.purchase(who, "2026-11-01", 1, "注文の番号")
    Interaction.objects.create(customer=who, occurred_at=timezone.now(), subject="電話の件", by=staff.user)
    page = text(staff.get(address("detail", who), {"show": "contacts"}))
    assert ("注文の番号" in page, "電話の件" in page) == (False, True)


def test_the_list_shows_open_complaints_alone(manager):
    for code, status in (("open", "open"), ("working", "working"), ("closed", "closed")):
        Interaction.objects.create(
            customer=customer(code, name=f"客{code}"), occurred_at=timezone.now(), category="complaint", status=status
        )
    customer("none", name="客none")
    page = text(manager.get(LIST, {"complaints": "open"}))
    assert [name in page for name in ("客open", "客working", "客closed", "客none")] == [True, True, False, False]


# --- taking the list along


def rows_of(answer):
    return list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))


def test_the_file_holds_what_the_list_shows_in_the_columns_of_the_import(manager):
    customer("A-1", email="a@example.jp", name="青空", industry="小売", owner=manager.user)
    customer("B-1", name="夕日", industry="製造")
    answer = manager.post(reverse("customers:export") + "?industry=%E5%B0%8F%E5%A3%B2")
    assert answer["Content-Disposition"].startswith("attachment")
    (row,) = rows_of(answer)
    assert (row["customer_id"], row["name"], row["email"], row["owner"]) == (
        "A-1",
        "青空",
        "a@example.jp",
        manager.user.email,
    )
    taken = AuditEvent.objects.get(action="records.export")
    assert (taken.actor, taken.detail["count"], taken.detail["is_filtered"]) == (manager.user, 1, True)


def test_no_cell_of_the_file_is_a_formula(manager):
    customer("A-1", name='=HYPERLINK("http://example.jp")', kana="+1", phone="+81312345678")
    (row,) = rows_of(manager.post(reverse("customers:export")))
    assert not [cell for cell in row.values() if cell.startswith(("=", "+", "-", "@"))]


def test_staff_who_may_not_export_see_no_button_and_are_refused(staff):
    customer()
    assert reverse("customers:export") not in text(staff.get(LIST))
    assert staff.post(reverse("customers:export")).status_code == 403
    assert not AuditEvent.objects.filter(action="records.export").exists()


def test_looking_at_the_address_of_the_file_takes_nothing_along(manager):
    assert manager.get(reverse("customers:export")).status_code == 405
