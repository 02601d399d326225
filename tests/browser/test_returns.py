"""What came of a mail: the customer's rights, the proof of a message, a link that leads nowhere."""

from campaigns.models import Campaign, Coupon, Delivery, Offer, Step
from customers import consent
from customers.models import Consent, Contact
from segments.models import Segment
from tests import factories
from tests.browser.looking import look

AT = factories.moment


def test_rights_proof_and_the_link_that_leads_nowhere(signed_in, page):
    staff = factories.user()
    who = factories.customer("A1", name="青空商事")
    contact = Contact.objects.create(
        customer=who, name="田中 太郎", email="a@example.jp", phone="09012345678", is_primary=True
    )
    at = AT("2026-10-01")
    consent.grant(
        customer=who,
        channel="mail",
        address="a@example.jp",
        at=at,
        source="form",
        basis="consent",
        wording="お得な情報を受け取ります。",
    )
    consent.withdraw(customer=who, channel="sms", address="09012345678", at=at, source="staff")
    segment = Segment.objects.create(slug="s", name="S", rule={})
    campaign = Campaign.objects.create(name="掘り起こし", segment=segment, created_by=staff)
    Coupon.objects.create(
        offer=Offer.objects.create(campaign=campaign, text="10%割引"), customer=who, code="BACK-AB12-CD34-EF56-7890"
    )
    sent = Delivery.objects.create(
        campaign=campaign,
        step=Step.objects.create(campaign=campaign, subject="件名", body="本文"),
        customer=who,
        contact=contact,
        channel="mail",
        address="a@example.jp",
        state=Delivery.State.ACCEPTED,
        token="k" * 43,
        consent=Consent.objects.filter(channel="mail").get(),
        planned_at=at,
        due_at=at,
        sending_at=at,
    )
    desk = signed_in(staff)
    look(desk, "rights", f"/campaigns/customers/{who.pk}/")
    look(desk, "proof", f"/campaigns/deliveries/{sent.pk}/proof/")
    look(page, "gone", f"/c/{'x' * 43}/1/")
