"""One call of an API: what came back, how far it got, and what a status means."""

import pytest

from campaigns import replies
from campaigns.channels import BrokenError, NotConfiguredError, Stage
from campaigns.channels.http import LONGEST_ANSWER, Answer, Api, check_demo, is_loopback, refusal
from campaigns.models import Delivery
from tests.campaigns.channels.conftest import QUICK, company
from tests.http_sink import Reply

State = Delivery.State


@pytest.fixture
def api(http_sink):
    made = Api(http_sink.url, {}, QUICK)
    yield made
    made.close()


@pytest.mark.parametrize("body", [b"", b"nonsense", b"[1]", b"[" * 50_000, b"\xff", b'"text"', b"NaN"])
def test_an_answer_that_is_no_object_holds_nothing(api, http_sink, body):
    http_sink.replies = [Reply(200, body)]
    assert api.post("/", b"{}").data == {}


def test_an_endless_answer_is_cut(api, http_sink):
    http_sink.replies = [Reply(200, b"x" * (LONGEST_ANSWER * 4))]
    assert api.post("/", b"{}").data == {}


def test_redirects_are_not_followed(api, http_sink):
    http_sink.replies = [Reply(307, {}, {"Location": f"{http_sink.url}/other"})]
    assert api.post("/", b"{}").status == 307
    assert len(http_sink.calls) == 1


def test_an_address_that_is_none_hands_nothing_over():
    with pytest.raises(BrokenError) as error:
        Api("http://127.0.0.1:1", {}, QUICK).call("POST", "ftp://127.0.0.1/")
    assert error.value.stage == Stage.DATA


def test_behind_a_proxy_nobody_is_asked_before(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    api = Api("https://api.example.jp", {}, QUICK)
    api.reach()
    api.close()


def test_a_proxy_is_not_used_for_this_machine(monkeypatch, http_sink):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    api = Api(http_sink.url, {}, QUICK)
    assert api.post("/", b"{}").is_yes
    api.close()


@pytest.mark.parametrize("is_keyed", [True, False])
@pytest.mark.parametrize(
    ("status", "state", "pauses"),
    [
        *((status, State.DEFERRED, "campaign") for status in (401, 402, 403, 404, 405, 410, 413, 415)),
        *((status, State.DEFERRED, "") for status in (301, 408, 409, 423, 425, 429, 500, 502, 503, 599)),
        *((status, State.FAILED, "") for status in (400, 406, 422, 451)),
    ],
)
def test_what_a_status_means(status, state, pauses, is_keyed):
    outcome = replies.judge(refusal(Answer(status, {}, {}), "said", is_keyed=is_keyed))
    assert (outcome.state, outcome.pauses, outcome.is_bounce) == (state, pauses, False)


@pytest.mark.parametrize(("is_keyed", "state"), [(True, State.DEFERRED), (False, State.UNKNOWN)])
def test_a_gateway_that_gave_up_waiting(is_keyed, state):
    assert replies.judge(refusal(Answer(504, {}, {}), "", is_keyed=is_keyed)).state == state


def test_words_that_are_shown_hold_no_address():
    assert "@" not in refusal(Answer(400, {}, {}), "no such user taro@example.jp", is_keyed=True).words


@pytest.mark.parametrize(
    ("url", "is_here"),
    [
        ("http://127.0.0.1:80/x", True),
        ("http://[::1]/", True),
        ("http://localhost/", False),
        ("https://127.0.0.1.example.jp", False),
        ("", False),
        ("nonsense", False),
    ],
)
def test_this_machine_is_known_by_its_address_alone(url, is_here):
    assert is_loopback(url) == is_here
    check_demo(company(is_demo=False), url)
    if not is_here:
        with pytest.raises(NotConfiguredError):
            check_demo(company(is_demo=True), url)
