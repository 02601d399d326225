"""Every word on the screen stands in a catalogue, in Japanese, once and the same everywhere."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
from babel.messages.pofile import read_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = ROOT / "templates"
APPS = ["common", "accounts", "customers", "scores", "segments", "campaigns", "success", "portal", "metrics", "demo"]
# Where each word stands in the call: number of leading context arguments.
CALLS = {
    **dict.fromkeys(["_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy"], 0),
    **dict.fromkeys(["pgettext", "pgettext_lazy", "npgettext", "npgettext_lazy"], 1),
}
PLURAL = {"ngettext", "ngettext_lazy", "npgettext", "npgettext_lazy"}
JAPANESE = re.compile(r"[\u3041-\u30fa\u4e00-\u9fff]")


class Word(NamedTuple):
    context: str | None
    text: str


def own_python(app: str) -> list[Path]:
    """Python whose words are the app's own; the composition's words are common's."""
    folders = [ROOT / app] + ([ROOT / "retention_crm"] if app == "common" else [])
    return [path for folder in folders for path in sorted(folder.rglob("*.py")) if "migrations" not in path.parts]


def own_templates(app: str) -> list[Path]:
    return sorted(TEMPLATES.glob("*.html")) if app == "common" else sorted((TEMPLATES / app).rglob("*.html"))


def all_templates() -> list[Path]:
    return sorted(TEMPLATES.rglob("*.html"))


def words_of_python(source: str) -> Iterator[Word]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            yield from words_of_call(node)


def words_of_call(node: ast.Call) -> Iterator[Word]:
    name = getattr(node.func, "id", None) or getattr(node.func, "attr", None)
    if name not in CALLS:
        return
    texts = [one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    context = texts.pop(0) if CALLS[name] and len(texts) > 1 else None
    yield from (Word(context, text) for text in texts[: 2 if name in PLURAL else 1] if text)


def words_of_template(source: str) -> Iterator[Word]:
    """templatize() leaves calls of gettext and blanks the rest, so each call is read by itself."""
    text = templatize(source)
    literal = r"""u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
    for call in re.finditer(rf"\b(n?p?gettext)\(((?:\s*{literal}\s*,?)+)[^)]*\)", text):
        yield from words_of_python(f"{call[1]}({call[2]})")
    for call in re.finditer(rf"(?<![\w(])_\(({literal})\)", text):
        yield from words_of_python(f"_({call[1]})")


@cache
def words(app: str) -> dict[Word, str]:
    """Each word of the app, and a file in which it stands."""
    found = {}
    for path in own_python(app):
        found.update(dict.fromkeys(words_of_python(path.read_text()), str(path.relative_to(ROOT))))
    for path in own_templates(app):
        found.update(dict.fromkeys(words_of_template(path.read_text()), str(path.relative_to(ROOT))))
    return found


@cache
def catalogue(app: str) -> dict[Word, str]:
    """What the app's Japanese catalogue says; of plurals each form of the English. Fuzzy entries are empty."""
    path = ROOT / app / "locale/ja/LC_MESSAGES/django.po"
    if not path.exists():
        return {}
    said = {}
    with path.open("rb") as file:
        for message in read_po(file, locale="ja"):
            ids = message.id if isinstance(message.id, tuple) else (message.id,)
            text = message.string[0] if isinstance(message.string, tuple) else message.string
            said.update({Word(message.context, one): "" if message.fuzzy else text for one in ids if one})
    return said


def visible(source: str) -> str:
    """The template without comments, tags, variables, markup and translated blocks; spoken attributes stay."""
    gone = [
        r"\{% comment %\}.*?\{% endcomment %\}",
        r"\{#.*?#\}",
        r"\{%-? *blocktrans(?:late)?\b.*?\{%-? *endblocktrans(?:late)? *%\}",
        r"<!--.*?-->",
        r"<code>.*?</code>",
        r"\{%.*?%\}",
        r"\{\{.*?\}\}",
    ]
    for pattern in gone:
        source = re.sub(pattern, " ", source, flags=re.DOTALL)
    spoken = re.findall(r'\b(?:aria-label|title|placeholder|alt|content)="([^"]*)"', source)
    spoken = [text for text in spoken if "=" not in text and "noindex" not in text and "light dark" not in text]
    return "\n".join([re.sub(r"<[^>]*>", " ", source), *spoken])


# Names and signs, the same in every language; languages in their own words.
SAME_EVERYWHERE = {"Modoru", "RFM", "English", "日本語", "CSV", "LTV", "JSON", "UTF", "BOM", "px", "pt", "Excel", "URL"}


def test_words_are_found_in_python_and_templates():
    python = 'a = _("one"); b = pgettext("month", "May"); c = ngettext("%s cat", "%s cats", n); d = gettext(x)'
    assert set(words_of_python(python)) == {
        Word(None, "one"),
        Word("month", "May"),
        Word(None, "%s cat"),
        Word(None, "%s cats"),
    }
    template = """{% translate "it's" %} {% translate 'May' context "month" %} {{ x|default:_("none") }}
    {% blocktranslate with n=x|number %}{{ n }} "shown"{% endblocktranslate %}
    {% blocktranslate count n=x %}{{ n }} cat{% plural %}{{ n }} cats{% endblocktranslate %}"""
    assert set(words_of_template(template)) == {
        Word(None, "it's"),
        Word("month", "May"),
        Word(None, "none"),
        Word(None, '%(n)s "shown"'),
        Word(None, "%(n)s cat"),
        Word(None, "%(n)s cats"),
    }


def test_text_outside_the_catalogues_is_seen():
    source = '{# note #}<p title="{% translate "a" %}">{{ x }} <b aria-label="Raw">Modoru</b> left {% url "x" %}</p>'
    assert raw_words(source) == ["left", "Raw"]


@pytest.mark.parametrize("app", APPS)
def test_every_word_has_its_japanese(app):
    """In its own catalogue, or in one of those below every app."""
    at_hand = [catalogue(one) for one in {app, "accounts", "common"}]
    missing = {word: where for word, where in words(app).items() if not any(said.get(word) for said in at_hand)}
    assert not missing, "\n".join(f"{where}: {word.text!r}" for word, where in missing.items())


def test_one_word_is_translated_the_same_everywhere():
    said: dict[Word, dict[str, str]] = {}
    for app in APPS:
        for word, text in catalogue(app).items():
            said.setdefault(word, {}).setdefault(text, app)
    assert {word.text: texts for word, texts in said.items() if len(texts) > 1} == {}


@pytest.mark.parametrize("app", APPS)
def test_places_for_values_are_the_same_in_both_languages(app):
    place = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")
    wrong = [
        word.text
        for word, text in catalogue(app).items()
        if text and set(place.findall(word.text)) != set(place.findall(text))
    ]
    assert wrong == []


def raw_words(source: str) -> list[str]:
    found = re.findall(r"[A-Za-z]{2,}|[\u3041-\u30fa\u4e00-\u9fff]+", re.sub(r"&\w+;", " ", visible(source)))
    return [word for word in found if word not in SAME_EVERYWHERE]


@pytest.mark.parametrize("path", all_templates(), ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_a_template_holds_no_text_of_its_own(path):
    assert raw_words(path.read_text()) == []


@pytest.mark.parametrize("path", all_templates(), ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_a_template_holds_no_inline_style_or_script(path):
    source = re.sub(r"\{% comment %\}.*?\{% endcomment %\}", "", path.read_text(), flags=re.DOTALL)
    assert re.findall(r"\sstyle=|<style|<script(?![^>]*\bsrc=)[^>]*>|\son[a-z]+=|javascript:|hx-on|js:", source) == []


# Japanese that is data, not words on the screen: what people's files say, legal forms of companies, forms of
# address in mails (Japanese whatever the page's language), and the people a message is tried on.
DATA = {
    "common/templatetags/crm.py",
    "customers/importing",
    "metrics/costs.py",
    "customers/models/people.py",
    "customers/searching.py",
    "campaigns/attendance.py",
    "campaigns/before_sending.py",
    "campaigns/fields.py",
    "campaigns/labels.py",
    "campaigns/previewing.py",
    "campaigns/bounces.py",
    "campaigns/statuses.py",
    "demo",
}


def japanese_literals(source: str) -> list[str]:
    """Texts in Japanese that are no docstrings."""
    tree = ast.parse(source)
    documents = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    texts = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))
    return [node.value for node in texts if id(node) not in documents and JAPANESE.search(node.value)]


def untranslated_answers(source: str) -> list[str]:
    """Plain texts given to people: messages.success(request, "…"), ValidationError("…"), add_error(field, "…")."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        owner = getattr(getattr(node.func, "value", None), "id", "")
        name = getattr(node.func, "attr", None) or getattr(node.func, "id", None)
        if owner == "messages" or name == "ValidationError":
            found += [one for one in node.args if isinstance(one, ast.Constant | ast.JoinedStr)]
        elif name == "add_error":
            found += [one for one in node.args[1:] if isinstance(one, ast.Constant | ast.JoinedStr)]
    return [ast.unparse(one) for one in found]


@pytest.mark.parametrize("app", APPS)
def test_python_holds_no_japanese_for_the_screen(app):
    found = {
        name: texts
        for path in own_python(app)
        if (texts := japanese_literals(path.read_text()))
        and not any((name := str(path.relative_to(ROOT))).startswith(place) for place in DATA)
    }
    assert found == {}


@pytest.mark.parametrize("app", APPS)
def test_python_answers_people_through_the_catalogue(app):
    found = {str(path.relative_to(ROOT)): untranslated_answers(path.read_text()) for path in own_python(app)}
    assert {name: texts for name, texts in found.items() if texts} == {}


def test_plain_answers_are_seen():
    source = 'messages.error(request, "no")\nraise ValidationError(f"bad {x}")\nform.add_error("a", _("fine"))'
    assert untranslated_answers(source) == ["'no'", "f'bad {x}'"]
    assert japanese_literals('"""説明"""\na = "顧客"') == ["顧客"]
