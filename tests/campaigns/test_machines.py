"""Machines and people, from how a request shows itself."""

import datetime as dt
import random

import pytest

from campaigns.machines import Look, is_machine_click, is_machine_open

LATER = dt.timedelta(minutes=7)
PEOPLE = [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:115.0) Gecko/20100101 Thunderbird/115.12.2",
    "Mozilla/5.0 (Linux; Android 14; SH-53D) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/126.0 Mobile",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari Line/14.8.0",
    "DoCoMo/2.0 SH07F(c500;TB;W24H16)",
]
MACHINES = [
    "",
    "Mozilla/5.0",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5",
    "Barracuda Sentinel (EE)",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/120.0 Safari/537.36",
    "python-requests/2.32.3",
    "Go-http-client/2.0",
    "curl/8.5.0",
    "facebookexternalhit/1.1;line-poker/1.0",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "Java/17.0.9",
]
PICTURES = [
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
    "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html",
]
OUTLOOK = "Mozilla/4.0 (compatible; ms-office; MSOffice 16)"


@pytest.mark.parametrize("agent", [*PEOPLE, OUTLOOK])
def test_a_person_opens_with_a_mail_program_or_a_browser(agent):
    assert not is_machine_open(Look("GET", agent), LATER)


@pytest.mark.parametrize("agent", PEOPLE)
def test_a_person_clicks_with_a_browser(agent):
    assert not is_machine_click(Look("GET", agent), LATER)


@pytest.mark.parametrize("agent", MACHINES)
def test_programs_that_name_themselves_are_machines(agent):
    assert is_machine_open(Look("GET", agent), LATER)
    assert is_machine_click(Look("GET", agent), LATER)


def test_proxies_load_pictures_and_office_looks_at_links():
    assert all(is_machine_open(Look("GET", agent), LATER) for agent in PICTURES)
    assert is_machine_click(Look("GET", OUTLOOK), LATER)


@pytest.mark.parametrize(
    "look", [Look("HEAD", PEOPLE[2]), Look("OPTIONS", PEOPLE[2]), Look("GET", PEOPLE[2], "prefetch")]
)
def test_nobody_reads_with_head_or_ahead_of_time(look):
    assert is_machine_click(look, LATER)
    assert is_machine_open(look, LATER)


@pytest.mark.parametrize(("seconds", "expected"), [(1.5, True), (9.9, True), (10, False)])
def test_nobody_reads_within_ten_seconds(seconds, expected):
    after = dt.timedelta(seconds=seconds)
    assert is_machine_click(Look("GET", PEOPLE[0]), after) is expected
    assert is_machine_open(Look("GET", PEOPLE[0]), after) is expected


def test_a_mail_that_never_left_is_opened_by_machines_only():
    assert is_machine_open(Look("GET", PEOPLE[0]), None)


def test_of_2000_labelled_opens_nearly_all_machines_are_told_and_no_person_is_lost():
    dice = random.Random(50)
    found = {"machine": 0, "person": 0}
    for number in range(2000):
        is_machine = number % 2 == 0
        agent = dice.choice(MACHINES + PICTURES if is_machine else [*PEOPLE, OUTLOOK])
        after = dt.timedelta(seconds=dice.uniform(10, 200_000))
        found["machine" if is_machine else "person"] += is_machine_open(Look("GET", agent), after) is is_machine
    assert found["machine"] >= 990
    assert found["person"] >= 990
