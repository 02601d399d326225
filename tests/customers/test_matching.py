"""名寄せ: which pairs are proposed, how sure, and why. The scores are worked out by hand from duplicates_score.sql."""

import datetime as dt
import json
import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from accounts.models import AuditEvent
from common import sql
from customers import matching
from customers.models import Contact, Duplicate
from tests import factories

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 22, 3, 0, tzinfo=dt.UTC)


def person(name, kana="", *, email="", phone="", **fields):
    return one(name, kana, "person", email, phone, **fields)


def company(name, kana="", *, email="", phone="", **fields):
    return one(name, kana, "company", email, phone, **fields)


def one(name, kana, kind, email, phone, **fields):
    who = factories.customer(name=name, kana=kana, kind=kind, **fields)
    if email or phone:
        Contact.objects.create(customer=who, email=email, phone=phone, is_primary=True)
    return who


def found(**only):
    """(first, second) → (score, proposal, reasons) of the open pairs after a search."""
    matching.find(now=NOW, **only)
    pairs = Duplicate.objects.filter(state="open").order_by("id")
    return {(pair.first_id, pair.second_id): (pair.score, pair.proposal, pair.reasons) for pair in pairs}


def only_pair(**only):
    pairs = list(found(**only).values())
    assert len(pairs) <= 1
    return pairs[0] if pairs else None


# --- what is found


def test_the_same_address_of_mail_and_name_is_one_customer():
    person("佐藤 花子", email="hanako@example.jp")
    person("佐藤　花子", email="Hanako@example.jp")
    assert only_pair() == (91, "merge", ["same_email", "same_name"])  # 1 − 0.15 × 0.6


def test_a_legal_form_and_the_width_of_kana_do_not_make_another_company():
    company("株式会社アオゾラ商事", phone="0312345678")
    company("ｱｵｿﾞﾗ商事㈱", phone="+81312345678")
    assert only_pair() == (78, "merge", ["same_phone", "same_name"])  # 1 − 0.45 × 0.5 = 0.775


def test_old_and_new_letters_are_the_same_name():
    person("髙橋 太郎", phone="09012345678")
    person("高橋太郎", phone="09012345678")
    assert only_pair() == (85, "merge", ["same_phone", "same_name"])  # 1 − 0.25 × 0.6


def test_the_same_reading_and_birthday_are_found_without_any_address():
    person("斉藤 翔", "サイトウ ショウ", birth_on="1980-05-01")
    person("齋藤 翔太", "サイトウショウ", birth_on="1980-05-01")
    assert only_pair() == (74, "merge", ["same_kana", "same_birthday"])  # 1 − 0.65 × 0.4


def test_small_and_large_kana_are_the_same_reading():
    person("甲", "キャノン ジョウ", birth_on="1980-05-01")
    person("乙", "キヤノンジヨウ", birth_on="1980-05-01")
    assert only_pair()[2] == ["same_kana", "same_birthday"]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("東京都千代田区丸の内1丁目2番3号", "千代田区丸の内1-2-3"),
        ("千代田区丸の内一丁目二番三号", "千代田区丸の内1-2-3 青空ビル5F"),
        ("千代田区丸の内１－２－３", "東京都千代田区丸の内1丁目2番地の3"),
        ("千代田区霞ヶ関十二番三号", "千代田区霞が関12-3"),
        ("千代田区丸の内二十一番三号", "千代田区丸の内21番3号"),
    ],
)
def test_an_address_is_the_same_however_its_numbers_are_written(left, right):
    company("青空商事", address=left)
    company("青空商事", address=right)
    assert only_pair() == (75, "merge", ["same_name", "same_address"])  # 1 − 0.5 × 0.5


def test_postal_code_and_numbers_name_the_house_where_the_town_is_spelt_differently():
    person("山本 一", postal_code="1000005", address="東京都千代田区丸の内1-2-3")
    person("山本 一", postal_code="1000005", address="丸ノ内一丁目2番3号 201")
    assert only_pair() == (70, "merge", ["same_name", "same_address"])  # 1 − 0.6 × 0.5


def test_name_and_postal_code_alone_are_a_weak_pair():
    person("山本 一", postal_code="1000005")
    person("山本 一", postal_code="1000005")
    assert only_pair() == (52, "merge", ["same_name", "same_postal"])  # 1 − 0.6 × 0.8


def test_a_slip_of_the_pen_in_the_name_is_a_similar_name():
    person("渡辺 健一郎", phone="08011112222")
    person("渡邊 健一朗", "ワタナベケンイチロウ", phone="08011112222")
    assert only_pair() == (81, "merge", ["same_phone", "like_name"])  # 1 − 0.25 × 0.75 = 0.8125


def test_brothers_read_almost_alike_are_not_one_customer():
    person("川浜 太郎", "カワハマタロウ", phone="08011112222", address="千代田区丸の内1-2-3")
    person("川浜 次郎", "カワハマジロウ", phone="08011112222", address="千代田区丸の内1-2-3")
    assert found() == {}  # (1 − 0.25 × 0.5) × 0.3


def test_a_similar_address_counts_less_than_the_same():
    company("青空商事", address="札幌市中央区北一条西三丁目")
    company("青空商事", address="札幌市中央区北一条西三丁目ビル")
    score, _proposal, reasons = only_pair()
    assert (score, reasons) == (65, ["same_name", "like_address"])  # 1 − 0.5 × 0.7


# --- what speaks against it


def test_a_family_at_one_phone_and_house_is_not_one_customer():
    person("鈴木 一郎", "スズキイチロウ", phone="0312345678", address="千代田区丸の内1-2-3")
    person("鈴木 花子", "スズキハナコ", phone="0312345678", address="千代田区丸の内1-2-3")
    assert found() == {}  # (1 − 0.45 × 0.5) × 0.3 = 0.23


def test_family_is_said_where_the_rest_is_strong():
    person("鈴木 一郎", email="s@example.jp", phone="09012345678", birth_on="1990-01-01")
    person("鈴木 二郎", email="s@example.jp", phone="09012345678", birth_on="1990-01-01")
    assert found() == {}  # twins: (1 − 0.15 × 0.25 × 0.4) × 0.3 = 0.30


def test_another_birthday_makes_two_people_of_one_name():
    person("田中 実", email="t@example.jp", birth_on="1960-01-15")
    person("田中 実", email="t@example.jp", birth_on="1988-07-02")
    assert found() == {}  # 0.91 × 0.25


def test_a_birthday_wrong_in_one_part_speaks_neither_for_nor_against():
    person("田中 実", email="t@example.jp", birth_on="1960-01-15")
    person("田中 実", email="t@example.jp", birth_on="1960-01-16")
    assert only_pair() == (91, "merge", ["same_email", "same_name"])


def test_another_corporate_number_is_another_company():
    company("青空商事", email="info@example.jp", phone="0312345678", corporate_number="1" * 13)
    company("青空商事", email="info@example.jp", phone="0312345678", corporate_number="2" * 13)
    assert found() == {}


def test_a_person_and_a_company_at_one_phone_are_two():
    person("山田太郎", email="y@example.jp")
    company("山田太郎", email="y@example.jp")
    assert found() == {}  # (1 − 0.15 × 0.5) × 0.5 = 0.46


def test_two_companies_of_one_name_far_apart_are_two():
    company("青空商事", address="千代田区丸の内1-2-3")
    company("青空商事", address="福岡市博多区博多駅前2-10-1")
    assert found() == {}  # 0.5 × 0.8


def test_a_switchboard_of_more_than_fifty_says_nothing():
    for number in range(matching.MOST + 1):
        person(f"社員 {chr(0x4E00 + number)}雄", phone="0399998888")
    person("三浦 舞", phone="0399998888", email="m@example.jp")
    person("三浦 舞", phone="0399998888", email="m@example.jp")
    assert only_pair() == (91, "merge", ["same_email", "same_name"])


def test_a_name_of_more_than_five_companies_is_a_common_one_and_says_nothing_alone():
    for _each in range(matching.MOST_BY_NAME):
        company("山本商店")
    assert len(found()) == 10  # all pairs of five
    company("山本商店")
    assert found() == {}


def test_archived_and_erased_customers_are_in_no_pair():
    person("三浦 舞", email="m@example.jp")
    person("三浦 舞", email="m@example.jp", archived_at=NOW)
    person("三浦 舞", email="m@example.jp", erased_at=NOW)
    assert found() == {}


# --- head office and branch


def test_the_same_corporate_number_at_another_branch_proposes_a_parent():
    company("青空商事株式会社", corporate_number="1" * 13)
    company("青空商事株式会社 大阪支店", corporate_number="1" * 13)
    assert only_pair() == (95, "parent", ["same_number", "other_branch"])


def test_the_same_corporate_number_at_another_address_proposes_a_parent():
    company("青空商事", corporate_number="1" * 13, address="千代田区丸の内1-2-3")
    company("青空商事", corporate_number="1" * 13, address="大阪市北区梅田3-1-1")
    assert only_pair() == (98, "parent", ["same_number", "same_name", "other_address"])  # 1 − 0.05 × 0.5 = 0.975


def test_the_same_corporate_number_at_the_same_address_is_one_company():
    company("青空商事", corporate_number="1" * 13, address="千代田区丸の内1-2-3")
    company("アオゾラ商事", corporate_number="1" * 13, address="千代田区丸の内一丁目2番3号")
    score, proposal, reasons = only_pair()
    assert (score, proposal) == (88, "merge")  # (1 − 0.05 × 0.5) × 0.9
    assert reasons == ["same_number", "same_address", "other_name"]


def test_a_branch_that_is_joined_to_its_head_office_is_proposed_no_more():
    head = company("青空商事", corporate_number="1" * 13)
    branch = company("青空商事大阪支店", corporate_number="1" * 13)
    assert len(found()) == 1
    matching.set_parent(parent=head, branch=branch, by=factories.user(), now=NOW)
    assert found() == {}
    branch.refresh_from_db()
    assert (branch.parent, branch.version) == (head, 2)
    company("青空商事福岡支店", corporate_number="1" * 13, parent=head)
    assert found() == {}


def test_a_company_can_not_be_above_the_one_above_it():
    head, branch, desk = (company(f"甲{n}") for n in range(3))
    user = factories.user()
    matching.set_parent(parent=head, branch=branch, by=user, now=NOW)
    matching.set_parent(parent=branch, branch=desk, by=user, now=NOW)
    with pytest.raises(matching.DecisionError, match="逆の関係"):
        matching.set_parent(parent=desk, branch=head, by=user, now=NOW)
    head.archived_at = NOW
    head.save()
    with pytest.raises(matching.DecisionError, match="もう登録されていません"):
        matching.set_parent(parent=head, branch=desk, by=user, now=NOW)


# --- decisions stay


def pair_of_two():
    first = person("三浦 舞", email="m@example.jp")
    second = person("三浦 舞", email="m@example.jp")
    matching.find(now=NOW)
    return first, second, Duplicate.objects.get()


def test_a_rejected_pair_never_comes_back_until_someone_takes_that_back():
    first, _second, pair = pair_of_two()
    user = factories.user()
    matching.reject(pair=pair, by=user, now=NOW)
    Contact.objects.create(customer=first, phone="09011112222")
    assert found() == {}
    assert found(customer_ids=[first.pk]) == {}
    pair.refresh_from_db()
    assert (pair.state, pair.decided_by, pair.decided_at) == ("rejected", user, NOW)
    matching.reopen(pair=pair, by=user, now=NOW)
    pair.refresh_from_db()
    assert (pair.state, pair.decided_by, pair.decided_at) == ("open", None, None)
    assert [one.action for one in AuditEvent.objects.order_by("id")][-2:] == ["duplicate.reject", "duplicate.reopen"]


def test_a_pair_is_decided_once():
    _first, _second, pair = pair_of_two()
    matching.reject(pair=pair, by=factories.user(), now=NOW)
    with pytest.raises(matching.DecisionError, match="すでに判断"):
        matching.reject(pair=pair, by=factories.user(), now=NOW)


def test_a_pair_no_longer_alike_is_gone_and_open_again_when_it_is():
    first, _second, pair = pair_of_two()
    Contact.objects.filter(customer=first).update(email="other@example.jp")
    assert matching.find(now=NOW) == matching.Found(added=0, changed=0, gone=1)
    pair.refresh_from_db()
    assert pair.state == "gone"
    Contact.objects.filter(customer=first).update(email="m@example.jp")
    assert matching.find(now=NOW) == matching.Found(added=0, changed=1, gone=0)
    assert matching.find(now=NOW) == matching.Found(added=0, changed=0, gone=0)


# --- some customers against everybody


def test_for_some_customers_the_same_is_found_as_for_everybody():
    first, second, _pair = pair_of_two()
    third = person("三浦 舞", email="m@example.jp")
    other = [person("大野 剛", phone="09033334444").pk, person("大野 剛", phone="09033334444").pk]
    assert set(found(customer_ids=[third.pk])) == {(first.pk, second.pk), (first.pk, third.pk), (second.pk, third.pk)}
    some = found(customer_ids=other)
    Duplicate.objects.all().delete()
    assert found() == some


def test_for_some_customers_other_pairs_are_left_alone():
    first, second, _pair = pair_of_two()
    other = person("大野 剛", phone="09033334444")
    Contact.objects.filter(customer=first).update(email="x@example.jp")
    assert set(found(customer_ids=[other.pk])) == {(first.pk, second.pk)}
    assert found(customer_ids=[second.pk, first.pk]) == {}
    assert matching.find(now=NOW, customer_ids=[]) == matching.Found(0, 0, 0)


def test_before_the_first_night_everybody_is_compared_whoever_was_asked_for():
    first = person("三浦 舞", email="m@example.jp")
    person("三浦 舞", email="m@example.jp")
    assert len(found(customer_ids=[first.pk])) == 1


def test_very_many_customers_are_compared_all_at_once(monkeypatch):
    monkeypatch.setattr(matching, "AT_ONCE", 1)
    first, second, pair = pair_of_two()
    Duplicate.objects.all().delete()
    assert set(found(customer_ids=[first.pk, second.pk])) == {(first.pk, second.pk)}
    assert pair


@pytest.mark.django_db(transaction=True)
def test_a_second_search_at_the_same_time_leaves_it_to_the_first():
    other = connection.copy()
    try:
        with transaction.atomic(), other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [matching.zlib.crc32(b"duplicates")])
            assert matching.find(now=NOW) is None
            with pytest.raises(CommandError, match="under way"):
                call_command("find_duplicates")
    finally:
        other.close()


def test_the_command_says_what_it_found():
    person("三浦 舞", email="m@example.jp")
    person("三浦 舞", email="m@example.jp")
    said = StringIO()
    call_command("find_duplicates", "--json", stdout=said)
    result = json.loads(said.getvalue())
    assert (result["open"], result["added"], result["changed"], result["gone"]) == (1, 1, 0, 0)
    words = StringIO()
    call_command("find_duplicates", stdout=words)
    assert words.getvalue().startswith("1 pairs to be decided: 0 new")


def test_every_reason_has_words():
    text = sql.text("customers/sql/duplicates_score.sql")
    said = set(re.findall(r"(?:THEN|ELSE) '(\w+)'", text)) - {"parent", "merge"}
    assert said == {*matching.REASONS, *matching.AGAINST}
