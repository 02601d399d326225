"""What is said of the ways before anything is sent."""

from decimal import Decimal

import pytest

from campaigns import before_sending
from campaigns.models import Campaign, Step, Way
from tests.http_sink import HttpSink, Reply


@pytest.fixture
def said(installation, segment, staff):
    """`said(Way.SMS, body)`: the facts of a campaign with that step, for 500 customers; warnings begin with "!"."""

    def ask(way: str, body: str = "こんにちは。", **changes) -> list[str]:
        campaign = Campaign.objects.create(name="x", segment=segment, created_by=staff)
        Step.objects.create(campaign=campaign, channel=way, body=body, **changes)
        found = before_sending.facts(campaign, receivers=500)
        return [("!" if one.is_warning else "") + one.words for one in found]

    return ask


@pytest.fixture
def line_server(settings):
    sink = HttpSink().start()
    settings.LINE_CHANNEL_TOKEN, settings.LINE_API_URL = "t", sink.url
    yield sink
    sink.stop()


@pytest.mark.parametrize(
    ("limit", "words", "is_warning"),
    [
        ({"type": "limited", "value": 1000}, "あと600通", False),
        ({"type": "limited", "value": 700}, "あと300通", True),
        ({"type": "none"}, "400通", False),
    ],
)
def test_what_is_left_of_lines_month_is_shown(said, line_server, limit, words, is_warning):
    line_server.replies = [Reply(200, limit), Reply(200, {"totalUsage": 400})]
    (fact,) = said(Way.LINE)
    assert words in fact
    assert fact.startswith("!") == is_warning


def test_a_line_that_does_not_answer_is_said(said, line_server):
    line_server.replies = [Reply(ends="unanswered")]
    (fact,) = said(Way.LINE)
    assert fact.startswith("!")


@pytest.mark.parametrize(
    ("way", "name"), [(Way.LINE, "LINE_CHANNEL_TOKEN"), (Way.SMS, "SMS_URL"), (Way.WEBHOOK, "Webhook")]
)
def test_a_way_that_is_not_set_up_is_said_once(said, way, name):
    warnings = [fact for fact in said(way) if fact.startswith("!")]
    assert len(warnings) == 1
    assert name in warnings[0]


def test_what_an_sms_is_billed_as_is_shown(said, settings):
    settings.SMS_URL, settings.SMS_TOKEN = "https://sms.example.jp", "t"
    settings.BASE_URL = "https://crm.example.jp"
    (fact,) = said(Way.SMS, "あ" * 60)
    assert "3通" in fact  # 60 + the sender's name + a link of 75 characters: over 134
    (fact,) = said(Way.SMS, "あ" * 700)
    assert fact.startswith("!")


def test_letters_tell_their_cost_and_need_no_setting(said):
    assert said(Way.POSTAL, unit_cost=Decimal("63.00")) == ["ステップ1・DM(郵送): 費用は最大¥31,500"]
