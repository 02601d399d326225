"""A step's words for one person: text from Liquid with a closed set of fields.

Templates can't reach code or other people's data: the only objects are the texts of fields.py, the only tags `if`,
`unless` and comments, the only filter `default`. A field that is empty for someone and has no
`| default: "…"` stops that recipient.
"""

import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from django.utils.translation import gettext as _
from liquid import Environment, FalsyStrictUndefined
from liquid.exceptions import LiquidError, ResourceLimitError, UndefinedError

from . import fields

MAX_LENGTH = 50_000
MOST = 4 * MAX_LENGTH  # characters a filled text may have
URL = re.compile(r"https?://(?:[^\s<>\"'{}()（）「」、。\0]|\([^\s<>\"'{}()]*\))+")
PLAIN_TAG = re.compile(r"""{{\s*(\w+)\s*(?:\|\s*default:\s*(?:"([^"\\{}]*)"|'([^'\\{}]*)')\s*)?}}""")
OURS = re.compile(r"click_\d+|open_url|trap_url")  # what only letter.py writes
RAW = re.compile(r"{%-?\s*(end)?raw\b")
MERGE = re.compile(r"{[{%]")
TAGS = ("if", "unless", "comment", "#", "content", "output", "illegal")


class UnsendableError(Exception):
    """This recipient can't be written to; `reason` is the ledger's code, `detail` e.g. the field's name."""

    def __init__(self, reason: str, detail: str = ""):
        super().__init__(reason)
        self.reason, self.detail = reason, detail


class _Environment(Environment):
    context_depth_limit = 10
    loop_iteration_limit = 1
    local_namespace_limit = 1000
    output_stream_limit = MOST


def _environment() -> Environment:
    environment = _Environment(undefined=FalsyStrictUndefined, extra=False)
    environment.tags = {name: environment.tags[name] for name in TAGS}
    environment.filters = {"default": environment.filters["default"]}
    return environment


ENVIRONMENT = _environment()


@lru_cache(maxsize=4096)
def _compiled(source: str):
    return ENVIRONMENT.from_string(source)


def template_problems(source: str) -> list[str]:
    """What is wrong with a template, as sentences; empty where it can be used."""
    if len(source) > MAX_LENGTH:
        return [_("The text is longer than %(most)s characters.") % {"most": f"{MAX_LENGTH:,}"}]
    if RAW.search(source):  # Liquid's reader takes it before any list of tags is asked
        return [_("The merge fields can't be read: %(why)s") % {"why": "raw"}]
    try:
        found = _compiled(source).analyze(include_partials=False)
    except LiquidError as error:
        return [_("The merge fields can't be read: %(why)s") % {"why": _why(error)}]
    if filters := sorted(set(found.filters) - set(ENVIRONMENT.filters)):
        return [_("Only “default” may stand behind a merge field, not “%(filter)s”.") % {"filter": filters[0]}]
    known = fields.KEYS | set(fields.WORDS)
    paths = [str(variable) for variables in found.variables.values() for variable in variables]
    unknown = sorted({path for path in paths if path not in known})
    return [_("There is no merge field “%(field)s”.") % {"field": field} for field in unknown]


def _why(error: LiquidError) -> str:
    return str(error.args[0] if error.args else error).splitlines()[0]


def uses(source: str) -> set[str]:
    """The keys of the merge fields in a template."""
    return {fields.WORDS.get(name, name) for name in _names(source)}


@lru_cache(maxsize=4096)
def _names(source: str) -> tuple[str, ...]:
    return tuple(_compiled(source).analyze(include_partials=False).variables)


class Hole(NamedTuple):
    """Where a field's text goes; without a fallback (None) an empty field stops the recipient."""

    name: str
    fallback: str | None

    def fill(self, values: Mapping[str, str]) -> str:
        try:
            return values[self.name]
        except KeyError:
            if self.fallback is None:
                raise UnsendableError("missing_field", self.name.partition("__")[0]) from None
            return self.fallback


class Liquid(NamedTuple):
    """A template with conditions."""

    source: str

    def fill(self, values: Mapping[str, str]) -> str:
        return _by_liquid(self.source, values)


@lru_cache(maxsize=4096)
def holes(source: str) -> tuple[str | Hole, ...] | None:
    """The template as texts and holes, where it has nothing but fields with or without `default`; else None.

    Most templates are so, and joining a list takes a hundredth of what Liquid needs for the same text.
    """
    if "{%" in source:
        return None
    parts: list[str | Hole] = []
    at = 0
    for tag in PLAIN_TAG.finditer(source):
        name = tag[1]
        if not _is_field(name):
            return None
        parts += [source[at : tag.start()], Hole(name, tag[2] if tag[2] is not None else tag[3])]
        at = tag.end()
    parts.append(source[at:])
    if any("{{" in part for part in parts if isinstance(part, str)):
        return None
    return tuple(part for part in parts if part)


def _is_field(name: str) -> bool:
    """Fields, in whatever place they stand (markup.py), and the counted links of a mail."""
    field = name.partition("__")[0]
    return field in fields.KEYS or field in fields.WORDS or OURS.fullmatch(field) is not None


def fill(source: str, values: Mapping[str, str]) -> str:
    """The template with one person's values. Raises UnsendableError where a field without fallback is empty."""
    parts = holes(source)
    if parts is None:
        return _by_liquid(source, values)
    text = "".join([part if isinstance(part, str) else part.fill(values) for part in parts])
    if len(text) > MOST:
        raise UnsendableError("missing_field", "too long")
    return text


def _by_liquid(source: str, values: Mapping[str, str]) -> str:
    there = {}
    for name in _names(source):
        with contextlib.suppress(KeyError):
            there[name] = values[name]
    try:
        return _compiled(source).render(there)
    except UndefinedError as error:
        raise UnsendableError("missing_field", _field_of(error)) from None
    except ResourceLimitError:
        raise UnsendableError("missing_field", "too long") from None


def _field_of(error: UndefinedError) -> str:
    found = re.search(r"'?([^'\s]+)'? is undefined", str(error))
    return found.group(1).partition("__")[0] if found else ""


def needs(source: str) -> set[str]:
    """The keys of fields that stop a recipient for whom they are empty: used, and nothing stands in for them."""
    return {key for key in uses(source) if not _works_without(source, key)}


def _works_without(source: str, key: str) -> bool:
    there = fields.KEYS - {key}
    values = {name: "x" for name in there | {word for word, of in fields.WORDS.items() if of in there}}
    try:
        fill(source, values)
    except UnsendableError:
        return False
    return True


@dataclass(frozen=True)
class Links:
    """Which addresses of a text may become links: those its author wrote, never one in a customer's name."""

    starts: tuple[str, ...]

    @classmethod
    def of(cls, source: str) -> "Links":
        written = [MERGE.split(url)[0] for url in URL.findall(source)]
        return cls(tuple({url for url in written if len(url) > len("https://")}))

    def allow(self, url: str) -> bool:
        return url.startswith(self.starts)
