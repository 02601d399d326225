"""What authors write, as HTML and as plain text: **bold**, [words](address), addresses, and merge fields in between.

The marks are read once, in the author's words, before any field is filled: what a customer is called can never become
markup or a link. The result is still a template; its fields are filled with `Escaped`, each for the place it stands
in: `{{ name }}` in HTML, `{{ name__line }}` in an attribute, `{{ name__url }}` inside an address.
"""

import html
import re
from collections.abc import Callable, Mapping
from urllib.parse import quote

from .rendering import URL

TAG = re.compile(r"{{.*?}}|{%.*?%}", re.DOTALL)
CONDITION = re.compile(r"{%.*?%}", re.DOTALL)
NAME = re.compile(r"^({{-?\s*)(\w+)")
LITERAL = re.compile(r"\"[^\"]*\"|'[^']*'")
STOWED = re.compile(r"\0(\d+)\0")
ADDRESS = re.compile(rf"(?:{URL.pattern}|\0\d+\0)+")
LINK = re.compile(rf"\[([^\[\]\n]+)\]\(((?:{URL.pattern})(?:{URL.pattern}|[^\s()<>\"']|\0\d+\0)*|\0\d+\0)\)")
BARE = re.compile(rf"(?:{URL.pattern})(?:\0\d+\0)?")
BOLD = re.compile(r"\*\*([^*\n]+)\*\*")

Click = Callable[[str], str]  # an address the author wrote → what stands in its place, as a template


def as_written(url: str) -> str:
    """Links that are not counted."""
    return url


class Escaped(dict):
    """A person's fields as the sheet of a mail wants them: each escaped for its place when first asked for."""

    def __init__(self, values: Mapping[str, str]):
        super().__init__()
        self._values = values

    def __missing__(self, name: str) -> str:
        field, _two, place = name.partition("__")
        self[name] = text = PLACES[place](self._values[field])
        return text


def in_html(text: str) -> str:
    return html.escape(text).replace("\n", "<br>")


def in_line(text: str) -> str:
    """For alt texts, the preheader and whatever else holds no markup."""
    return html.escape(text.replace("\n", " "))


def in_url(text: str) -> str:
    """One value inside an address that the author began."""
    return quote(text, safe="")


PLACES: dict[str, Callable[[str], str]] = {"": in_html, "line": in_line, "url": in_url, "whole": html.escape}


def line(source: str) -> str:
    """The author's words as a template for one line without markup."""
    return _each(source.replace("\n", " "), in_line, "__line")


def address(source: str, click: Click = as_written) -> str:
    """The author's address as a template for href: what a field adds can't leave its place in it."""
    if "{" not in source:
        counted = click(source)
        return html.escape(source) if counted == source else counted
    place = "__url" if source.startswith(("http://", "https://")) else "__whole"
    return _each(source, html.escape, place)


def _each(source: str, escape: Callable[[str], str], place: str) -> str:
    """The words between the merge tags escaped, the tags turned to their place."""
    parts, at = [], 0
    for tag in TAG.finditer(source):
        parts += [escape(source[at : tag.start()]), _tag(tag[0], escape, place)]
        at = tag.end()
    return "".join([*parts, escape(source[at:])])


def _tag(tag: str, escape: Callable[[str], str], place: str = "") -> str:
    """A merge tag whose own texts are escaped as its fields will be."""
    tag = LITERAL.sub(lambda found: f"{found[0][0]}{escape(found[0][1:-1])}{found[0][0]}", tag)
    return NAME.sub(rf"\g<1>\g<2>{place}", tag)


def rich(source: str, *, style: str, click: Click = as_written) -> str:
    """A template of HTML: line ends become breaks, marks become elements. `style` is that of links."""
    parts, at = [], 0
    for tag in CONDITION.finditer(source):  # no mark reaches over a condition: both of its ends, or none
        parts += [_run(source[at : tag.start()], style, click), _tag(tag[0], in_html)]
        at = tag.end()
    return "".join([*parts, _run(source[at:], style, click)])


def _run(text: str, style: str, click: Click) -> str:
    """A stretch without conditions. Tags and elements are stowed away, so that nothing looks into them."""
    stowed: list[str] = []
    tags: dict[str, str] = {}

    def stow(made: str) -> str:
        stowed.append(made)
        return f"\0{len(stowed) - 1}\0"

    def stow_tag(tag: re.Match) -> str:
        key = stow(_tag(tag[0], in_html))
        tags[key] = tag[0]
        return key

    def opened(url: str) -> str:
        written = STOWED.sub(lambda found: tags[found[0]], url)
        return stow(f'<a href="{address(written, click)}" style="{style}">')

    text = TAG.sub(stow_tag, text.replace("\0", ""))
    text = LINK.sub(lambda found: opened(found[2]) + found[1] + stow("</a>"), text)
    text = BARE.sub(lambda found: opened(found[0]) + found[0].partition("://")[2] + stow("</a>"), text)
    text = BOLD.sub(lambda found: stow("<strong>") + found[1] + stow("</strong>"), text)
    return STOWED.sub(lambda found: stowed[int(found[1])], in_html(text))


def plain(source: str, click: Click = as_written) -> str:
    """A template of text: without marks, the address of a link behind its words."""
    tags: list[str] = []

    def stow(tag: re.Match) -> str:
        tags.append(tag[0])
        return f"\0{len(tags) - 1}\0"

    def written(url: str) -> str:
        return url if "\0" in url else click(url)

    text = TAG.sub(stow, source.replace("\0", ""))
    text = LINK.sub(lambda found: f"{found[1]}:\n\1{written(found[2])}", text)
    text = re.sub(rf"(?<!\x01){BARE.pattern}", lambda found: written(found[0]), text).replace("\1", "")
    text = BOLD.sub(r"\1", text)
    return STOWED.sub(lambda found: tags[int(found[1])], text)
