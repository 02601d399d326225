"""The ready-made campaigns: whole in both languages, and valid as they stand."""

import pytest

from campaigns import fields, rendering
from campaigns.playbooks import PLAYBOOKS, label

OFFERS = {"offer", "coupon", "expires_on"}
BOTH = [(key, language) for key in PLAYBOOKS for language in ("ja", "en")]


@pytest.mark.parametrize(("key", "language"), BOTH)
def test_a_playbook_is_whole_in_each_language(key, language):
    words = PLAYBOOKS[key].words(language)
    assert words.name
    assert words.subject
    assert words.body.endswith("\n")
    assert rendering.template_problems(words.subject) == []
    assert rendering.template_problems(words.body) == []


@pytest.mark.parametrize(("key", "language"), BOTH)
def test_only_a_playbook_with_an_offer_speaks_of_one(key, language):
    playbook = PLAYBOOKS[key]
    words = playbook.words(language)
    used = rendering.uses(words.subject) | rendering.uses(words.body)
    assert bool(words.offer) == playbook.has_offer
    assert used & OFFERS == (OFFERS if playbook.has_offer else set())


@pytest.mark.parametrize(("key", "language"), BOTH)
def test_a_playbook_reaches_a_customer_of_whom_nothing_is_known_but_what_is_always_there(key, language):
    """宛名 and 自社名 are never empty, the offer's fields are set on the form; all else has words instead."""
    words = PLAYBOOKS[key].words(language)
    known = dict.fromkeys({"addressee", "our_company", *OFFERS}, "x")
    known |= {word: "x" for word, field in fields.WORDS.items() if field in known}
    assert "{{" not in rendering.fill(words.subject, known) + rendering.fill(words.body, known)


def test_the_merge_fields_of_a_playbook_are_in_the_language_of_its_words():
    japanese, english = (PLAYBOOKS["win_back"].words(language) for language in ("ja", "en"))
    assert "{{ 宛名 }}" in japanese.body
    assert "{{ addressee }}" in english.body


def test_an_unknown_language_gets_the_main_one():
    assert PLAYBOOKS["win_back"].words("fr") == PLAYBOOKS["win_back"].words("ja")


def test_a_playbook_that_is_gone_is_called_by_its_key():
    assert label("spring_sale") == "spring_sale"
