"""A person who has a row in every table that can hold one, and whose words stand wherever they can stand."""

import datetime as dt
import uuid

from django.core.files.base import ContentFile

from accounts.models import ApiKey, IdempotentCall, User, WebhookEndpoint, WebhookMessage
from campaigns.models import (
    Campaign,
    Coupon,
    Delivery,
    Enrollment,
    Exclusion,
    Journey,
    Occasion,
    Offer,
    Report,
    Rsvp,
    Step,
)
from customers import consent, searching
from customers.models import (
    Channel,
    Contact,
    Customer,
    CustomerCode,
    DimensionChange,
    Duplicate,
    Event,
    Import,
    ImportChange,
    ImportReject,
    Interaction,
    Invoice,
    Login,
    Merge,
    MergeMove,
    Product,
    Received,
    Touched,
    UndoKept,
)
from metrics.models import Filed, FirstDay, RevenueSpell, Spell, Worth
from scores.models import CustomerActivity, LifecycleStage, Prediction, Score, ScoreSnapshot
from segments.models import (
    Consumer,
    CustomerTier,
    FrozenLine,
    FrozenList,
    Membership,
    Movement,
    PastTier,
    Segment,
    Taken,
    TierOverride,
)
from tests import factories

NOW = dt.datetime(2026, 11, 21, 3, 0, tzinfo=dt.UTC)
TODAY = dt.date(2026, 11, 21)
NAME, KANA, EMAIL, OLD_EMAIL, PHONE, CODE = (
    *("権田原 勘九郎", "ゴンダワラ カンクロウ", "gondawara@example.jp", "kankuro.old@example.jp", "09012345678"),
    "KAIIN-4711",
)
# What must not be found anywhere afterwards; a phone as it may be written.
WORDS = (NAME, NAME.replace(" ", ""), KANA, KANA.replace(" ", ""), EMAIL, OLD_EMAIL, PHONE, "090-1234-5678", CODE)


def somebody(by: User) -> Customer:
    """The person, with a merged record of his, an import he came with, and a neighbour who knows him."""
    made = Import.objects.create(kind="customers", state="done", file_name="会員.csv", sha256="x", size=1)
    made.file.save("members.csv", ContentFile(f"{CODE},{NAME},{EMAIL}".encode()))
    who = factories.customer(
        CODE, name=NAME, kana=KANA, kind="person", industry="小売", region="関東", imported=made, company="権田原商店"
    )
    Customer.objects.filter(pk=who.pk).update(
        address="千代田区1-1", postal_code="1000001", birth_on="1980-01-01", tags=["VIP"], attributes={"趣味": NAME}
    )
    contact = Contact.objects.create(
        customer=who, name=NAME, kana=KANA, email=EMAIL, phone=PHONE, is_primary=True, imported=made, code="P-1"
    )
    CustomerCode.objects.create(customer=who, source="EC", code=EMAIL)
    _facts(who, contact, by)
    _agreed(who, by)
    _campaign(who, contact, by)
    _computed(who)
    _imported(who, contact, made)
    _called(by)
    _merged(who, by)
    searching.refresh([who.pk])
    return Customer.objects.get(pk=who.pk)


def _facts(who: Customer, contact: Contact, by: User) -> None:
    product = Product.objects.create(name="机")
    factories.purchase(who, "2026-10-01", 12000, "O-1", product=product)
    factories.purchase(who, "2026-10-20", -2000, "O-1")
    factories.login(who, "2026-10-02")
    Login.objects.create(
        customer=who, contact=contact, logged_in_at=NOW, logged_in_on=TODAY, usage_id="u1", feature="検索"
    )
    factories.contract(
        who, "2026-01-01", 5000, ends_on="2026-09-01", reason=f"{NAME}の退職", competitor="他社", contract_id="K-1"
    )
    Invoice.objects.create(customer=who, invoice_id="I-1", closed_on=TODAY, amount=5000)
    Interaction.objects.create(
        customer=who,
        contact=contact,
        occurred_at=NOW,
        subject=f"{NAME}様から",
        body=f"{EMAIL} {PHONE}",
        next_action=NAME,
        competitor=f"{NAME}の知人の会社",
        by=by,
    )
    data = {"reason": "予算", "note": NAME, "points": 5, "mail": EMAIL, "plan": NAME, "deep": {"name": NAME}}
    Event.objects.create(customer=who, contact=contact, kind="churned", at=NOW, data=data)
    DimensionChange.objects.create(customer=who, dimension="region", since=None, value="関東")
    Touched.objects.create(customer=who)
    neighbour = factories.customer("N-1", name="隣の人")
    Interaction.objects.create(
        customer=neighbour, occurred_at=NOW, subject="紹介", body=f"連絡先は {EMAIL.upper()} とのこと", by=by
    )


def _agreed(who: Customer, by: User) -> None:
    for email in (OLD_EMAIL, EMAIL):
        consent.grant(customer=who, channel=Channel.MAIL, address=email, at=NOW, source="form", basis="relation", by=by)
    for channel, address in ((Channel.MAIL, OLD_EMAIL), (Channel.PHONE, PHONE), (Channel.POSTAL, CODE)):
        consent.withdraw(customer=who, channel=channel, address=address, at=NOW, source="staff", by=by)


def _campaign(who: Customer, contact: Contact, by: User) -> None:
    segment = Segment.objects.create(slug="of-the-test", name="全員", rule={})
    Membership.objects.create(segment=segment, customer=who, entered_on=TODAY)
    news = Movement.objects.create(segment=segment, customer=who, kind="entered", on=TODAY, at=NOW)
    Taken.objects.create(consumer=Consumer.objects.create(name="tasks"), movement=news)
    CustomerTier.objects.create(customer=who, tier="high", since=TODAY)
    PastTier.objects.create(customer=who, tier="low", since=TODAY, until=TODAY, why="facts")
    TierOverride.objects.create(customer=who, tier="high", reason=NAME, at=NOW)
    pasted = FrozenList.objects.create(segment=segment, source="pasted", made_at=NOW)
    FrozenLine.objects.create(frozen_list=pasted, nth=1, text=NAME, customer=who)
    campaign = Campaign.objects.create(name="春の便り", segment=segment, created_by=by)
    step = Step.objects.create(campaign=campaign, subject="件名", body="本文")
    offer = Offer.objects.create(campaign=campaign, text="割引")
    Coupon.objects.create(offer=offer, customer=who, code="SPRING-1")
    Enrollment.objects.create(campaign=campaign, customer=who, arm="treated", enrolled_at=NOW)
    Journey.objects.create(campaign=campaign, customer=who, cause="1", entered_at=NOW, due_at=NOW)
    occasion = Occasion.objects.create(campaign=campaign, title="春の会", starts_at=NOW, ends_at=NOW)
    Rsvp.objects.create(occasion=occasion, customer=who, contact=contact, answer="coming", answered_at=NOW)
    sent = Delivery.objects.create(
        campaign=campaign,
        step=step,
        customer=who,
        contact=contact,
        channel="mail",
        address=EMAIL,
        state="accepted",
        token="t" * 43,
        planned_at=NOW,
        due_at=NOW,
        reply=f"250 {EMAIL}",
    )
    Report.objects.create(
        provider="dsn", key="1", kind="bounced", delivery=sent, at=NOW, received_at=NOW, detail=f"550 {EMAIL}"
    )
    Exclusion.objects.create(customer=who, reason="other", note=f"{NAME}の希望", at=NOW, by=by)


def _computed(who: Customer) -> None:
    Score.objects.create(customer=who, as_of=TODAY, plan="標準", ltv_historic=10000)
    Prediction.objects.create(customer=who, as_of=TODAY, churn_risk=0.5)
    counts = {"orders_in_window": 1, "net_in_window": 10000, "net": 10000, "x": 0, "spells": 1, "mrr": 0}
    CustomerActivity.objects.create(customer=who, first_purchase_on=TODAY, plan="標準", **counts)
    LifecycleStage.objects.create(customer=who, lifecycle="new", began_on=TODAY)
    Spell.objects.create(customer=who, from_on=TODAY, until_on=TODAY)
    Filed.objects.create(customer=who, from_on=TODAY, until_on=TODAY)
    RevenueSpell.objects.create(customer=who, from_on=TODAY, until_on=TODAY, mrr=1)
    FirstDay.objects.create(customer=who, bought_on=TODAY)
    Worth.objects.create(customer=who, historic=1, bought_on=TODAY)
    ScoreSnapshot.objects.create(
        customer=who, as_of=TODAY, lifecycle="active", is_active=True, plan="標準", ltv_historic=10000
    )


def _imported(who: Customer, contact: Contact, made: Import) -> None:
    images = {"name": "旧姓の人", "search_text": "かいいん", "region": "近畿"}
    ImportChange.objects.create(
        imported=made, line=2, model="customer", row_id=who.pk, before=images, after={**images, "name": NAME}
    )
    ImportChange.objects.create(
        imported=made, line=2, model="contact", row_id=contact.pk, before={"email": OLD_EMAIL}, after={"email": EMAIL}
    )
    UndoKept.objects.create(
        imported=made, model="customer", row_id=who.pk, field="name", why="edited", now=NAME, before="旧姓の人"
    )
    for line, cells in enumerate(
        [
            [CODE, "x"],
            ["y", f" {NAME.replace(' ', '　')} "],
            ["", "０９０-1234-5678"],
            ["z", f"a,{EMAIL}"],
            ["other", "kept"],
        ]
    ):
        ImportReject.objects.create(imported=made, line=line, code="bad_date", cells=cells)


def _called(by: User) -> None:
    Received.objects.create(message_id="m1", kind="identify", payload={"userId": CODE}, received_at=NOW)
    Received.objects.create(message_id="m2", kind="track", payload={"userId": "other"}, received_at=NOW)
    key = ApiKey.objects.create(name="EC", prefix="p", secret_hash="h", created_by=by)
    IdempotentCall.objects.create(
        api_key=key, key="k", request_hash="h", status=200, body={"name": NAME}, started_at=NOW
    )
    endpoint = WebhookEndpoint.objects.create(url="https://example.jp/", secret="s", created_by=by)
    WebhookMessage.objects.create(endpoint=endpoint, message_id=str(uuid.uuid4()), kind="x", payload={"to": EMAIL})


def _merged(who: Customer, by: User) -> None:
    loser = factories.customer("OLD-1", name=NAME, merged_into=who, archived_at=NOW)
    Contact.objects.create(customer=loser, email=OLD_EMAIL, name=NAME)
    factories.purchase(loser, "2025-05-01", 3000)
    merge = Merge.objects.create(winner=who, loser=loser, before={"name": NAME}, after={"name": NAME}, at=NOW, by=by)
    MergeMove.objects.create(
        merge=merge, model="customers.contact", field="customer_id", row_id=1, before={"name": NAME}
    )
    other = factories.customer("D-1", name="似た人")
    first, second = sorted((who, other), key=lambda one: one.pk)
    Duplicate.objects.create(first=first, second=second, score=80, reasons=["phone"], found_at=NOW)
