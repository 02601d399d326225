"""How blocks look in a mail: blocks → MJML → one HTML document with holes for what differs from person to person.

The MJML stands in templates/campaigns/mail/, a file a kind of block. mrml turns it into the tables that Outlook, Gmail
and phones understand, css-inline puts the rules into the elements, and only what is for narrow screens and the dark
theme stays in <style>. People's words never go through them: they stand as tokens, and are put in, escaped for their
place, after both have run. Compiled once per step and variant.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import css_inline
import mrml
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from . import markup, rendering
from .blocks import Block, body_of, head_of
from .markup import Click
from .palette import COLOURS, PALETTES, Palette, rules_of

TOKEN = re.compile(r"zq(\d+)qz")
INLINER = css_inline.CSSInliner(keep_style_tags=True, keep_at_rules=True, load_remote_stylesheets=False)
NO_TAGS = str.maketrans("", "", '{}"\\')
DARK = re.compile(r"\(prefers-color-scheme:\s*dark\)")


@dataclass(frozen=True)
class Scene:
    """What a mail stands in. `footer` and `pixel` (who opened it) are templates of HTML."""

    language: str
    company: str
    footer: str
    has_end: bool = False  # of the offer
    event: Sequence[tuple[str, str]] = ()  # label, field
    click: Click = markup.as_written
    pixel: str = ""


class Sheet:
    """A document for everybody with holes for one. Built once; `fill` joins it for a person."""

    def __init__(self, parts: Sequence[str | rendering.Hole | rendering.Liquid]):
        self._parts = parts

    @classmethod
    def of(cls, sources: Sequence[str]) -> "Sheet":
        """From templates that follow one another; a condition ends in the template it begins in."""
        parts: list[str | rendering.Hole | rendering.Liquid] = []
        for source in sources:
            found = rendering.holes(source)
            for part in found if found is not None else [rendering.Liquid(source)]:
                if isinstance(part, str) and parts and isinstance(parts[-1], str):
                    parts[-1] += part
                else:
                    parts.append(part)
        return cls(parts)

    def fill(self, values: Mapping[str, str]) -> str:
        """Raises UnsendableError where a field without fallback is empty."""
        return "".join([part if isinstance(part, str) else part.fill(values) for part in self._parts])


def paint(blocks: Sequence[Block], scene: Scene) -> Sheet:
    """The whole HTML document of a mail."""
    head = head_of(blocks)
    painter = _Painter(PALETTES[head["look"]], scene)
    document = mrml.to_html(_tight(painter.document(head, body_of(blocks)))).content
    document = INLINER.inline(_tight(document))
    pieces: list[str] = TOKEN.split(document)
    pieces[1::2] = [painter.templates[int(number)] for number in pieces[1::2]]
    return Sheet.of(pieces)


def _tight(document: str) -> str:
    """Without the line ends between elements: they cost bytes, and some readers show them as gaps."""
    return re.sub(r">\s*\n\s*<", "><", document).strip()


class _Painter:
    """Writes MJML with tokens, one method a kind of block."""

    def __init__(self, palette: Palette, scene: Scene):
        self.palette, self.scene = palette, scene
        self.templates: list[str] = []
        self._link = f"color:{palette.link};text-decoration:underline"

    def document(self, head: Block, blocks: Sequence[Block]) -> str:
        scene = self.scene
        return self._from(
            "document",
            language=scene.language,
            preheader=head["preheader"] and self._line(head["preheader"]),
            rules=mark_safe(rules_of(self.palette)),  # noqa: S308  ours, from a closed set of colours
            company=self._line(scene.company),
            sections=self._sections(blocks),
            footer=self._put(scene.footer + scene.pixel),
        )

    def _sections(self, blocks: Sequence[Block]) -> str:
        """Blocks that simply follow one another share a section: every section costs a kilobyte of tables."""
        found: list[str] = []
        flow: list[str] = []
        for block in blocks:
            made = KINDS[block["kind"]](self, block)
            if made.startswith("<mj-section"):
                found += [*self._flow(flow, after=found), made]
                flow = []
            else:
                flow.append(made)
        return mark_safe("".join([*found, *self._flow(flow, after=found)]))  # noqa: S308

    def _flow(self, parts: Sequence[str], *, after: Sequence[str]) -> list[str]:
        if not parts:
            return []
        top = "8px" if after and "gut-thin" in after[-1] else "32px"
        return [self._from("_flow", top=top, parts=mark_safe("".join(parts)))]  # noqa: S308

    # --- people's words: tokens -----------------------------------------------------------------

    def _put(self, template: str) -> str:
        self.templates.append(template)
        return f"zq{len(self.templates) - 1}qz"

    def _rich(self, source: str | None) -> str:
        return self._put(markup.rich(source, style=self._link, click=self.scene.click)) if source else ""

    def _line(self, source: str | None) -> str:
        return self._put(markup.line(source)) if source else ""

    def _address(self, source: str | None) -> str:
        return self._put(markup.address(source, self.scene.click)) if source else ""

    def _from(self, name: str, **given: Any) -> str:
        context = {**COLOURS, "look": self.palette, **given}
        return mark_safe(_tight(render_to_string(f"campaigns/mail/{name}.mjml", context)))  # noqa: S308

    # --- kinds of blocks ------------------------------------------------------------------------

    def banner(self, block: Block) -> str:
        rich = {key: self._rich(block.get(key)) for key in ("text", "lead")}
        return self._from("banner", eyebrow=self._line(block.get("eyebrow")), **rich)

    def heading(self, block: Block) -> str:
        return self._from("heading", text=self._rich(block.get("text")))

    def text(self, block: Block) -> str:
        return self._from("text", text=self._rich(block.get("text")))

    def button(self, block: Block) -> str:
        return self._from("button", **self._pressed(block), note=self._rich(block.get("note")))

    def _pressed(self, block: Block) -> dict[str, str]:
        return {"label": self._line(block.get("label")), "url": self._address(block.get("url"))}

    def image(self, block: Block) -> str:
        addresses = {key: self._address(block.get(key)) for key in ("url", "link")}
        return self._from("image", alt=self._line(block.get("alt")), **addresses)

    def offer(self, block: Block) -> str:
        inside = self._from(
            "offer",
            title=self._line(block.get("title") or _("For you")),
            offer=self._line("{{ offer }}"),
            coupon=self._line("{{ coupon }}"),
            until=self._line("{{ expires_on }}") if self.scene.has_end else "",
            note=self._rich(block.get("note")),
            words={"code": _("Coupon code"), "until": _("Valid until")},
            **self._pressed({"label": _("Open the page"), **block}),
        )
        return self._from("_box", inside=inside, align="center", edge="dashed")

    def event(self, block: Block) -> str:
        inside = self._from(
            "event",
            title=self._rich(block.get("title") or "{{ event_title }}"),
            rows=[(label, self._rich(f"{{{{ {name} }}}}")) for label, name in self.scene.event],
            note=self._rich(block.get("note")),
            label=self._line(block.get("label") or _("Answer the invitation")),
            url=self._address("{{ event_url }}"),
        )
        return self._from("_box", inside=inside)

    def facts(self, block: Block) -> str:
        rows = [(self._rich(name), self._rich(words)) for name, words in facts(block.get("text", ""))]
        inside = self._from("facts", title=self._rich(block.get("title")), rows=rows)
        return self._from("_box", inside=inside)

    def items(self, block: Block) -> str:
        found = [
            {"title": self._rich(title), "text": self._rich(text), "url": self._address(url)}
            for title, text, url in items(block)
        ]
        return self._from("columns" if block.get("form") == "columns" else "steps", items=found, more=_("Read more"))

    def divider(self, _block: Block) -> str:
        return self._from("divider")

    def signature(self, block: Block) -> str:
        return self._from(
            "signature",
            company=self._line(self.scene.company),
            owner=_("Person in charge: %(name)s") % {"name": self._line(owner_or(block.get("fallback", "")))},
            note=self._rich(block.get("note")),
        )


KINDS: dict[str, Callable[[_Painter, Block], str]] = {
    "banner": _Painter.banner,
    "heading": _Painter.heading,
    "text": _Painter.text,
    "button": _Painter.button,
    "image": _Painter.image,
    "offer": _Painter.offer,
    "event": _Painter.event,
    "facts": _Painter.facts,
    "items": _Painter.items,
    "divider": _Painter.divider,
    "signature": _Painter.signature,
}


def facts(text: str) -> list[tuple[str, str]]:
    """Lines of "name: words", also with a full-width colon; a line without one belongs to the words before."""
    found: list[tuple[str, str]] = []
    for line in filter(None, map(str.strip, text.split("\n"))):
        name, colon, words = re.sub(r"[:：](?!//)", "\0", line, count=1).partition("\0")
        if colon and "{" not in name:
            found.append((name.strip(), words.strip()))
        elif found:
            found[-1] = (found[-1][0], f"{found[-1][1]}\n{line}")
        else:
            found.append(("", line))
    return found


def items(block: Block) -> list[tuple[str, str, str]]:
    """(heading, text, address) of the items that have any words."""
    found = [(block.get(f"title{n}", ""), block.get(f"text{n}", ""), block.get(f"url{n}", "")) for n in "1234"]
    return [(title, text, url) for title, text, url in found if title or text]


def owner_or(fallback: str) -> str:
    """The template of the owner's name with these words where there is none."""
    return f'{{{{ owner | default: "{fallback.translate(NO_TAGS)}" }}}}'


def in_look(document: str, look: str) -> str:
    """For the preview: as a reader in the dark, or in the light, sees it, whatever this browser prefers."""
    return DARK.sub("all" if look == "dark" else "not all", document)
