"""The pages of 名寄せ: what is shown, who may decide, and what each button does."""

import datetime as dt
import re

import pytest
from django.urls import reverse

from accounts.models import Role
from customers import comparing, matching, merging, proposals, searching
from customers.models import Contact, Customer, Duplicate, Merge, Suppression
from tests import factories

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 22, 3, 0, tzinfo=dt.UTC)
LIST = "/customers/duplicates/"


@pytest.fixture
def manager(client):
    return signed_in(client, Role.MANAGER)


@pytest.fixture
def staff(client):
    return signed_in(client, Role.CS)


def signed_in(client, role):
    user = factories.user(role=role)
    client.force_login(user, backend="accounts.backends.StaffBackend")
    client.user = user
    return client


def customer(code, email="", **fields):
    who = factories.customer(code, **fields)
    Contact.objects.create(customer=who, email=email, is_primary=True)
    searching.refresh([who.pk])
    return who


def pair(first, second, score=90, reasons=("same_email",), **fields):
    first, second = sorted((first.pk, second.pk))
    said = {"score": score, "reasons": list(reasons), "found_at": NOW, **fields}
    return Duplicate.objects.create(first_id=first, second_id=second, **said)


def text(answer):
    """The page without its tokens: chance puts any two letters into one of them."""
    page = re.sub(r"[A-Za-z0-9]{32,}", "", answer.content.decode())
    return re.sub(r"\s+", " ", page)


def address(name, *args):
    return reverse(f"customers:{name}", args=args)


def of(found):
    return found.first_id, found.second_id


# --- the list


def test_the_list_shows_pairs_the_surest_first_with_reasons_for_and_against(manager):
    pair(customer("A1"), customer("A2"), 70, ["same_name", "other_address"])
    pair(customer("B1"), customer("B2"), 95, ["same_email", "same_phone"])
    page = text(manager.get(LIST))
    assert page.index("B1") < page.index("A1")
    assert "メールアドレスが同じ" in page
    assert '<span class="tag tag-warn">住所が違う</span>' in page
    assert page.count('name="pair"') == 1  # only the sure one can be ticked


def test_an_empty_list_says_so_and_a_filter_that_finds_nothing_too(manager):
    assert "未判断の名寄せ候補はありません" in text(manager.get(LIST))
    assert "条件に合う候補はありません" in text(manager.get(LIST + "?reason=same_kana"))
    assert "統合した顧客はまだありません" in text(manager.get(LIST + "?state=merged"))
    assert "別の顧客とした候補はありません" in text(manager.get(LIST + "?state=rejected"))


def test_pairs_are_cut_by_reason_confidence_and_owner(manager):
    owner = factories.user()
    pair(customer("A1", owner=owner), customer("A2"), 70, ["same_name"])
    pair(customer("B1"), customer("B2"), 95, ["same_email"])
    for words, shown in (
        ("reason=same_name", {"A1"}),
        ("at_least=85", {"B1"}),
        (f"owner={owner.pk}", {"A1"}),
        ("reason=nonsense&at_least=1&owner=x", {"A1", "B1"}),
        ("state=rejected", set()),
    ):
        page = text(manager.get(f"{LIST}?{words}"))
        assert {code for code in ("A1", "B1") if code in page} == shown


def test_pages_go_forwards_and_back_without_losing_a_pair(monkeypatch):
    monkeypatch.setattr(proposals, "ROWS", 2)
    people = [customer(f"C{n}") for n in range(8)]
    made = [pair(people[n], people[n + 1], score) for n, score in enumerate([90, 80, 80, 80, 70])]
    wanted = proposals.Wanted()
    pages = [proposals.page(wanted)]
    while pages[-1].next_url:
        pages.append(proposals.page(wanted, after=pages[-1].next_url.split("after=")[1].replace("%7E", "~")))
    assert [row.pk for page in pages for row in page.rows] == [one.pk for one in made]
    assert (pages[0].prev_url, pages[0].count) == ("", 5)
    back = proposals.page(wanted, before=pages[2].prev_url.split("before=")[1].replace("%7E", "~"))
    assert [row.pk for row in back.rows] == [made[2].pk, made[3].pk]
    assert back.prev_url
    assert back.next_url
    assert proposals.page(wanted, after="1~1").rows == pages[0].rows  # nothing behind it: begin again


def test_cs_staff_see_the_list_and_decide_nothing(staff):
    found = pair(customer("A1"), customer("A2"))
    page = text(staff.get(LIST))
    assert "A1" in page
    assert 'type="checkbox"' not in page
    assert "管理者・マネージャー" in text(staff.get(address("duplicate", *of(found))))
    for name in ("duplicate-merge", "duplicate-reject", "duplicate-reopen", "duplicate-parent"):
        assert staff.post(address(name, *of(found))).status_code == 403
    assert staff.post(address("duplicates-many"), {"pair": found.pk}).status_code == 403
    assert staff.post(address("merge-undo", 1)).status_code == 403


# --- two side by side


def test_side_by_side_shows_both_marks_differences_and_proposes_what_stands(manager):
    one = customer("A1", name="青空商事", region="東京都", email="a@example.jp")
    other = customer("A2", name="アオゾラ商事", joined_on=dt.date(2020, 4, 1))
    factories.purchase(other, "2026-01-05", 1200)
    found = pair(one, other)
    page = text(manager.get(address("duplicate", one.pk, other.pk)))
    for words in ("青空商事", "アオゾラ商事", "a@example.jp", "1 (¥1,200)", "2026/01/05", "2020/04/01", "確度 90"):
        assert words in page
    comparison = comparing.compare(one, other)
    assert comparison.pair == found
    assert {row.name for row in comparison.rows if row.is_different} == {"name", "region", "joined_on"}
    assert (comparison.winner, comparison.moved) == (other, [("先方担当", 1)])  # who bought stands


def test_any_two_can_be_compared_by_code_and_a_merged_one_is_the_one_that_stands(manager):
    one, other, third = customer("A1"), customer("A2"), customer("A3")
    merging.merge(winner=one, loser=other, by=None, now=NOW)
    pick = address("duplicates-pick")
    answer = manager.get(pick, {"first": "A3", "second": "A2"})
    assert answer.headers["Location"] == address("duplicate", third.pk, one.pk)
    assert manager.get(answer.headers["Location"]).status_code == 200
    same = manager.get(pick, {"first": "A1", "second": "A2"}, follow=True)
    assert "同じ顧客のコードです" in text(same)
    nobody = manager.get(pick, {"first": "A1", "second": "ZZ"}, follow=True)
    assert "顧客コード ZZ の顧客は見つかりません" in text(nobody)


def test_the_page_of_a_merged_pair_leads_back_to_the_list(manager):
    one, other = customer("A1"), customer("A2")
    merging.merge(winner=one, loser=other, by=None, now=NOW)
    answer = manager.get(address("duplicate", one.pk, other.pk))
    assert answer.headers["Location"] == LIST
    assert manager.get(address("duplicate", one.pk, one.pk)).status_code == 404


def test_the_one_asked_for_stands(manager):
    one, other = customer("A1", address="甲"), customer("A2")
    assert comparing.compare(one, other).winner == one
    page = text(manager.get(address("duplicate", one.pk, other.pk) + f"?winner={other.pk}"))
    assert "A1をA2に統合する" in page


def test_the_page_says_whose_refusal_will_hold_for_both(manager):
    one, other = customer("A1", email="a@example.jp"), customer("A2", email="b@example.jp")
    page = address("duplicate", one.pk, other.pk)
    assert "配信の許諾は変わりません" in text(manager.get(page))
    Suppression.objects.create(channel="mail", address="b@example.jp", reason="refused", source="x", at=NOW)
    assert "a@example.jp (メール)" in text(manager.get(page))


# --- decisions


def test_merging_writes_the_values_chosen_and_leads_to_the_one_that_stands(manager):
    one, other = customer("A1", name="青空", region="東京都"), customer("A2", name="アオゾラ", region="大阪府")
    found = pair(one, other)
    chosen = {"winner": one.pk, "field-name": other.pk, "field-region": one.pk}
    answer = manager.post(address("duplicate-merge", *of(found)), chosen, follow=True)
    one.refresh_from_db(), other.refresh_from_db(), found.refresh_from_db()
    assert (one.name, one.region, other.merged_into) == ("アオゾラ", "東京都", one)
    assert (found.state, found.decided_by) == ("merged", manager.user)
    assert "いつでも取り消せます" in text(answer)
    assert "この顧客に統合されました" in text(answer)
    again = manager.post(address("duplicate-merge", *of(found)), chosen, follow=True)
    assert "A2はすでにA1に統合" in text(again)


def test_the_page_of_the_merged_one_leads_to_the_other_and_its_button_takes_it_back(manager):
    one, other = customer("A1", region="東京都"), customer("A2", region="大阪府")
    bought = factories.purchase(other, "2026-01-01")
    done = merging.merge(winner=one, loser=other, fields=["region"], by=manager.user, now=NOW)
    answer = manager.get(address("detail", other.pk), follow=True)
    assert answer.redirect_chain[-1][0] == address("detail", one.pk)
    assert "A2は、この顧客に統合されました" in text(answer)
    assert address("merge-undo", done.pk) in text(answer)
    assert address("merge-undo", done.pk) in text(manager.get(LIST + "?state=merged"))
    Customer.objects.filter(pk=one.pk).update(region="北海道")
    bought.delete()
    back = manager.post(address("merge-undo", done.pk), follow=True)
    assert back.redirect_chain[-1][0] == address("detail", other.pk)
    assert "1件の記録" in text(back)
    assert "地域" in text(back)
    once_more = manager.post(address("merge-undo", done.pk), follow=True)
    assert "すでに取り消されています" in text(once_more)


def test_a_rejected_pair_leaves_the_list_and_can_be_taken_back(manager):
    found = pair(customer("A1"), customer("A2"))
    manager.post(address("duplicate-reject", *of(found)))
    assert "A1" not in text(manager.get(LIST))
    assert "A1" in text(manager.get(LIST + "?state=rejected"))
    again = manager.post(address("duplicate-reject", *of(found)), follow=True)
    assert "すでに判断しました" in text(again)
    assert "別の顧客" in text(manager.get(address("duplicate", *of(found))))
    manager.post(address("duplicate-reopen", *of(found)))
    assert "A1" in text(manager.get(LIST))


def test_a_branch_is_put_under_its_head_office(manager):
    head, branch = customer("A1"), customer("A2")
    found = pair(head, branch, 95, ["same_number", "other_branch"], proposal="parent")
    answer = manager.post(address("duplicate-parent", *of(found)), {"parent": head.pk}, follow=True)
    branch.refresh_from_db()
    assert branch.parent == head
    assert answer.redirect_chain[-1][0] == address("detail", branch.pk)
    wrong = manager.post(address("duplicate-parent", *of(found)), {"parent": branch.pk}, follow=True)
    assert "すでに逆の関係" in text(wrong)


def test_many_are_shown_before_they_are_merged_and_three_of_a_kind_become_one(manager):
    people = [customer(f"A{n}") for n in range(3)]
    pairs = [pair(people[0], people[1]), pair(people[1], people[2]), pair(people[0], people[2])]
    weak = pair(customer("B1"), customer("B2"), 70)
    ids = [one.pk for one in (*pairs, weak)]
    shown = manager.post(address("duplicates-many"), {"pair": ids})
    assert "3組を統合する" in text(shown)
    assert "B1" not in text(shown)
    assert not Merge.objects.exists()
    done = manager.post(address("duplicates-many"), {"pair": ids, "confirmed": "1"}, follow=True)
    assert "2組を統合しました" in text(done)
    assert "1組は" in text(done)
    assert Customer.objects.current().count() == 3
    assert "統合する候補を選んでください" in text(
        manager.post(address("duplicates-many"), {"pair": ["x"]}, follow=True)
    )


def test_all_sure_ones_can_be_merged_at_once_up_to_a_limit(manager, monkeypatch):
    from customers.views import duplicates

    monkeypatch.setattr(duplicates, "AT_ONCE", 1)
    for n in range(2):
        pair(customer(f"A{n}"), customer(f"B{n}"))
    shown = manager.post(address("duplicates-many"), {"all": "1"})
    assert "一度に統合できるのは1組まで" in text(shown)
    assert text(shown).count('name="pair"') == 1


def test_a_get_changes_nothing(manager):
    found = pair(customer("A1"), customer("A2"))
    for name in ("duplicate-merge", "duplicate-reject", "duplicate-reopen", "duplicate-parent"):
        assert manager.get(address(name, *of(found))).status_code == 405
    assert manager.get(address("duplicates-many")).status_code == 405


def test_reasons_in_words_say_which_side_they_speak_for():
    assert matching.words(["same_email", "family"]) == [
        (matching.REASONS["same_email"], True),
        (matching.AGAINST["family"], False),
    ]
