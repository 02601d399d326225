"""The ready-made campaigns: whole in both languages, and sendable as they stand once what is asked is answered."""

import re

import pytest

from campaigns import blocks, conditions, fields, markup, painting, plaintext, rendering
from campaigns.anniversaries import Rule
from campaigns.playbooks import PLAYBOOKS, label
from segments.ready_made import READY_MADE

OFFERS = {"offer", "coupon", "expires_on"}
BOTH = [(key, language) for key in PLAYBOOKS for language in ("ja", "en")]
ANSWERS = {"url": "https://shop.example.jp/", "help_url": "https://shop.example.jp/faq"}


def steps(key: str, language: str) -> list[dict]:
    playbook = PLAYBOOKS[key]
    return playbook.steps(language, {**playbook.words(language).first, **ANSWERS})


def used(step: dict) -> set[str]:
    return rendering.uses(step["subject"]) | blocks.uses(step["blocks"])


@pytest.mark.parametrize(("key", "language"), BOTH)
def test_a_playbook_is_whole_in_each_language(key, language):
    playbook, words = PLAYBOOKS[key], PLAYBOOKS[key].words(language)
    found = steps(key, language)
    assert len(found) == len(playbook.plans)
    assert words.name
    asked = {ask.key for ask in playbook.asks}
    assert set(words.first) - {"name", "prefix"} <= asked
    for step in found:
        assert rendering.template_problems(step["subject"]) == []
        assert blocks.problems(step["blocks"]) == []
        assert blocks.tidy(step["blocks"]) == step["blocks"]
        assert blocks.head_of(step["blocks"])["language"] == language
        assert blocks.head_of(step["blocks"])["preheader"]
        assert "[[" not in step["subject"] + "".join(blocks.texts(step["blocks"]))


@pytest.mark.parametrize(("key", "language"), BOTH)
def test_only_a_playbook_with_an_offer_or_event_speaks_of_one(key, language):
    playbook = PLAYBOOKS[key]
    for step in steps(key, language):
        assert bool(used(step) & OFFERS) == playbook.has_offer
        assert ("occasion" in blocks.needs(step["blocks"])) <= playbook.has_event
        assert any(one.startswith("event_") for one in used(step)) <= playbook.has_event


@pytest.mark.parametrize(("key", "language"), BOTH)
def test_a_playbook_reaches_a_customer_of_whom_nothing_is_known_but_what_is_always_there(key, language):
    """宛名 and 自社名 are never empty, what is asked is set; all else has words instead. Both parts are filled."""
    known = {"addressee", "our_company", "unsubscribe_url", *OFFERS}
    known |= {field.key for field in fields.FIELDS if field.key.startswith("event_")}
    known |= {"renews_on"} if key == "renewal" else set()  # who has none never enters
    values = {name: "x" for field in fields.FIELDS if field.key in known for name in (field.key, field.word)}
    scene = painting.Scene(language, "社", "", has_end=True, event=[("日時", "event_date")])
    for step in steps(key, language):
        made = painting.paint(step["blocks"], scene).fill(markup.Escaped(values))
        text = plaintext.write(step["blocks"], scene, "").fill(values)
        assert not re.search(r"{[{%]|zq\d+qz", made.partition("<body")[2] + text)
        assert "**" not in text
        assert rendering.fill(step["subject"], values)
        assert len(made.encode()) < 30_000


@pytest.mark.parametrize("key", PLAYBOOKS)
def test_a_playbook_stands_on_what_there_is(key):
    """Its segment, its dates and its conditions exist."""
    playbook = PLAYBOOKS[key]
    slugs = {made.slug for made in READY_MADE} | {""}
    assert playbook.segment in slugs
    if rule := playbook.settings.get("trigger_rule"):
        assert Rule.read(rule)
    for position, plan in enumerate(playbook.plans, 1):
        assert conditions.read(dict(plan.condition))["is"] == plan.condition.get("is", conditions.ALWAYS)
        assert plan.condition.get("step", 0) < position


def test_the_merge_fields_of_a_playbook_are_in_the_language_of_its_words():
    assert "{{ 宛名 }}" in str(steps("win_back", "ja"))
    assert "{{ addressee }}" in str(steps("win_back", "en"))


def test_an_unknown_language_gets_the_main_one():
    assert PLAYBOOKS["win_back"].words("fr") == PLAYBOOKS["win_back"].words("ja")


def test_a_playbook_that_is_gone_is_called_by_its_key():
    assert label("spring_sale") == "spring_sale"
