"""A step's words for one person: text from Liquid with a closed set of fields, and our own HTML made from the text.

Templates can't reach code or other people's data: the only objects are the texts of fields.py, the only tags `if`,
`unless` and comments, the only filter `default`. A field that is empty for someone and has no
`| default: "…"` stops that recipient.
"""

import html
import re
from dataclasses import dataclass
from functools import lru_cache

from django.utils.translation import gettext as _
from liquid import Environment, FalsyStrictUndefined
from liquid.exceptions import LiquidError, ResourceLimitError, UndefinedError

from . import fields

MAX_LENGTH = 50_000
URL = re.compile(r"https?://[^\s<>\"'{}（）「」、。]+")
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
    output_stream_limit = 4 * MAX_LENGTH


def _environment() -> Environment:
    environment = _Environment(undefined=FalsyStrictUndefined, extra=False)
    environment.tags = {name: environment.tags[name] for name in TAGS}
    environment.filters = {"default": environment.filters["default"]}
    return environment


ENVIRONMENT = _environment()


@lru_cache(maxsize=256)
def _compiled(source: str):
    return ENVIRONMENT.from_string(source)


def template_problems(source: str) -> list[str]:
    """What is wrong with a template, as sentences; empty where it can be used."""
    if len(source) > MAX_LENGTH:
        return [_("The text is longer than %(most)s characters.") % {"most": f"{MAX_LENGTH:,}"}]
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
    names = _compiled(source).analyze(include_partials=False).variables
    return {fields.WORDS.get(name, name) for name in names}


def fill(source: str, values: dict[str, str]) -> str:
    """The template with one person's values. Raises UnsendableError where a field without fallback is empty."""
    try:
        return _compiled(source).render(values)
    except UndefinedError as error:
        raise UnsendableError("missing_field", _field_of(error)) from None
    except ResourceLimitError:
        raise UnsendableError("missing_field", "too long") from None


def _field_of(error: UndefinedError) -> str:
    found = re.search(r"'?([^'\s]+)'? is undefined", str(error))
    return found.group(1) if found else ""


# --- HTML made from the text --------------------------------------------------------------------


@dataclass(frozen=True)
class Links:
    """Which addresses of a text may become links: those its author wrote, never one in a customer's name."""

    starts: tuple[str, ...]
    label: str  # on the button that an address alone in its paragraph becomes

    @classmethod
    def of(cls, source: str, *, label: str = "") -> "Links":
        written = [MERGE.split(url)[0] for url in URL.findall(source)]
        return cls(tuple({url for url in written if len(url) > len("https://")}), label)

    def allow(self, url: str) -> bool:
        return url.startswith(self.starts)


LINK = '<a href="{0}" style="color:#066fd1">{0}</a>'
BUTTON = (
    '<a href="{0}" style="display:inline-block;padding:10px 20px;border-radius:6px;background:#066fd1;'
    'color:#ffffff;text-decoration:none">{1}</a>'
)


def to_html(text: str, links: Links) -> str:
    """Paragraphs at blank lines, breaks at line ends, links for the author's addresses; all else escaped."""
    paragraphs = re.split(r"\n\s*\n", text.strip())
    return "".join(f'<p style="margin:0 0 16px">{_paragraph(part, links)}</p>' for part in paragraphs)


def _paragraph(text: str, links: Links) -> str:
    if (found := URL.fullmatch(text.strip())) and links.allow(found.group()):
        return BUTTON.format(html.escape(found.group()), html.escape(links.label or found.group()))
    parts, at = [], 0
    for match in URL.finditer(text):
        parts.append(html.escape(text[at : match.start()]))
        url = html.escape(match.group())
        parts.append(LINK.format(url) if links.allow(match.group()) else url)
        at = match.end()
    return "".join([*parts, html.escape(text[at:])]).replace("\n", "<br>")
