"""A mail as blocks: what kinds there are, what people type into each, and what is wrong with it.

`Step.blocks` is a list of {"kind": …, part: text, …}. The first may be the head: preheader, colours, language. Texts
are templates (rendering.py) with marks (markup.py). How blocks look: painting.py; as plain text: plaintext.py.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from . import rendering

Block = dict[str, str]
LINE, TEXT, URL, CHOICE = "line", "text", "url", "choice"
MOST_BLOCKS = 40
LONGEST_LINE = 300
LOOKS = {
    "sea": gettext_lazy("Green"),
    "navy": gettext_lazy("Navy"),
    "wine": gettext_lazy("Wine red"),
    "amber": gettext_lazy("Amber"),
    "night": gettext_lazy("Black and gold"),
}
LANGUAGES: dict[str, str | Promise] = dict(settings.LANGUAGES)
WEB = re.compile(r"https?://[^\s<>\"'{}()/?#]+(?:[/?#](?:[^\s<>\"'{}]|{{[^{}]*}})*)?")
ARRANGEMENTS = {"steps": gettext_lazy("Numbered, below one another"), "columns": gettext_lazy("Two columns")}
WHOLE = {"event_url", "unsubscribe_url"}  # fields that are an address of ours


@dataclass(frozen=True)
class Part:
    """One input of a block."""

    key: str
    label: "str | Promise | _Numbered"
    shape: str = LINE
    is_needed: bool = False
    choices: Mapping[str, str | Promise] = field(default_factory=dict)
    hint: str | Promise = ""


@dataclass(frozen=True)
class Kind:
    """`needs`: what the campaign must have for it: "offer" or "occasion"."""

    key: str
    label: str | Promise
    icon: str
    parts: tuple[Part, ...]
    needs: str = ""


def _items() -> tuple[Part, ...]:
    found: list[Part] = []
    for number in "1234":
        words = {"n": number}
        found += [
            Part(f"title{number}", _Numbered(gettext_lazy("Item %(n)s: heading"), words)),
            Part(f"text{number}", _Numbered(gettext_lazy("Item %(n)s: text"), words), TEXT),
            Part(f"url{number}", _Numbered(gettext_lazy("Item %(n)s: link"), words), URL),
        ]
    return tuple(found)


class _Numbered:
    """A lazy text with its number."""

    def __init__(self, text: Promise, words: dict[str, str]):
        self._text, self._words = text, words

    def __str__(self) -> str:
        return str(self._text) % self._words


HEAD = Kind(
    "head",
    gettext_lazy("Head"),
    "adjustments",
    (
        Part("preheader", gettext_lazy("Preheader"), hint=gettext_lazy("Shown behind the subject in the inbox.")),
        Part("look", gettext_lazy("Colours"), CHOICE, choices=LOOKS),
        Part("language", gettext_lazy("Language of the fixed words"), CHOICE, choices=LANGUAGES),
    ),
)
KINDS: dict[str, Kind] = {
    kind.key: kind
    for kind in (
        Kind(
            "banner",
            gettext_lazy("Title band"),
            "layout-navbar",
            (
                Part("eyebrow", gettext_lazy("Small line above")),
                Part("text", gettext_lazy("Heading"), TEXT, is_needed=True),
                Part("lead", gettext_lazy("Line below"), TEXT),
            ),
        ),
        Kind("heading", gettext_lazy("Heading"), "heading", (Part("text", gettext_lazy("Heading"), is_needed=True),)),
        Kind(
            "text",
            pgettext_lazy("block", "Text"),
            "align-left",
            (
                Part(
                    "text",
                    pgettext_lazy("block", "Text"),
                    TEXT,
                    is_needed=True,
                    hint=gettext_lazy("**bold**, [words](https://…) for a link; an empty line begins a paragraph."),
                ),
            ),
        ),
        Kind(
            "button",
            gettext_lazy("Button"),
            "hand-click",
            (
                Part("label", gettext_lazy("Words on the button"), is_needed=True),
                Part("url", gettext_lazy("Leads to"), URL, is_needed=True),
                Part("note", gettext_lazy("Small line below")),
            ),
        ),
        Kind(
            "image",
            gettext_lazy("Image"),
            "photo",
            (
                Part("url", gettext_lazy("Address of the image"), URL, is_needed=True),
                Part("alt", gettext_lazy("What it shows, in words")),
                Part("link", gettext_lazy("Leads to"), URL),
            ),
        ),
        Kind(
            "offer",
            gettext_lazy("Offer with coupon"),
            "ticket",
            (
                Part("title", gettext_lazy("Heading")),
                Part("note", gettext_lazy("How it is used"), TEXT),
                Part("label", gettext_lazy("Words on the button")),
                Part("url", gettext_lazy("Leads to"), URL),
            ),
            needs="offer",
        ),
        Kind(
            "event",
            pgettext_lazy("block", "Event"),
            "calendar-event",
            (
                Part("title", gettext_lazy("Heading")),
                Part("note", gettext_lazy("Further words"), TEXT),
                Part("label", gettext_lazy("Words on the button")),
            ),
            needs="occasion",
        ),
        Kind(
            "facts",
            gettext_lazy("Box of facts"),
            "list-details",
            (
                Part("title", gettext_lazy("Heading")),
                Part(
                    "text",
                    gettext_lazy("Lines"),
                    TEXT,
                    is_needed=True,
                    hint=gettext_lazy("One a line: name, colon, words."),
                ),
            ),
        ),
        Kind(
            "items",
            gettext_lazy("Items"),
            "layout-grid",
            (
                Part(
                    "form",
                    gettext_lazy("Arrangement"),
                    CHOICE,
                    choices=ARRANGEMENTS,
                ),
                *_items(),
            ),
        ),
        Kind("divider", pgettext_lazy("block", "Line"), "minus", ()),
        Kind(
            "signature",
            gettext_lazy("Signature"),
            "signature",
            (
                Part("fallback", gettext_lazy("Where there is no person in charge"), is_needed=True),
                Part("note", gettext_lazy("Lines below (telephone, hours)"), TEXT),
            ),
        ),
    )
}  # fmt: skip


def kind_of(block: Block) -> Kind | None:
    key = block.get("kind", "")
    return HEAD if key == HEAD.key else KINDS.get(key)


def head_of(blocks: Sequence[Block]) -> Block:
    """Preheader, look and language; with defaults."""
    found = next((block for block in blocks if block.get("kind") == HEAD.key), {})
    look, language = found.get("look", ""), found.get("language", "")
    return {
        "kind": HEAD.key,
        "preheader": found.get("preheader", ""),
        "look": look if look in LOOKS else "sea",
        "language": language if language in LANGUAGES else "",
    }


def body_of(blocks: Sequence[Block]) -> list[Block]:
    """The blocks that are seen."""
    return [block for block in blocks if block.get("kind") in KINDS]


def tidy(blocks: object) -> list[Block]:
    """Whatever was sent as a list of blocks: only known kinds and parts, only texts, without the empty ones."""
    if not isinstance(blocks, list):
        return []
    return [_tidy(block, kind) for block in blocks if isinstance(block, dict) and (kind := kind_of(block))]


def _tidy(block: Block, kind: Kind) -> Block:
    texts = {part.key: _text(block.get(part.key), part) for part in kind.parts}
    return {"kind": kind.key} | {key: text for key, text in texts.items() if text}


def _text(given: object, part: Part) -> str:
    text = given.replace("\r\n", "\n").strip() if isinstance(given, str) else ""
    return text if part.shape == TEXT else " ".join(text.split())


def texts(blocks: Sequence[Block]) -> Iterator[str]:
    """Every template in them."""
    for block in blocks:
        kind = kind_of(block)
        for part in kind.parts if kind else ():
            if part.shape != CHOICE and (text := block.get(part.key)):
                yield text


def uses(blocks: Sequence[Block]) -> set[str]:
    """The keys of the merge fields in them, also those of boxes that fill themselves."""
    found: set[str] = set()
    for source in texts(blocks):
        found |= rendering.uses(source)
    if any(block.get("kind") == "offer" for block in blocks):
        found |= {"offer", "coupon"}
    return found


def needs(blocks: Sequence[Block]) -> set[str]:
    """Of what the campaign must have: "offer", "occasion"."""
    return {kind.needs for block in blocks if (kind := kind_of(block)) and kind.needs}


def part_problems(block: Block, part: Part) -> list[str]:
    """What is wrong with one text of a block, as sentences."""
    text = block.get(part.key, "")
    if not text:
        return [_("This must be filled in.")] if part.is_needed else []
    if part.shape == CHOICE:
        return [] if text in part.choices else [_("Choose one of the list.")]
    if part.shape == LINE and len(text) > LONGEST_LINE:
        return [_("The text is longer than %(most)s characters.") % {"most": LONGEST_LINE}]
    return rendering.template_problems(text) or (_url_problems(text) if part.shape == URL else [])


def _url_problems(text: str) -> list[str]:
    """An address begins as one, or is one of our own fields whole: nothing a customer is called can become one."""
    parts = rendering.holes(text) or ()
    is_ours = len(parts) == 1 and isinstance(parts[0], rendering.Hole) and rendering.uses(text) <= WHOLE
    if is_ours or WEB.fullmatch(text):
        return []
    return [_("An address begins with https:// and a name, then / before any merge field; it holds no spaces.")]


def problems(blocks: Sequence[Block]) -> list[str]:
    """What is wrong with all of them, each sentence with the block it is about."""
    if len(blocks) > MOST_BLOCKS:
        return [_("A mail has at most %(most)s blocks.") % {"most": MOST_BLOCKS}]
    found = []
    for number, block in enumerate(body_of(blocks), 1):
        kind = KINDS[block["kind"]]
        words = {"n": number, "kind": kind.label}
        for part in kind.parts:
            place = _("Block %(n)s (%(kind)s)") % words
            found += [f"{place}: {part.label}: {problem}" for problem in part_problems(block, part)]
    preheader = HEAD.parts[0]
    return found + [f"{preheader.label}: {problem}" for problem in part_problems(head_of(blocks), preheader)]
