"""Who receives a campaign and who doesn't: worked out by hand, before and after, with the people behind each line."""

import datetime as dt

import pytest
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import AuditEvent
from campaigns import audience, reasons, states, uplift, verdicts
from campaigns.models import Campaign, Coupon, Delivery, Enrollment, Exclusion, Occasion, Offer, Rsvp
from campaigns.states import CampaignError
from customers import consent
from customers.models import Channel, Contact, Customer, Kind, Login, Purchase
from scores.models import ScoringRun
from segments.models import Membership, Segment
from tests import factories
from tests.campaigns.conftest import agree
from tests.campaigns.moments import NOW, TODAY

pytestmark = pytest.mark.django_db
State = Delivery.State

# Fourteen customers in the segment (and one archived, one who left it): five will receive it, nine won't.
EXPECTED = {
    "matched": 14,
    "no_address": 2,
    "no_consent": 1,
    "refused": 2,
    "bounced": 1,
    "complained": 1,
    "excluded": 1,
    "too_often": 0,
    "duplicate_address": 1,
    "held_out": 0,
    "will_receive": 5,
}


@pytest.fixture
def people(person, segment, staff) -> dict[str, Customer]:
    made = {f"ok{n}": person(n) for n in range(4)}
    made["no mail"] = person(10, email="")
    made["no contact"] = person(11)
    made["no contact"].contacts.all().delete()
    made["never asked"] = person(12, agreed=False)
    made["refused"] = person(13)
    _withdraw(made["refused"], "p13@example.jp")
    made["refused and bounced"] = person(14)
    _suppress("p14@example.jp", "bounced")
    _withdraw(made["refused and bounced"], "p14@example.jp")
    made["bounced"] = person(15)
    _suppress("P15@Example.jp", "bounced")
    made["complained"] = person(16)
    _suppress("p16@example.jp", "complained")
    made["excluded"] = person(17)
    audience.exclude(customer=made["excluded"], reason=Exclusion.Reason.COMPETITOR, by=staff, now=NOW)
    made["double"] = person(18, email=" P0@example.jp")
    made["excluded until yesterday"] = person(19)
    yesterday = TODAY - dt.timedelta(days=1)
    audience.exclude(customer=made["excluded until yesterday"], reason="dispute", by=staff, now=NOW, until_on=yesterday)
    archived = person(20)
    Customer.objects.filter(pk=archived.pk).update(archived_at=NOW)
    left = person(21)
    Membership.objects.filter(customer=left).update(left_on=TODAY)
    return made


def _withdraw(customer: Customer, address: str) -> None:
    consent.withdraw(customer=customer, channel=Channel.MAIL, address=address, at=NOW, source="staff")


def _suppress(address: str, reason: str) -> None:
    consent.suppress(channel=Channel.MAIL, address=address, reason=reason, source="test", at=NOW)


def counts(campaign: Campaign) -> dict[str, int]:
    return {line.code: line.count for line in audience.waterfall(campaign, as_of=TODAY).lines}


def names(campaign: Campaign, code: str, people: dict[str, Customer]) -> set[str]:
    ids = set(audience.behind(campaign, code, as_of=TODAY).values_list("pk", flat=True))
    return {name for name, customer in people.items() if customer.pk in ids}


def launched(campaign: Campaign, staff) -> Campaign:
    audience.launch(campaign=campaign, by=staff, now=NOW)
    audience.plan_due(now=NOW)
    campaign.refresh_from_db()
    return campaign


BEHIND = {
    "no_address": {"no mail", "no contact"},
    "no_consent": {"never asked"},
    "refused": {"refused", "refused and bounced"},
    "bounced": {"bounced"},
    "complained": {"complained"},
    "excluded": {"excluded"},
    "duplicate_address": {"double"},
    "will_receive": {"ok0", "ok1", "ok2", "ok3", "excluded until yesterday"},
}


def test_every_customer_stands_on_one_line_before_sending(campaign, people):
    assert counts(campaign) == EXPECTED
    assert {code: names(campaign, code, people) for code in BEHIND} == BEHIND
    assert names(campaign, "matched", people) == set(people)
    assert audience.waterfall(campaign, as_of=TODAY).is_projected


def test_the_same_numbers_and_names_stand_in_the_ledger_afterwards(campaign, people, staff):
    launched(campaign, staff)
    assert counts(campaign) == EXPECTED
    assert {code: names(campaign, code, people) for code in BEHIND} == BEHIND
    assert names(campaign, "matched", people) == set(people)
    assert not audience.waterfall(campaign, as_of=TODAY).is_projected
    assert campaign.planned_to == Delivery.objects.count() == 14


def test_matched_less_all_other_lines_is_who_receives_it(campaign, people, staff):
    Campaign.objects.update(holdout_percent=50)
    campaign.refresh_from_db()
    for _moment in ("before", "after"):
        found = counts(campaign)
        between = sum(found.values()) - found["matched"] - found["will_receive"]
        assert found["matched"] - between == found["will_receive"]
        assert found["held_out"] in (2, 3)
        campaign = launched(campaign, staff) if campaign.state == "draft" else campaign


def test_the_projected_holdout_is_the_real_one(campaign, person, staff):
    for number in range(40):
        person(number)
    Campaign.objects.update(holdout_percent=10)
    campaign.refresh_from_db()
    before = set(audience.behind(campaign, "held_out", as_of=TODAY))
    launched(campaign, staff)
    assert set(audience.behind(campaign, "held_out", as_of=TODAY)) == before
    arms = {row.customer for row in Enrollment.objects.filter(arm="held_out")}
    assert arms == before
    assert len(before) == 4
    assert Enrollment.objects.count() == 40
    assert Delivery.objects.filter(state=State.HELD_OUT).count() == 4
    assert Coupon.objects.count() == 36


def test_only_those_who_could_be_written_to_are_randomised(campaign, people, staff):
    launched(campaign, staff)
    assert {row.customer for row in Enrollment.objects.all()} == {people[name] for name in BEHIND["will_receive"]}


def test_a_business_notice_goes_to_all_with_an_address_and_holds_nobody_out(campaign, people):
    Campaign.objects.update(message_class="business", holdout_percent=50)
    campaign.refresh_from_db()
    found = counts(campaign)
    assert (found["no_consent"], found["held_out"], found["will_receive"]) == (0, 0, 6)
    assert (found["refused"], found["bounced"], found["complained"]) == (2, 1, 1)


def test_the_primary_contact_is_written_to_else_the_first_who_has_not_left(campaign, person, staff):
    customer = person(1, email="old@example.jp")
    customer.contacts.update(left_on=TODAY)
    new = Contact.objects.create(customer=customer, email="new@example.jp")
    consent.grant(customer=customer, channel=Channel.MAIL, address=new.email, at=NOW, source="form", basis="relation")
    launched(campaign, staff)
    assert Delivery.objects.get().contact == new


def test_planning_again_changes_nothing(campaign, people, staff):
    launched(campaign, staff)
    before = list(Delivery.objects.order_by("pk").values())
    assert audience.plan(campaign_id=campaign.pk, now=NOW) == 0
    Campaign.objects.update(planned_to=None)
    audience.plan_due(now=NOW)
    assert list(Delivery.objects.order_by("pk").values()) == before
    assert Coupon.objects.count() == 5


def test_links_and_coupons_are_long_and_each_is_another(campaign, people, staff):
    launched(campaign, staff)
    tokens = set(Delivery.objects.values_list("token", flat=True))
    assert len(tokens) == 14
    assert {len(token) for token in tokens} == {43}
    codes = set(Coupon.objects.values_list("code", flat=True))
    assert len(codes) == 5
    assert {(code[:5], len(code)) for code in codes} == {("BACK-", 24)}


def test_a_mail_is_given_up_three_days_later_or_when_its_offer_ends(campaign, person, staff):
    person(1)
    campaign.offer.expires_on = TODAY + dt.timedelta(days=1)
    campaign.offer.save()
    launched(campaign, staff)
    assert Delivery.objects.get().expires_at == dt.datetime(2026, 11, 21, 15, 0, tzinfo=dt.UTC)  # midnight in Tokyo


def test_without_an_offer_a_mail_is_given_up_after_three_days(campaign, person, staff):
    person(1)
    campaign.offer.delete()
    campaign.steps.update(body="お元気ですか。")
    campaign = Campaign.objects.get()
    launched(campaign, staff)
    assert Delivery.objects.get().expires_at == NOW + dt.timedelta(days=3)
    assert not Coupon.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"state": Segment.State.FAILED},
        {"state": Segment.State.NEVER},
        {"as_of": TODAY - dt.timedelta(days=1)},
        {"as_of": None},
    ],
)
def test_a_segment_that_is_not_of_today_cannot_be_sent_to(campaign, segment, staff, changes):
    Segment.objects.update(**changes)
    campaign = Campaign.objects.get()
    with pytest.raises(CampaignError, match="Dormant"):
        audience.launch(campaign=campaign, by=staff, now=NOW)
    assert Campaign.objects.get().state == "draft"


@pytest.mark.parametrize("state", ["failed", "died"])
def test_scores_whose_last_run_did_not_end_well_stop_sending_to_what_they_make(campaign, staff, state):
    for number, (one, error) in enumerate((("done", ""), (state, "OperationalError: gone"))):
        at = NOW - dt.timedelta(minutes=10 - number)
        ScoringRun.objects.create(as_of=TODAY, started_at=at, finished_at=at, state=one, error=error, seconds=1)
    with pytest.raises(CampaignError, match=r"Its segments|セグメント"):
        audience.launch(campaign=Campaign.objects.get(), by=staff, now=NOW)
    ScoringRun.objects.create(as_of=TODAY, started_at=NOW, finished_at=NOW, state="done", seconds=1)
    assert audience.launch(campaign=Campaign.objects.get(), by=staff, now=NOW).state == "running"


def test_scores_that_fail_between_launch_and_planning_are_waited_for(campaign, person, staff):
    person(1)
    audience.launch(campaign=campaign, by=staff, now=NOW)
    ScoringRun.objects.create(as_of=TODAY, started_at=NOW, state="failed")
    assert audience.plan_due(now=NOW) == 0
    assert Campaign.objects.get().note
    Segment.objects.update(is_frozen=True)
    assert audience.plan_due(now=NOW) == 1


def test_a_frozen_segment_is_never_stale(campaign, staff):
    Segment.objects.update(is_frozen=True, as_of=TODAY - dt.timedelta(days=100))
    assert audience.launch(campaign=Campaign.objects.get(), by=staff, now=NOW).state == "running"


def test_a_segment_that_went_stale_between_launch_and_planning_is_waited_for(campaign, person, staff):
    person(1)
    audience.launch(campaign=campaign, by=staff, now=NOW)
    Segment.objects.update(state=Segment.State.FAILED)
    assert audience.plan_due(now=NOW) == 0
    assert "Dormant" in Campaign.objects.get().note
    Segment.objects.update(state=Segment.State.FRESH)
    assert audience.plan_due(now=NOW) == 1
    assert Campaign.objects.get().note == ""


def test_a_launch_freezes_the_words_and_says_when_and_by_whom(campaign, staff):
    audience.launch(campaign=campaign, by=staff, now=NOW)
    stored = Campaign.objects.get()
    assert (stored.state, stored.launched_at, stored.launched_by) == ("running", NOW, staff)
    step = stored.steps.get()
    assert step.frozen_at == NOW
    assert len(step.content_hash) == 64
    assert AuditEvent.objects.get(action="campaign.state").detail == {"before": "draft", "after": "running"}


def test_what_the_law_forbids_is_not_launched(campaign, installation, staff):
    installation.sender_address = ""
    installation.save()
    with pytest.raises(CampaignError):
        audience.launch(campaign=campaign, by=staff, now=NOW)


@pytest.mark.parametrize("state", ["paused", "finished", "cancelled", "running"])
def test_only_a_draft_or_a_scheduled_campaign_is_launched(campaign, staff, state):
    Campaign.objects.update(state=state)
    with pytest.raises(CampaignError):
        audience.launch(campaign=Campaign.objects.get(), by=staff, now=NOW)


def test_a_scheduled_campaign_starts_when_it_is_due(campaign, person, staff):
    person(1)
    at = NOW + dt.timedelta(hours=2)
    audience.schedule(campaign=campaign, at=at, by=staff, now=NOW)
    audience.launch_due(now=at - dt.timedelta(seconds=1))
    assert Campaign.objects.get().state == "scheduled"
    audience.launch_due(now=at)
    stored = Campaign.objects.get()
    assert (stored.state, stored.launched_at, stored.launched_by) == ("running", at, staff)


def test_the_past_is_no_time_to_send(campaign, staff):
    with pytest.raises(CampaignError):
        audience.schedule(campaign=campaign, at=NOW, by=staff, now=NOW)


def test_unscheduling_makes_the_words_changeable_again(campaign, staff):
    audience.schedule(campaign=campaign, at=NOW + dt.timedelta(hours=2), by=staff, now=NOW)
    states.unschedule(campaign=campaign, by=staff)
    stored = Campaign.objects.get()
    assert (stored.state, stored.scheduled_at, stored.steps.get().content_hash) == ("draft", None, "")


def test_a_start_that_could_not_happen_for_an_hour_is_called_off_and_says_why(campaign, staff):
    at = NOW + dt.timedelta(hours=2)
    audience.schedule(campaign=campaign, at=at, by=staff, now=NOW)
    Segment.objects.update(state=Segment.State.FAILED)
    audience.launch_due(now=at)
    assert (Campaign.objects.get().state, "Dormant" in Campaign.objects.get().note) == ("scheduled", True)
    audience.launch_due(now=at + dt.timedelta(minutes=61))
    stored = Campaign.objects.get()
    assert (stored.state, "Dormant" in stored.note) == ("draft", True)


def test_called_off_by_someone_else_meanwhile_is_left_alone(campaign, staff):
    Campaign.objects.update(state="cancelled")
    audience._could_not_start(campaign, "why", is_over=True)
    assert Campaign.objects.get().state == "cancelled"


def test_exclusion_is_taken_back_once(campaign, person, staff):
    customer = person(1)
    audience.exclude(customer=customer, reason="staff", by=staff, now=NOW)
    audience.exclude(customer=customer, reason="competitor", by=staff, now=NOW, note="調査会社")
    assert Exclusion.objects.get().reason == "competitor"
    assert audience.readmit(customer=customer, by=staff, now=NOW)
    assert not audience.readmit(customer=customer, by=staff, now=NOW)
    assert counts(campaign)["will_receive"] == 1


def test_the_base_rate_is_that_of_the_equally_long_window_before(campaign, person, staff):
    """4 people, the 30 days before the 20th (21 Oct – 19 Nov): two bought in them, one a day too early, one today."""
    days = [dt.date(2026, 10, 21), dt.date(2026, 11, 19), dt.date(2026, 10, 20), TODAY]
    for number, day in enumerate(days):
        _buy(person(number), day, number)
    prospect = audience.foresight(campaign, as_of=TODAY)
    assert [line.percent for line in prospect] == [10, 20, 50]
    launched(campaign, staff)
    assert Campaign.objects.get().base_rate == 0.5


def test_the_base_rate_of_a_login_goal_counts_logins(campaign, person, staff):
    customers = [person(number) for number in range(4)]
    Login.objects.create(customer=customers[0], logged_in_at=NOW, logged_in_on=dt.date(2026, 11, 1))
    Campaign.objects.update(goal="login")
    launched(Campaign.objects.get(), staff)
    assert Campaign.objects.get().base_rate == 0.25


@pytest.mark.parametrize("goal", ["renewal", "rsvp", "coupon"])
def test_the_base_rate_of_any_goal_counts_that_goal_alone(campaign, person, staff, goal):
    reached, *_others = [person(number) for number in range(4)]
    Campaign.objects.update(goal=goal)
    campaign.refresh_from_db()
    before = Campaign.objects.create(name="春", segment=campaign.segment, created_by=staff)
    if goal == "renewal":
        factories.contract(reached, TODAY - dt.timedelta(days=3), 5000)
    elif goal == "rsvp":
        occasion = Occasion.objects.create(campaign=before, title="会", starts_at=NOW, ends_at=NOW)
        answered_at = NOW - dt.timedelta(days=3)
        Rsvp.objects.create(occasion=occasion, customer=reached, answer="coming", answered_at=answered_at)
    else:
        offer = Offer.objects.create(campaign=before, text="割引")
        Coupon.objects.create(offer=offer, customer=reached, code="A-1", redeemed_at=NOW - dt.timedelta(days=3))
    launched(campaign, staff)
    assert Campaign.objects.get(pk=campaign.pk).base_rate == 0.25


def test_an_empty_audience_has_no_base_rate(campaign, staff):
    launched(campaign, staff)
    assert (Campaign.objects.get().base_rate, Campaign.objects.get().planned_to) == (None, 0)


def _buy(customer: Customer, day: dt.date, number: int) -> None:
    Purchase.objects.create(
        customer=customer,
        line_key=f"00000000-0000-0000-0000-{number:012}",
        purchased_at=NOW,
        purchased_on=day,
        amount=1,
    )


def test_strata_are_the_rfm_segments(campaign, person, staff):
    from scores.models import Score

    for number in range(20):
        segment = "at_risk" if number < 10 else "champions"
        Score.objects.create(customer=person(number), as_of=TODAY, rfm_segment=segment)
    Campaign.objects.update(holdout_percent=10)
    launched(Campaign.objects.get(), staff)
    held_out = Enrollment.objects.filter(arm="held_out")
    assert sorted(held_out.values_list("stratum", flat=True)) == ["at_risk", "champions"]
    pairs = Enrollment.objects.values_list("customer_id", "stratum")
    assert set(held_out.values_list("customer_id", flat=True)) == uplift.hold_out(campaign.pk, pairs, 10)


@pytest.mark.parametrize("email", ["taro..y@docomo.ne.jp", "taro.@docomo.ne.jp", ".taro@docomo.ne.jp"])
def test_an_address_that_breaks_the_standard_has_its_line_and_is_not_lost(email, campaign, person):
    person(1, email=email)
    person(2)
    counts = {line.code: line.count for line in audience.waterfall(campaign, as_of=TODAY).lines if line.count}
    assert counts == {"matched": 2, "bad_address": 1, "will_receive": 1}
    assert [who.code for who in audience.behind(campaign, "bad_address", as_of=TODAY)] == ["C00001"]


def test_every_code_of_the_waterfall_has_words(campaign, person):
    person(1, kind=Kind.COMPANY)
    for line in audience.waterfall(campaign, as_of=TODAY).lines:
        assert line.label != line.code
    assert reasons.label("never heard of") == "never heard of"
    assert [line.code for line in audience.waterfall(campaign, as_of=TODAY).lines if line.is_total] == [
        "matched",
        "will_receive",
    ]
    assert audience.waterfall(campaign, as_of=TODAY).count("nothing") == 0


# --- several contacts, other ways, the draw where the rows are -----------------------------------


def contacts(customer: Customer, *roles: str) -> None:
    for number, role in enumerate(roles):
        email = f"{customer.code.lower()}-{number}@example.jp"
        Contact.objects.create(customer=customer, email=email, role=role)
        agree(customer, email)


def planned(campaign, staff) -> list[tuple[str, str, str]]:
    audience.launch(campaign=campaign, by=staff, now=NOW)
    audience.plan_due(now=NOW)
    rows = Delivery.objects.order_by("address", "customer").values_list("address", "state", "reason")
    return [(address.split("@")[0], state, reason) for address, state, reason in rows]


def test_every_contact_gets_it_once_an_address_and_all_share_the_arm(campaign, person, staff):
    Campaign.objects.update(recipients="all", holdout_percent=50)
    for number in range(2):
        contacts(person(number), "pays", "uses")
    Contact.objects.filter(email="c00001-0@example.jp").update(email="c00001-1@example.jp")
    rows = planned(Campaign.objects.get(), staff)
    assert [reason for _address, state, reason in rows if state == "suppressed"] == ["duplicate_address"]
    by_customer = {}
    for row in Delivery.objects.exclude(state="suppressed"):
        by_customer.setdefault(row.customer_id, []).append(row.state)
    assert sorted((len(states), len(set(states))) for states in by_customer.values()) == [(2, 1), (3, 1)]
    assert sorted(Enrollment.objects.values_list("arm", flat=True)) == ["held_out", "treated"]
    assert Coupon.objects.count() == 1


def test_only_contacts_with_the_role_are_written_to(campaign, person, staff):
    Campaign.objects.update(recipients="role", recipient_roles=["pays", "decides"])
    contacts(person(0), "uses", "pays")
    person(1)
    assert planned(Campaign.objects.get(), staff) == [("", "suppressed", "no_address"), ("c00000-1", "pending", "")]


@pytest.mark.parametrize(
    ("way", "changes", "expected"),
    [
        ("line", {"line_id": "U1"}, ("U1", "suppressed", "no_consent")),
        ("line", {}, ("", "suppressed", "no_address")),
        ("sms", {"phone": "09000000000"}, ("09000000000", "suppressed", "no_consent")),
        ("task", {}, ("C00001", "pending", "")),
        ("task", {"phone": "0311112222"}, ("C00001", "suppressed", "refused")),
        ("postal", {}, ("", "suppressed", "no_address")),
        ("postal", {"address": "千代田区1-1"}, ("C00001", "pending", "")),
        ("webhook", {}, ("C00001", "pending", "")),
    ],
)
def test_each_way_has_its_own_address_and_its_own_consent(campaign, person, staff, way, changes, expected):
    someone = person(1)
    Contact.objects.update(**{key: value for key, value in changes.items() if key != "address"})
    Customer.objects.update(address=changes.get("address", ""))
    consent.withdraw(customer=someone, channel="phone", address="0311112222", at=NOW, source="staff")
    campaign.steps.update(channel=way)
    audience.freeze(campaign, NOW)
    Campaign.objects.update(state="running", launched_at=NOW)
    audience.plan(campaign_id=campaign.pk, now=NOW)
    row = Delivery.objects.get()
    assert (row.address, row.state, row.reason, row.channel) == (*expected, way)


@settings(max_examples=15, deadline=None)
@given(
    people=st.dictionaries(
        st.integers(1, 10**9), st.sampled_from(["", "champions", "お得意", "a_b", "B"]), max_size=60
    ),
    percent=st.integers(1, 50),
    number=st.integers(1, 10**6),
)
def test_the_draw_where_the_rows_are_is_that_of_uplift(people, percent, number):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS campaign_audience")
        cursor.execute("CREATE TEMP TABLE campaign_audience (customer_id bigint, stratum text, verdict text)")
        for customer, stratum in people.items():
            cursor.execute("INSERT INTO campaign_audience VALUES (%s, %s, 'ok')", [customer, stratum])
        verdicts.draw(Campaign(pk=number, holdout_percent=percent))
        cursor.execute("SELECT customer_id FROM campaign_audience WHERE verdict = 'held_out'")
        drawn = {row[0] for row in cursor}
        cursor.execute("DROP TABLE campaign_audience")
    assert drawn == uplift.hold_out(number, people.items(), percent)
