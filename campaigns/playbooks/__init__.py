"""Ready-made campaigns: finished mails that go after a few things are changed, which are asked first.

What is the same in every language stands here; the words stand in <key>.<language>.toml beside this file: the name, a
first answer to what is asked, and the mails. `[[key]]` in a mail becomes the answer.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from campaigns.models import Campaign

FOLDER = Path(__file__).parent
Goal, Trigger = Campaign.Goal, Campaign.Trigger
# The answers that are no words of a mail: what they are kept as says composing.py.
OFFER, EVENT = ("offer", "expires_on"), ("title", "starts_at", "place", "capacity")


@dataclass(frozen=True)
class Ask:
    """Something to be answered before the campaign is made. `shape`: line, url, day, moment, count."""

    key: str
    label: str | Promise
    shape: str = "line"
    is_needed: bool = True
    hint: str | Promise = ""


@dataclass(frozen=True)
class Plan:
    """When a step is due after the one before, and for whom (conditions of steps)."""

    wait: int = 0
    condition: Mapping[str, Any] = field(default_factory=dict)
    is_after_event: bool = False  # the day after the event; `wait` is reckoned when the campaign is made


@dataclass(frozen=True)
class Words:
    """The words of a playbook in one language; `first` answers what is asked."""

    name: str
    first: Mapping[str, str]
    prefix: str
    steps: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Playbook:
    """`segment` is the slug of the ready-made segment it is meant for, empty where any will do."""

    key: str
    label: Promise
    text: Promise
    icon: str
    asks: tuple[Ask, ...]
    plans: tuple[Plan, ...] = (Plan(),)
    segment: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def has_offer(self) -> bool:
        return any(ask.key == "offer" for ask in self.asks)

    @property
    def has_event(self) -> bool:
        return any(ask.key == "starts_at" for ask in self.asks)

    def words(self, language: str) -> Words:
        """The words in that language, else in the main one."""
        return _read(self.key, language if _file(self.key, language).exists() else settings.LANGUAGE_CODE)

    def steps(self, language: str, answers: Mapping[str, str]) -> list[dict[str, Any]]:
        """Subject and blocks of each step, with the answers in their places."""
        known = language if _file(self.key, language).exists() else settings.LANGUAGE_CODE
        return [_step(step, known, answers) for step in self.words(known).steps]


EVENT_ASKS = (
    Ask("title", _("Name of the event")),
    Ask("starts_at", _("Day and time"), "moment"),
    Ask("place", _("Place of the event"), hint=_("For an online event: “Online”.")),
    Ask("capacity", _("How many seats"), "count", is_needed=False, hint=_("Empty: no limit.")),
)
PAGE = Ask("url", _("Page the button leads to"), "url")

PLAYBOOKS: dict[str, Playbook] = {
    playbook.key: playbook
    for playbook in (
        Playbook(
            "vip_event",
            _("Event for VIP customers"),
            _("A personal invitation with date, place and answer; whoever does not answer is reminded once."),
            "glass-full",
            EVENT_ASKS,
            (Plan(), Plan(7, {"is": "not_answered"})),
            segment="vip",
            settings={"goal": Goal.RSVP, "holdout_percent": 0},
        ),
        Playbook(
            "new_service",
            _("New service"),
            _("Tells those who already use you about a new service or product, without an offer."),
            "speakerphone",
            (Ask("service", _("Name of the service")), Ask("begins", _("From when")), PAGE),
        ),
        Playbook(
            "win_back",
            _("Win-back"),
            _("Writes to customers who have not come for a long time, with an offer and a coupon code of their own."),
            "user-heart",
            (Ask("offer", _("Offer")), Ask("expires_on", _("Valid until"), "day"), PAGE),
            segment="dormant",
        ),
        Playbook(
            "seminar",
            _("Seminar"),
            _("An invitation, then thanks to those who came and the slides to those who could not."),
            "presentation",
            (*EVENT_ASKS, Ask("url", _("Where the slides are"), "url")),
            (
                Plan(),
                Plan(1, {"is": "attended"}, is_after_event=True),
                Plan(0, {"is": "absent"}),
            ),
            settings={"goal": Goal.RSVP},
        ),
        Playbook(
            "renewal",
            _("Renewal"),
            _("A business notice 60 days before the renewal, and a reminder 30 days later. No offer, no tracking."),
            "refresh",
            (Ask("terms", _("What applies afterwards")), Ask("hours", _("Your hours")), PAGE),
            (Plan(), Plan(30, {"is": "goal_not_reached"})),
            settings={
                "goal": Goal.RENEWAL,
                "message_class": Campaign.MessageClass.BUSINESS,
                "holdout_percent": 0,
                "trigger": Trigger.DATE,
                "trigger_rule": {"field": "renews_on", "days": -60},
                "reentry_days": 180,
            },
            segment="renewal-due",
        ),
        Playbook(
            "onboarding",
            pgettext_lazy("playbook", "Onboarding"),
            _("Four mails in the first month of a new customer, from the first steps to looking back together."),
            "plane-departure",
            (
                Ask("service", _("Name of the service")),
                Ask("url", _("Page with the guide"), "url"),
                Ask("help_url", _("Page with questions and answers"), "url"),
            ),
            (Plan(), Plan(3), Plan(4), Plan(21)),
            segment="onboarding",
            settings={"goal": Goal.LOGIN, "trigger": Trigger.ENTERING, "exits_on_goal": False},
        ),
        Playbook(
            "helpful",
            _("Helpful content"),
            _("Something worth reading, so that customers hear from you not only when you want to sell."),
            "bulb",
            (
                Ask("topic", _("Topic")),
                Ask("summary", _("One sentence about it")),
                Ask("url", _("Page of the article"), "url"),
            ),
        ),
        Playbook(
            "survey",
            _("Survey"),
            _("Asks for an answer to a survey whose address you enter; whoever did not click is reminded once."),
            "message-question",
            (
                Ask("url", _("Address of the survey"), "url"),
                Ask("until", _("Answers until")),
                Ask("minutes", _("How long it takes")),
            ),
            (Plan(), Plan(5, {"is": "not_clicked", "step": 1})),
            settings={"goal": Goal.LOGIN, "holdout_percent": 0},
        ),
    )
}


# What the product writes by itself (notices.py): no one begins with it.
BY_ITSELF = {"moved_up": _("News to those on a waiting list")}


def label(key: str) -> str:
    """The words of a playbook; of one that is gone its key."""
    if key in BY_ITSELF:
        return str(BY_ITSELF[key])
    return str(PLAYBOOKS[key].label) if key in PLAYBOOKS else key


def _file(key: str, language: str) -> Path:
    return FOLDER / f"{key}.{language}.toml"


@cache
def _read(key: str, language: str) -> Words:
    found = tomllib.loads(_file(key, language).read_text(encoding="utf-8"))
    first = {name: text for name, text in found.items() if isinstance(text, str)}
    return Words(found["name"], first, found.get("prefix", ""), tuple(found["steps"]))


def _step(step: Mapping[str, Any], language: str, answers: Mapping[str, str]) -> dict[str, Any]:
    head = {"kind": "head", "preheader": step["preheader"], "look": step["look"], "language": language}
    blocks = [
        {key: _answered(text, answers).strip() for key, text in block.items()} for block in [head, *step["blocks"]]
    ]
    return {"subject": _answered(step["subject"], answers), "blocks": blocks}


def _answered(text: str, answers: Mapping[str, str]) -> str:
    for key, answer in answers.items():
        text = text.replace(f"[[{key}]]", answer)
    return text
