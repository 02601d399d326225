"""Merging and taking it back: what moves, what stands, and that nothing is ever lost."""

import datetime as dt
import random
import uuid

import pytest
from django.db.models import Count, Sum
from django.db.models.deletion import ProtectedError

from accounts.models import AuditEvent
from campaigns import results
from campaigns.models import Campaign, Delivery, Enrollment, Exclusion, Step
from customers import consent, joint_consent, listing, matching, merging, moving, searching
from customers.importing import running
from customers.models import (
    Consent,
    Contact,
    Customer,
    CustomerCode,
    DimensionChange,
    Duplicate,
    Event,
    Import,
    Interaction,
    Invoice,
    Login,
    Merge,
    MergeMove,
    Purchase,
    Suppression,
    Touched,
)
from metrics import cohorts, computing
from scores import scoring
from scores.models import Score, ScoreSnapshot
from segments.models import Membership, Segment
from tests import factories

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 22, 3, 0, tzinfo=dt.UTC)
DAY = dt.date(2026, 11, 22)


def customer(code, email="", phone="", **fields):
    who = factories.customer(code, **fields)
    if email or phone:
        Contact.objects.create(customer=who, email=email, phone=phone, is_primary=True)
    searching.refresh([who.pk])
    return who


def merge(winner, loser, **kwargs):
    return merging.merge(winner=winner, loser=loser, **{"by": None, "now": NOW, **kwargs})


def undo(done):
    return merging.undo(merge=done, by=None, now=NOW)


def fresh(who):
    return Customer.objects.get(pk=who.pk)


# --- what a merge does


def test_the_loser_is_archived_and_points_to_the_winner_who_has_everything():
    winner, loser = customer("A"), customer("B", email="b@example.jp")
    bought = factories.purchase(loser, "2026-01-05", 500)
    seen = factories.login(loser, "2026-01-06")
    signed = factories.contract(loser, "2026-01-01")
    code = CustomerCode.objects.create(customer=loser, source="POS", code="77")
    talk = Interaction.objects.create(customer=loser, occurred_at=NOW)
    news = Event.objects.create(customer=loser, kind="x", at=NOW)
    bill = Invoice.objects.create(customer=loser, invoice_id="I1", amount=1)
    user = factories.user()
    done = merge(winner, loser, by=user)
    loser = fresh(loser)
    assert (loser.merged_into, loser.archived_at) == (winner, NOW)
    rows = [bought, seen, signed, code, talk, news, bill, Contact.objects.get()]
    for row in rows:
        row.refresh_from_db()
    assert {row.customer_id for row in rows} == {winner.pk}
    assert list(Customer.objects.current()) == [winner]
    assert done.moves.count() == 8
    assert set(Touched.objects.values_list("customer", flat=True)) == {winner.pk, loser.pk}
    told = AuditEvent.objects.get(action="customer.merge")
    assert (told.actor, told.object_id, told.detail["loser"], told.detail["rows"]) == (
        user,
        str(winner.pk),
        loser.pk,
        8,
    )


def test_every_table_with_a_customer_is_covered_by_name_or_says_why_not():
    relations = [one for one in Customer._meta.get_fields(include_hidden=True) if one.auto_created and not one.concrete]
    covered = {(table.model, table.field) for table in moving.tables()}
    others = {(one.related_model, one.field.name) for one in relations} - covered
    assert {model._meta.label for model, _field in others} == {
        "customers.DimensionChange",
        "customers.Duplicate",
        "customers.Merge",
        "customers.Touched",
        "metrics.Filed",
        "metrics.FirstDay",
        "metrics.RevenueSpell",
        "metrics.Spell",
        "metrics.Worth",
        "scores.CustomerActivity",
        "scores.LifecycleStage",
        "scores.Prediction",
        "scores.Score",
        "scores.ScoreSnapshot",
        "segments.CustomerTier",
        "segments.FrozenLine",
        "segments.Membership",
        "segments.Movement",
        "segments.PastTier",
        "segments.TierOverride",
    }


def test_tables_that_go_along_can_be_recorded_by_number_and_have_plain_constraints():
    for table in moving.tables():
        assert table.model._meta.pk.get_internal_type() == "BigAutoField", table
        for constraint in table.constraints():
            assert constraint.nulls_distinct is not False, constraint


def test_a_second_primary_contact_becomes_a_further_one():
    winner, loser = customer("A", email="a@example.jp"), customer("B", email="b@example.jp")
    done = merge(winner, loser)
    assert list(Contact.objects.order_by("email").values_list("customer", "email", "is_primary")) == [
        (winner.pk, "a@example.jp", True),
        (winner.pk, "b@example.jp", False),
    ]
    undo(done)
    assert Contact.objects.get(email="b@example.jp").is_primary is True


def test_a_login_both_have_at_one_moment_stays_with_the_loser():
    winner, loser = customer("A"), customer("B")
    factories.login(winner, "2026-01-06")
    twin = factories.login(loser, "2026-01-06")
    other = factories.login(loser, "2026-01-07")
    merge(winner, loser)
    assert list(Login.objects.filter(customer=winner).values_list("logged_in_on", flat=True).order_by("pk")) == [
        dt.date(2026, 1, 6),
        dt.date(2026, 1, 7),
    ]
    twin.refresh_from_db(), other.refresh_from_db()
    assert (twin.customer, other.customer) == (loser, winner)


def test_two_thousand_rows_go_in_a_few_statements(django_assert_max_num_queries):
    winner, loser = customer("A"), customer("B")
    at = factories.moment("2026-01-01")
    Login.objects.bulk_create(
        Login(customer=loser, logged_in_at=at + dt.timedelta(minutes=n), logged_in_on=at.date()) for n in range(2_000)
    )
    with django_assert_max_num_queries(120):
        done = merge(winner, loser)
    assert Login.objects.filter(customer=winner).count() == 2_000
    with django_assert_max_num_queries(120):
        assert undo(done) == merging.Undone([], 0)
    assert Login.objects.filter(customer=loser).count() == 2_000


def test_branches_of_the_loser_become_branches_of_the_winner():
    winner, loser = customer("A"), customer("B")
    branch = customer("C", parent=loser)
    done = merge(winner, loser)
    assert fresh(branch).parent == winner
    undo(done)
    assert fresh(branch).parent == loser


def test_a_head_office_put_into_its_branch_leaves_nobody_above_himself():
    head = customer("A")
    branch = customer("B", parent=head)
    done = merge(branch, head)
    assert fresh(branch).parent is None
    undo(done)
    assert fresh(branch).parent == head


# --- the fields


def test_empty_fields_are_filled_and_full_ones_stay():
    winner = customer("A", industry="小売業", region="", joined_on="2020-05-01", tags=["a"], attributes={"x": 1})
    loser = customer(
        "B", industry="製造業", region="東京都", joined_on="2019-04-01", tags=["a", "b"], attributes={"x": 2, "y": 3}
    )
    done = merge(winner, loser)
    winner = fresh(winner)
    assert (winner.industry, winner.region, winner.joined_on) == ("小売業", "東京都", dt.date(2019, 4, 1))
    assert (winner.tags, winner.attributes, winner.version) == (["a", "b"], {"x": 1, "y": 3}, 2)
    assert undo(done) == merging.Undone([], 0)
    winner = fresh(winner)
    assert (winner.region, winner.joined_on, winner.tags, winner.attributes) == (
        "", dt.date(2020, 5, 1), ["a"], {"x": 1},
    )  # fmt: skip


def test_of_two_addresses_the_one_changed_last_is_proposed():
    winner, loser = customer("A", address="旧住所"), customer("B", address="新住所")
    assert merging.suggested(winner, loser) == {"address"}
    Customer.objects.filter(pk=winner.pk).update(updated_at=NOW + dt.timedelta(days=400))
    assert merging.suggested(fresh(winner), loser) == set()


def test_the_fields_a_person_chose_stand():
    winner, loser = customer("A", name="青空", address="甲"), customer("B", name="アオゾラ", address="乙")
    done = merge(winner, loser, fields=["name"])
    assert (fresh(winner).name, fresh(winner).address) == ("アオゾラ", "甲")
    undo(done)
    assert fresh(winner).name == "青空"


def test_the_fuller_customer_is_proposed_as_the_winner_then_the_one_who_bought_then_the_older():
    poor, rich = customer("A"), customer("B", address="甲")
    assert merging.fuller(poor, rich) == (rich, poor)
    one, other = customer("C"), customer("D")
    assert merging.fuller(other, one) == (one, other)
    factories.purchase(other, "2026-01-01")
    assert merging.fuller(one, other) == (other, one)


def test_another_owner_chosen_is_dated_and_the_undo_takes_that_back():
    old, new = factories.user(), factories.user()
    winner, loser = customer("A", owner=old), customer("B", owner=new)
    DimensionChange.objects.create(customer=loser, dimension="owner", since=dt.date(2025, 1, 1), value=str(new.pk))
    done = merge(winner, loser, fields=["owner"])
    changes = DimensionChange.objects.filter(customer=winner).order_by("pk").values_list("since", "value")
    assert list(changes) == [(None, str(old.pk)), (DAY, str(new.pk))]
    undo(done)
    assert not DimensionChange.objects.filter(customer=winner).exists()
    assert fresh(winner).owner == old
    assert DimensionChange.objects.get().customer == loser


def test_a_field_edited_since_is_kept_and_named():
    winner, loser = customer("A", region=""), customer("B", region="東京都", industry="小売業")
    done = merge(winner, loser)
    Customer.objects.filter(pk=winner.pk).update(region="大阪府")
    assert undo(done) == merging.Undone(["region"], 0)
    assert (fresh(winner).region, fresh(winner).industry) == ("大阪府", "")


def test_rows_added_since_stay_with_the_winner_and_rows_gone_are_counted():
    winner, loser = customer("A"), customer("B")
    gone, mine = factories.purchase(loser, "2026-01-01"), factories.purchase(loser, "2026-01-02")
    done = merge(winner, loser)
    later = factories.purchase(winner, "2026-02-01")
    gone.delete()
    assert undo(done) == merging.Undone([], 1)
    mine.refresh_from_db(), later.refresh_from_db()
    assert (mine.customer, later.customer) == (loser, winner)


def test_a_twin_that_stands_at_the_loser_keeps_the_row_where_it_is():
    winner, loser = customer("A"), customer("B")
    moved = factories.login(loser, "2026-01-06")
    done = merge(winner, loser)
    factories.login(loser, "2026-01-06")
    assert undo(done).kept_rows == 1
    moved.refresh_from_db()
    assert moved.customer == winner


def test_another_primary_contact_since_leaves_the_old_one_a_further_one():
    winner, loser = customer("A", email="a@example.jp"), customer("B", email="b@example.jp")
    done = merge(winner, loser)
    Contact.objects.create(customer=loser, email="new@example.jp", is_primary=True)
    undo(done)
    assert list(Contact.objects.filter(customer=loser).order_by("pk").values_list("email", "is_primary")) == [
        ("b@example.jp", False),
        ("new@example.jp", True),
    ]


# --- what is refused


@pytest.mark.parametrize(("state", "words"), [("archived_at", "アーカイブ"), ("erased_at", "消去済み")])
def test_an_archived_or_erased_customer_can_not_be_merged(state, words):
    with pytest.raises(merging.MergeError, match=words):
        merge(customer("A"), customer("B", **{state: NOW}))


def test_a_merged_customer_is_refused_with_the_one_that_stands():
    one, two, three = customer("A"), customer("B"), customer("C")
    merge(one, two)
    with pytest.raises(merging.MergeError, match="BはすでにAに統合"):
        merge(three, two)
    with pytest.raises(merging.MergeError, match="BはすでにAに統合"):
        merge(two, three)


def test_a_customer_is_not_merged_with_himself_and_a_merge_is_undone_once():
    one, two = customer("A"), customer("B")
    with pytest.raises(merging.MergeError, match="2件の別の顧客"):
        merge(one, one)
    done = merge(one, two)
    undo(done)
    with pytest.raises(merging.MergeError, match="すでに取り消"):
        undo(done)


def test_the_merge_of_an_erased_customer_stays():
    one, two = customer("A"), customer("B")
    done = merge(one, two)
    Customer.objects.update(erased_at=NOW)
    with pytest.raises(merging.MergeError, match="消去済み"):
        undo(done)


def test_a_customer_with_merges_can_not_be_deleted():
    one, two = customer("A"), customer("B")
    merge(one, two)
    with pytest.raises(ProtectedError):
        one.delete()


# --- chains


def test_a_chain_is_flat_and_comes_apart_from_its_middle():
    """C into B, B into A; then C is taken back while B stands in A, then B."""
    first, second, third = customer("A"), customer("B", email="b@example.jp"), customer("C", email="c@example.jp")
    factories.purchase(third, "2026-01-01", 30)
    factories.purchase(second, "2026-01-01", 20)
    lower = merge(second, third)
    upper = merge(first, second)
    assert {fresh(second).merged_into, fresh(third).merged_into} == {first}
    assert first.purchases.aggregate(sum=Sum("amount"))["sum"] == 50
    undo(lower)
    assert (fresh(third).merged_into, fresh(third).archived_at, third.purchases.count()) == (None, None, 1)
    assert third.contacts.get().is_primary is True
    again = merge(first, third)
    undo(upper)
    assert (second.purchases.count(), third.purchases.count(), first.purchases.count()) == (1, 0, 1)
    assert second.contacts.get().is_primary is True
    undo(again)
    assert third.purchases.count() == 1
    assert third.contacts.get().is_primary is True


def test_of_two_merges_that_changed_one_field_the_earlier_can_go_first():
    winner = customer("A")
    left, right = customer("B", region="東京都", tags=["b"]), customer("C", region="大阪府", tags=["c"])
    first = merge(winner, left)
    second = merge(winner, right, fields=["region"])
    assert fresh(winner).region == "大阪府"
    assert undo(first).kept_columns == ["region", "tags"]
    assert fresh(winner).region == "大阪府"
    undo(second)
    assert (fresh(winner).region, fresh(winner).tags) == ("", [])


# --- consent


def grant(who, channel, address):
    consent.grant(
        customer=who, channel=channel, address=address, at=NOW, source="form", basis="consent", wording="同意します"
    )


def withdraw(who, channel, address):
    consent.withdraw(customer=who, channel=channel, address=address, at=NOW, source="unsubscribe")


def is_mailable(address):
    return consent.standing(channel="mail", address=address).is_mailable


@pytest.mark.parametrize("refuser", ["A", "B"])
def test_the_strictest_consent_wins_for_both_and_the_undo_enters_again_what_stood(refuser):
    winner, loser = customer("A", email="a@example.jp"), customer("B", email="b@example.jp")
    for who in (winner, loser):
        grant(who, "mail", f"{who.code.lower()}@example.jp")
    own, other = f"{refuser.lower()}@example.jp", ("b" if refuser == "A" else "a") + "@example.jp"
    withdraw(winner if refuser == "A" else loser, "mail", own)
    done = merge(winner, loser)
    assert not is_mailable(own)
    assert not is_mailable(other)
    entry = consent.standing(channel="mail", address=other).entry
    assert (entry.state, entry.source, entry.is_by_merge) == ("withdrawn", f"merge {done.pk}", True)
    undo(done)
    assert not is_mailable(own)
    assert is_mailable(other)
    entry = consent.standing(channel="mail", address=other).entry
    assert (entry.basis, entry.wording, entry.source) == ("consent", "同意します", f"undo of merge {done.pk}")
    assert Consent.objects.filter(address=other).count() == 3


def test_nobody_refused_nothing_is_refused():
    winner, loser = customer("A", email="a@example.jp"), customer("B", email="b@example.jp")
    grant(winner, "mail", "a@example.jp")
    done = merge(winner, loser)
    assert done.after["refused"] == []
    assert is_mailable("a@example.jp")


def test_a_company_is_asked_and_told_by_its_primary_contact_a_person_by_all_his_addresses():
    for kind, expected in (("company", {"a@example.jp"}), ("person", {"a@example.jp", "a2@example.jp"})):
        winner = customer(f"{kind}A", email="a@example.jp", kind=kind)
        loser = customer(f"{kind}B", email="b@example.jp", kind=kind)
        Contact.objects.create(customer=winner, email="a2@example.jp")
        Contact.objects.create(customer=loser, email="b2@example.jp")
        withdraw(loser, "mail", "b@example.jp")
        found = {address for _who, _channel, address in joint_consent.refused_by(winner, loser)}
        assert found == expected
        Suppression.objects.all().delete()
        Consent.objects.all().delete()
        withdraw(loser, "mail", "b2@example.jp")
        found = {address for _who, _channel, address in joint_consent.refused_by(winner, loser)}
        assert found == (set() if kind == "company" else {"a@example.jp", "a2@example.jp"})
        Contact.objects.all().delete()
        Suppression.objects.all().delete()
        Consent.objects.all().delete()


def test_a_complaint_refuses_too_and_an_address_that_bounced_does_not():
    winner, loser = customer("A", email="a@example.jp"), customer("B", email="b@example.jp")
    consent.suppress(channel="mail", address="b@example.jp", reason="bounced", source="dsn", at=NOW)
    assert joint_consent.refused_by(winner, loser) == []
    consent.suppress(channel="mail", address="b@example.jp", reason="complained", source="fbl", at=NOW)
    assert joint_consent.refused_by(winner, loser) == [(winner.pk, "mail", "a@example.jp")]


def test_post_and_phone_are_refused_by_code_and_number():
    winner, loser = customer("A", phone="0311112222"), customer("B", phone="0333334444")
    withdraw(loser, "postal", "B")
    withdraw(winner, "phone", "0311112222")
    done = merge(winner, loser)
    stopped = Suppression.objects.filter(source=f"merge {done.pk}").values_list("channel", "address")
    assert set(stopped) == {("postal", "A"), ("phone", "0333334444")}


def test_who_refused_before_any_address_was_known_refuses_for_the_other():
    winner, loser = customer("A", email="a@example.jp"), customer("B")
    Consent.objects.create(customer=loser, channel="mail", address="", state="withdrawn", at=NOW, source="file")
    assert joint_consent.refused_by(winner, loser) == [(winner.pk, "mail", "a@example.jp")]


def test_an_address_without_an_entry_is_stopped_without_one_and_free_again():
    winner, loser = customer("A", email="a@example.jp"), customer("B", email="b@example.jp")
    withdraw(loser, "mail", "b@example.jp")
    done = merge(winner, loser)
    assert consent.standing(channel="mail", address="a@example.jp").suppressions
    undo(done)
    standing = consent.standing(channel="mail", address="a@example.jp")
    assert (standing.entry, standing.suppressions) == (None, ())


@pytest.mark.parametrize("how", ["one", "many"])
def test_what_the_person_refused_himself_in_the_meantime_stays_refused(how):
    winner, loser = customer("A", email="a@example.jp"), customer("B", email="b@example.jp")
    grant(winner, "mail", "a@example.jp")
    withdraw(loser, "mail", "b@example.jp")
    done = merge(winner, loser)
    if how == "one":
        withdraw(winner, "mail", "a@example.jp")
    else:
        consent.withdraw_many([(winner.pk, "a@example.jp")], channel="mail", at=NOW, source="file")
    undo(done)
    assert not is_mailable("a@example.jp")
    assert Suppression.objects.filter(address="a@example.jp", lifted_at=None).exists()


def test_an_address_two_merges_refuse_is_free_after_both_are_undone():
    winner = customer("A", email="a@example.jp")
    grant(winner, "mail", "a@example.jp")
    merges = []
    for code in ("B", "C"):
        loser = customer(code, email=f"{code}@example.jp")
        withdraw(loser, "mail", f"{code}@example.jp")
        merges.append(merge(winner, loser))
    undo(merges[0])
    assert not is_mailable("a@example.jp")
    undo(merges[1])
    assert is_mailable("a@example.jp")


# --- pairs


def pair(first, second, state="open", **fields):
    first, second = sorted((first.pk, second.pk))
    return Duplicate.objects.create(
        first_id=first, second_id=second, score=90, reasons=["same_name"], state=state, found_at=NOW, **fields
    )


def states():
    return set(Duplicate.objects.values_list("first__code", "second__code", "state"))


def test_pairs_of_the_loser_are_closed_and_what_was_rejected_for_him_is_for_the_winner():
    winner, loser, third, fourth = (customer(code) for code in "ABCD")
    user = factories.user()
    pair(winner, loser)
    pair(loser, third)
    rejected = pair(loser, fourth, "rejected", decided_at=NOW, decided_by=user)
    before = states()
    done = merge(winner, loser)
    assert states() == {
        ("A", "B", "merged"),
        ("B", "C", "gone"),
        ("B", "D", "rejected"),
        ("A", "D", "rejected"),
    }
    assert Duplicate.objects.get(first=winner, second=fourth).decided_by == user
    undo(done)
    assert states() == before
    rejected.refresh_from_db()
    assert (rejected.decided_at, rejected.decided_by) == (NOW, user)


def test_an_open_pair_of_the_winner_is_rejected_where_the_loser_s_was():
    winner, loser, third = (customer(code) for code in "ABC")
    pair(winner, third), pair(loser, third, "rejected", decided_at=NOW)
    done = merge(winner, loser)
    assert ("A", "C", "rejected") in states()
    undo(done)
    assert ("A", "C", "open") in states()


def test_a_merged_pair_is_not_proposed_and_is_again_after_the_undo():
    winner, loser = customer("A", name="三浦", email="m@example.jp"), customer("B", name="三浦", email="m@example.jp")
    matching.find(now=NOW)
    done = merge(winner, loser)
    matching.find(now=NOW)
    assert states() == {("A", "B", "merged")}
    undo(done)
    matching.find(now=NOW)
    assert states() == {("A", "B", "open")}


# --- both codes, both names


def test_a_file_with_the_loser_s_code_reaches_the_winner(tmp_path):
    winner, loser = customer("A-1"), customer("B-1")
    merge(winner, loser)
    path = tmp_path / "purchases.csv"
    path.write_text("customer_id,purchased_at,amount\nB-1,2026-03-01,900\n", encoding="utf-8")
    with running.open_file(path) as source:
        queued = running.start(
            kind="purchases", source=source, file_name="p.csv", mapping={}, options={}, by=None, state="queued"
        )
    done = running.run(import_id=queued.pk, now=NOW, wait=True)
    assert (done.state, done.created) == (Import.State.DONE, 1)
    assert Purchase.objects.get().customer == winner


def test_search_finds_the_winner_by_the_loser_s_code_and_name():
    winner, loser = customer("A-1", name="青空商事"), customer("ZZ-77", name="ブルースカイ")
    done = merge(winner, loser)
    for words in ("ZZ-77", "ブルースカイ", "青空"):
        assert list(listing.search(Customer.objects.current(), words)) == [winner]
    undo(done)
    assert list(listing.search(Customer.objects.current(), "ZZ-77")) == [loser]


# --- figures


def totals():
    """Revenue, purchases and logins of everybody, and of current customers."""
    current = {"customer__in": Customer.objects.current()}
    return [
        (rows.aggregate(sum=Sum("amount"), count=Count("pk")), logins.count())
        for rows, logins in (
            (Purchase.objects.all(), Login.objects.all()),
            (Purchase.objects.filter(**current), Login.objects.filter(**current)),
        )
    ]


def counted(as_of):
    """Customers who ever bought, and their money, as known on a day; cohorts; churn of that year."""
    scoring.compute(as_of=as_of, now=NOW)
    scores = Score.objects.filter(ltv_historic__isnull=False).aggregate(sum=Sum("ltv_historic"), count=Count("pk"))
    sizes = {row["cohort"]: row["size"] for row in cohorts.cohorts(as_of=as_of, now=NOW)}
    lost = computing.churn(as_of=as_of, now=NOW, start=dt.date(2025, 1, 1), period="quarter")
    return scores["count"], scores["sum"], sum(sizes.values()), [row["at_start"] for row in lost]


def test_totals_stay_and_customers_fall_by_one_for_all_time():
    factories.configure(churn_policy="inactivity", inactivity_days=400)
    winner, loser = customer("A"), customer("B")
    for who, days in ((winner, ("2025-01-10", "2025-08-01")), (loser, ("2025-02-10", "2026-02-01"))):
        for on in days:
            factories.purchase(who, on, 100)
            factories.login(who, on)
    before, today, past = totals(), counted(dt.date(2026, 6, 30)), counted(dt.date(2025, 12, 31))
    done = merge(winner, loser)
    assert totals() == before
    assert counted(dt.date(2026, 6, 30)) == (today[0] - 1, today[1], today[2] - 1, [0, 1, 1, 1, 1, 1])
    assert today[3] == [0, 2, 2, 2, 2, 2]
    assert counted(dt.date(2025, 12, 31)) == (past[0] - 1, past[1], past[2] - 1, [0, 1, 1, 1])
    undo(done)
    assert totals() == before
    assert counted(dt.date(2026, 6, 30)) == today
    assert counted(dt.date(2025, 12, 31)) == past


def test_what_is_derived_does_not_move():
    winner, loser = customer("A"), customer("B")
    segment = Segment.objects.create(slug="s", name="s", rule={})
    Membership.objects.create(segment=segment, customer=loser, entered_on=DAY)
    ScoreSnapshot.objects.create(as_of=DAY, customer=loser, lifecycle="active", is_active=True)
    merge(winner, loser)
    assert Membership.objects.get().customer == loser
    assert ScoreSnapshot.objects.get().customer == loser
    assert not MergeMove.objects.exists()


# --- campaigns


@pytest.fixture
def campaign():
    segment = Segment.objects.create(slug="s", name="s", rule={})
    found = Campaign.objects.create(
        name="c", segment=segment, created_by=factories.user(), launched_at=NOW, planned_to=4, state="running"
    )
    Step.objects.create(campaign=found, subject="s", body="b")
    return found


def enrol(campaign, who, arm="treated"):
    return Enrollment.objects.create(campaign=campaign, customer=who, arm=arm, enrolled_at=NOW)


def deliver(campaign, who, contact=None):
    step = campaign.steps.get()
    said = {"planned_at": NOW, "due_at": NOW, "token": uuid.uuid4().hex, "state": "accepted"}
    return Delivery.objects.create(campaign=campaign, step=step, customer=who, contact=contact, channel="mail", **said)


def test_an_enrollment_goes_along_unless_the_winner_has_one_of_the_same_campaign(campaign):
    winner, loser, other = customer("A"), customer("B"), customer("C")
    enrol(campaign, winner)
    kept, gone = enrol(campaign, loser, "held_out"), enrol(campaign, other)
    merge(winner, loser)
    kept.refresh_from_db()
    assert kept.customer == loser
    fourth = customer("D")
    merge(fourth, other)
    gone.refresh_from_db()
    assert gone.customer == fourth


def test_deliveries_go_along_for_the_timeline_and_an_open_exclusion_holds(campaign):
    winner, loser = customer("A", email="a@example.jp"), customer("B", email="b@example.jp")
    mails = [deliver(campaign, who, who.contacts.get()) for who in (winner, loser)]
    mine = Exclusion.objects.create(customer=loser, reason="staff", at=NOW, by=factories.user())
    done = merge(winner, loser)
    assert set(Delivery.objects.values_list("customer", flat=True)) == {winner.pk}
    mine.refresh_from_db()
    assert mine.customer == winner
    undo(done)
    assert [Delivery.objects.get(pk=mail.pk).customer for mail in mails] == [winner, loser]


def test_customers_merged_across_arms_leave_the_analysis_counted_by_arm(campaign):
    """Four treated, four held out; a treated one is found to be a held-out one, two treated are one."""
    treated, held = [customer(f"T{n}") for n in range(4)], [customer(f"H{n}") for n in range(4)]
    for who in treated:
        enrol(campaign, who)
    for who in held:
        enrol(campaign, who, "held_out")
    for who in (treated[0], treated[2], held[0]):
        factories.purchase(who, DAY, 100)
    before = results.results(campaign, now=NOW)
    assert (before.treated.customers, before.treated.reached, before.held_out.reached) == (4, 2, 1)
    across, inside = merge(held[0], treated[0]), merge(treated[1], treated[2])
    after = results.results(campaign, now=NOW)
    assert (after.treated.customers, after.treated.reached, after.treated.revenue) == (2, 1, 100)
    assert (after.held_out.customers, after.held_out.reached, after.faults) == (3, 0, [])
    undo(across), undo(inside)
    assert results.results(campaign, now=NOW).arms == before.arms


# --- any order


def everything():
    """All a customer is and has, without what counts edits or is rewritten from the rest."""
    ignored = {"version", "updated_at", "created_at", "recorded_at"}
    columns = [field.attname for field in Customer._meta.concrete_fields if field.attname not in ignored]
    rows = {"customers": list(Customer.objects.order_by("pk").values(*columns))}
    for table in moving.tables():
        if table.model not in (Customer, Consent):
            names = [field.attname for field in table.model._meta.concrete_fields if field.attname not in ignored]
            rows[table.name] = list(table.model.objects.order_by("pk").values(*names))
    rows["dated"] = list(DimensionChange.objects.order_by("pk").values())
    addresses = Consent.objects.order_by("channel", "address").values_list("channel", "address").distinct()
    rows["consent"] = [standing(*one) for one in addresses]
    rows["ledger"] = list(Consent.objects.exclude(source__contains="merge").order_by("pk").values("pk", "customer_id"))
    return rows


def standing(channel, address):
    found = consent.standing(channel=channel, address=address)
    stops = sorted((one.reason, one.source) for one in found.suppressions)
    return channel, address, found.entry.state, found.entry.basis, stops


def crowd(rng):
    """Seven customers with facts, some refusals, some fields."""
    found = []
    for number in range(7):
        who = customer(
            f"X{number}",
            email=f"x{number}@example.jp" if rng.random() < 0.8 else "",
            kind=rng.choice(["person", "company"]),
            region=rng.choice(["", "東京都", "大阪府"]),
            industry=rng.choice(["", "小売業"]),
            tags=rng.sample(["a", "b", "c"], rng.randint(0, 2)),
            attributes={rng.choice("pq"): number} if rng.random() < 0.5 else {},
            joined_on=dt.date(2020, 1, 1 + number) if rng.random() < 0.5 else None,
        )
        if rng.random() < 0.5:
            Contact.objects.create(customer=who, email=f"y{number}@example.jp")
        for _each in range(rng.randint(0, 3)):
            factories.purchase(who, dt.date(2026, 1, rng.randint(1, 28)), rng.randint(-50, 500))
        for _each in range(rng.randint(0, 2)):
            day = dt.date(2026, 2, rng.randint(1, 4))
            if not Login.objects.filter(customer=who, logged_in_on=day).exists():
                factories.login(who, day)
        for contact in who.contacts.all():
            grant(who, "mail", contact.email) if rng.random() < 0.6 else None
            withdraw(who, "mail", contact.email) if rng.random() < 0.25 else None
        found.append(who)
    searching.refresh([who.pk for who in found])
    return found


def differences(before, after):
    """Table, row, what stood there and what stands there now."""
    both = [(name, one, other) for name in before for one, other in zip(before[name], after[name], strict=True)]
    return [
        (name, set(one.items()) - set(other.items()), set(other.items()) - set(one.items()))
        if isinstance(one, dict) and not any(isinstance(value, (list, dict)) for value in one.values())
        else (name, one, other)
        for name, one, other in both
        if one != other
    ]


def everybody_stands_where_the_merges_say(standing_merges):
    into = {done.loser_id: done.winner_id for done in standing_merges}

    def end(pk):
        return end(into[pk]) if pk in into else pk

    said = dict(Customer.objects.values_list("pk", "merged_into"))
    return {pk: end(pk) if pk in into else None for pk in said} == said


@pytest.mark.parametrize("seed", range(4))
def test_merges_and_undos_in_any_order_end_where_they_began(seed):
    rng = random.Random(seed)
    people = crowd(rng)
    before, sums = everything(), totals()[0]
    standing_merges = []
    for _step in range(14):
        current = [one for one in people if fresh(one).archived_at is None]
        if len(current) > 1 and (not standing_merges or rng.random() < 0.55):
            winner, loser = rng.sample(current, 2)
            standing_merges.append(merge(winner, loser, fields=rng.choice([None, ["region", "industry"], []])))
        else:
            undo(standing_merges.pop(rng.randrange(len(standing_merges))))
        assert totals()[0] == sums
        assert Customer.objects.current().count() == len(people) - len(standing_merges)
        assert not Customer.objects.filter(merged_into__merged_into__isnull=False).exists()
        assert everybody_stands_where_the_merges_say(standing_merges)
    rng.shuffle(standing_merges)
    for done in standing_merges:
        undo(done)
    assert differences(before, everything()) == []
    assert not Merge.objects.filter(undone_at=None).exists()
