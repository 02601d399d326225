"""Letters: listed once, confirmed when posted, and what comes back."""

import datetime as dt
import uuid
from decimal import Decimal
from io import BytesIO

import pytest
from pypdf import PdfReader

from campaigns import labels, postal_lists, states
from campaigns.models import Campaign, Delivery, Step, Way
from campaigns.states import CampaignError
from customers import consent
from customers.models import Channel, Customer, Event, Kind, Suppression
from tests.campaigns.conftest import WORDS
from tests.campaigns.moments import NOW, TODAY

State = Delivery.State


@pytest.fixture
def posting(installation, segment, staff):
    """A running campaign with one letter to three customers, C1, C2 and C3, due now."""
    campaign = Campaign.objects.create(
        name="DM", segment=segment, created_by=staff, state=Campaign.State.RUNNING, planned_to=3
    )
    step = Step.objects.create(
        campaign=campaign, channel=Way.POSTAL, body="{{ 宛名 }}\n\n秋の新豆です。", unit_cost=Decimal("63.00")
    )
    for number in (1, 2, 3):
        _letter(campaign, step, number)
    return campaign


def _letter(campaign: Campaign, step: Step, number: int) -> Delivery:
    customer = Customer.objects.create(
        code=f"C{number}",
        kind=Kind.COMPANY,
        name=f"{number}号商事株式会社",
        postal_code=f"10000{number:02}",
        address="東京都千代田区千代田1-1",
    )
    contact = customer.contacts.create(name="山田 太郎", department="営業部", title="部長", is_primary=True)
    given = {"customer": customer, "channel": Channel.POSTAL, "address": customer.code}
    consent.grant(**given, at=NOW - dt.timedelta(30), source="form", basis="consent", wording=WORDS)
    return Delivery.objects.create(
        campaign=campaign,
        step=step,
        customer=customer,
        contact=contact,
        channel=Way.POSTAL,
        address=customer.code,
        token=f"token{number}",
        planned_at=NOW,
        due_at=NOW,
        message_key=uuid.UUID(int=number << 100),
    )


def made(campaign: Campaign, staff) -> uuid.UUID:
    return postal_lists.make(campaign=campaign, by=staff, now=NOW)


def states_of(campaign: Campaign) -> dict[str, str]:
    return dict(campaign.deliveries.order_by("address").values_list("address", "state"))


def test_a_list_takes_what_is_due_once(posting, staff):
    assert postal_lists.waiting(posting, now=NOW) == 3
    token = made(posting, staff)
    assert [one.customer_code for one in postal_lists.letters(posting, token)] == ["C1", "C2", "C3"]
    with pytest.raises(CampaignError):
        made(posting, staff)
    (found,) = postal_lists.lists(posting)
    assert (found.token, found.count, found.waiting, found.cost) == (token, 3, 3, Decimal("189.00"))
    assert not posting.deliveries.exclude(lease_until=None).exists()


def test_a_letter_is_addressed_as_letters_are(posting, staff):
    letter = next(postal_lists.letters(posting, made(posting, staff)))
    assert letter.postal_code == "100-0001"
    assert letter.lines == ("1号商事株式会社", "営業部 部長", "山田 太郎 様")
    assert letter.text.endswith("秋の新豆です。")


def test_who_refuses_in_between_gets_no_letter(posting, staff):
    customer = Customer.objects.get(code="C2")
    consent.withdraw(customer=customer, channel=Channel.POSTAL, address="C2", at=NOW, source="staff")
    made(posting, staff)
    assert states_of(posting) == {"C1": State.SENDING, "C2": State.SUPPRESSED, "C3": State.SENDING}


def test_who_lacks_a_field_is_left_out_and_told(posting, staff):
    posting.steps.update(body="{{ 部署 }}の皆様へ")
    Customer.objects.get(code="C3").contacts.update(department="")
    made(posting, staff)
    left_out = posting.deliveries.get(address="C3")
    assert (left_out.state, left_out.reason) == (State.SUPPRESSED, "missing_field")


def test_posted_settles_the_list_for_that_day_once(posting, staff):
    token = made(posting, staff)
    day = TODAY - dt.timedelta(1)
    assert postal_lists.confirm(campaign=posting, token=token, posted_on=day, by=staff) == 3
    assert postal_lists.confirm(campaign=posting, token=token, posted_on=TODAY, by=staff) == 0
    (found,) = postal_lists.lists(posting)
    assert (found.waiting, found.posted, found.posted_on) == (0, 3, day.isoformat())
    assert Event.objects.filter(kind="message_accepted", data__channel="postal").count() == 3


def test_what_became_due_after_the_download_is_not_confirmed_with_it(posting, staff):
    token = made(posting, staff)
    _letter(posting, posting.steps.get(), 4)
    postal_lists.confirm(campaign=posting, token=token, posted_on=TODAY, by=staff)
    assert states_of(posting)["C4"] == State.PENDING


def test_a_list_taken_back_waits_again_and_cannot_be_confirmed(posting, staff):
    token = made(posting, staff)
    assert postal_lists.take_back(campaign=posting, token=token, by=staff) == 3
    assert postal_lists.take_back(campaign=posting, token=token, by=staff) == 0
    assert postal_lists.confirm(campaign=posting, token=token, posted_on=TODAY, by=staff) == 0
    assert postal_lists.waiting(posting, now=NOW) == 3


def test_a_paused_campaign_makes_no_list(posting, staff):
    states.pause(campaign=posting, by=staff)
    posting.refresh_from_db()
    with pytest.raises(CampaignError):
        made(posting, staff)


def test_stopping_a_campaign_takes_its_letters_off_the_list(posting, staff):
    token = made(posting, staff)
    states.cancel(campaign=posting, by=staff)
    assert postal_lists.confirm(campaign=posting, token=token, posted_on=TODAY, by=staff) == 0
    assert set(states_of(posting).values()) == {State.CANCELLED}


def test_what_comes_back_stops_letters_to_that_customer(posting, staff):
    token = made(posting, staff)
    postal_lists.confirm(campaign=posting, token=token, posted_on=TODAY, by=staff)
    by_code = postal_lists.response_code(uuid.UUID(int=2 << 100)).lower().replace("-", " ")
    codes = ["C1", by_code, "nobody", "C1", ""]
    done = postal_lists.returned(campaign=posting, codes=codes, by=staff, now=NOW)
    assert done == postal_lists.Marked(2, 0, ("nobody",))
    again = postal_lists.returned(campaign=posting, codes=["C1"], by=staff, now=NOW)
    assert (again.marked, again.before) == (0, 1)
    stopped = Suppression.objects.filter(channel=Channel.POSTAL, reason=Suppression.Reason.BOUNCED)
    assert set(stopped.values_list("address", flat=True)) == {"C1", "C2"}
    assert postal_lists.lists(posting)[0].returned == 2


def test_a_letter_not_posted_yet_cannot_come_back(posting, staff):
    made(posting, staff)
    done = postal_lists.returned(campaign=posting, codes=["C1"], by=staff, now=NOW)
    assert done.unknown == ("C1",)


def test_an_answer_counts_as_the_persons_own(posting, staff):
    token = made(posting, staff)
    postal_lists.confirm(campaign=posting, token=token, posted_on=TODAY, by=staff)
    code = next(postal_lists.letters(posting, token)).response_code
    assert postal_lists.answered(campaign=posting, codes=[code], by=staff, now=NOW).marked == 1
    assert posting.deliveries.get(address="C1").clicked_at == NOW
    assert postal_lists.answered(campaign=posting, codes=[code], by=staff, now=NOW).before == 1


def test_response_codes_are_told_apart_and_read_back():
    keys = [uuid.uuid5(uuid.NAMESPACE_URL, str(number)) for number in range(300)]
    codes = [postal_lists.response_code(key) for key in keys]
    assert len(set(codes)) == 300
    for key, code in zip(keys, codes, strict=True):
        first, last = postal_lists._keys(code)
        assert first <= key <= last


@pytest.mark.parametrize("code", ["", "ABC", "O0O0O-O0O0O", "ZZZZZ-ZZZZZ", "22222-222222"])
def test_what_can_be_no_response_code(code):
    assert postal_lists._keys(code) is None


@pytest.mark.parametrize(
    ("raw", "shown"),
    [("1000001", "100-0001"), ("100-0001", "100-0001"), ("１００ー０００１", "100-0001"), ("12", "12"), ("", "")],
)
def test_postal_codes_are_written_with_their_hyphen(raw, shown):
    assert postal_lists.postal_code(raw) == shown


# --- labels -----------------------------------------------------------------------------------


def label(**changes) -> postal_lists.Letter:
    given = {
        "delivery": 1,
        "customer_code": "C1",
        "postal_code": "100-0001",
        "address": "東京都千代田区千代田1-1",
        "lines": ("山田商事株式会社", "営業部 部長", "山田 太郎 様"),
        "response_code": "ABCDE-FGHJK",
        "text": "",
        "coupon": "",
    }
    return postal_lists.Letter(**(given | changes))


@pytest.mark.parametrize(("name", "per_page"), [("2x6", 12), ("3x4", 12)])
def test_a_sheet_holds_twelve_inside_its_edges(name, per_page):
    sheet = labels.SHEETS[name]
    corners = [sheet.corner(number) for number in range(sheet.per_page)]
    assert (sheet.per_page, len(set(corners))) == (per_page, per_page)
    for left, bottom in corners:
        assert left >= -0.01
        assert left + sheet.width <= labels.A4[0] + 0.01
        assert bottom >= -0.01
        assert bottom + sheet.height <= labels.A4[1] + 0.01


def test_every_label_says_whom_it_is_for():
    read = PdfReader(BytesIO(labels.pdf([label()] * 13, labels.SHEETS["2x6"])))
    text = read.pages[1].extract_text()
    assert len(read.pages) == 2
    for words in (
        "〒100-0001",
        "東京都千代田区千代田1-1",
        "山田商事株式会社",
        "営業部 部長",
        "山田 太郎 様",
        "ABCDE-FGHJK",
    ):
        assert words in text


@pytest.mark.parametrize(
    "worst",
    [
        {"address": "東京都" * 100, "lines": ("会社" * 100, "部署" * 40, "名前" * 50 + " 様")},
        {"address": "", "postal_code": "", "lines": ("お客様",)},
        {"lines": ("😀株式会社\x00\u202e", "髙﨑 様")},
    ],
)
def test_the_worst_addresses_still_make_a_sheet(worst):
    for sheet in labels.SHEETS.values():
        assert labels.pdf([label(**worst)], sheet).startswith(b"%PDF")


def test_no_line_begins_with_a_small_letter_or_a_mark():
    pdf(label())  # knows the font
    for width in range(40, 80):
        lines = labels._wrapped("とても長いビルディングのショッピングセンター(東館)", width, 10)
        assert not [line for line in lines if line[0] in labels.NOT_FIRST]
        assert "".join(lines) == "とても長いビルディングのショッピングセンター(東館)"


def pdf(letter: postal_lists.Letter) -> bytes:
    return labels.pdf([letter], labels.SHEETS["2x6"])


def test_no_letters_make_an_empty_page():
    assert len(PdfReader(BytesIO(labels.pdf([], labels.SHEETS["3x4"]))).pages) == 1
