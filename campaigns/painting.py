"""How blocks look in a mail: blocks → MJML → one HTML document with holes for what differs from person to person.

MJML (mrml) writes the tables that Outlook, Gmail and phones understand, css-inline puts the rules into the elements,
and only what is for the dark theme stays in <style>. People's words never go through them: they stand as tokens, and
are put in, escaped for their place, after both have run. Compiled once per step and variant.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import css_inline
import mrml
from django.utils.translation import gettext as _

from . import markup, rendering
from .blocks import Block, body_of, head_of
from .markup import Click
from .palette import FONT, INK, LINE, PALETTES, QUIET, Palette, dark_rules

TOKEN = re.compile(r"zq(\d+)qz")
INLINER = css_inline.CSSInliner(keep_style_tags=True, keep_at_rules=True, load_remote_stylesheets=False)
NO_TAGS = str.maketrans("", "", '{}"\\')
FLOW_TEXT = f'padding="0 0 20px" font-size="15px" line-height="1.85" color="{INK}" font-family="{FONT}"'


@dataclass(frozen=True)
class Scene:
    """What a mail stands in. `footer` and `told` are templates of HTML; `pixel` asks who opened it."""

    language: str
    company: str
    footer: str
    offer_until: bool = False
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
        return "".join([part if type(part) is str else part.fill(values) for part in self._parts])


class _Ink:
    """Keeps people's words out of MJML: each becomes a token."""

    def __init__(self, palette: Palette, click: Click):
        self.templates: list[str] = []
        self._link, self._click = f"color:{palette.link};text-decoration:underline", click

    def put(self, template: str) -> str:
        self.templates.append(template)
        return f"zq{len(self.templates) - 1}qz"

    def rich(self, source: str) -> str:
        return self.put(markup.rich(source, style=self._link, click=self._click))

    def line(self, source: str) -> str:
        return self.put(markup.line(source))

    def address(self, source: str) -> str:
        return self.put(markup.address(source, self._click))


def paint(blocks: Sequence[Block], scene: Scene) -> Sheet:
    """The whole HTML document of a mail."""
    head = head_of(blocks)
    painter = _Painter(PALETTES[head["look"]], scene)
    document = mrml.to_html(painter.document(head, body_of(blocks))).content
    document = INLINER.inline(_without_gaps(document))
    pieces: list[str] = TOKEN.split(document)
    pieces[1::2] = [painter.ink.templates[int(number)] for number in pieces[1::2]]
    return Sheet.of(pieces)


def _without_gaps(document: str) -> str:
    return re.sub(r">\s*\n\s*<", "><", document)


class _Painter:
    """Writes MJML, one method a kind of block."""

    def __init__(self, palette: Palette, scene: Scene):
        self.palette, self.scene = palette, scene
        self.ink = _Ink(palette, scene.click)

    def document(self, head: Block, blocks: Sequence[Block]) -> str:
        preheader = f"<mj-preview>{self.ink.line(head['preheader'])}</mj-preview>" if head["preheader"] else ""
        return (
            f'<mjml lang="{self.scene.language}"><mj-head>{preheader}<mj-raw>'
            '<meta name="color-scheme" content="light dark" />'
            '<meta name="supported-color-schemes" content="light dark" />'
            '<meta name="format-detection" content="telephone=no,date=no,address=no,email=no" /></mj-raw>'
            f"<mj-style>{dark_rules(self.palette)}</mj-style></mj-head>"
            f'<mj-body width="600px" background-color="#f1f4f8" css-class="ground">'
            f"{self._top()}"
            '<mj-wrapper background-color="#ffffff" css-class="paper" padding="0" border-radius="10px">'
            f"{self._sections(blocks)}</mj-wrapper>{self._foot()}</mj-body></mjml>"
        )

    def _top(self) -> str:
        name = self.ink.line(self.scene.company)
        return (
            '<mj-section padding="22px 32px 14px" css-class="gut"><mj-column><mj-text padding="0" align="left" '
            f'font-family="{FONT}" font-size="13px" font-weight="700" letter-spacing="0.06em" '
            f'color="{self.palette.link}" css-class="brand">{name}</mj-text></mj-column></mj-section>'
        )

    def _foot(self) -> str:
        footer = self.ink.put(self.scene.footer + self.scene.pixel)
        return (
            '<mj-section padding="20px 32px 36px" css-class="gut"><mj-column><mj-text padding="0" '
            f'font-family="{FONT}" font-size="12px" line-height="1.8" color="{QUIET}" css-class="quiet">{footer}'
            "</mj-text></mj-column></mj-section>"
        )

    def _sections(self, blocks: Sequence[Block]) -> str:
        """Blocks that simply follow one another share a section: every section costs a kilobyte of tables."""
        found: list[str] = []
        flow: list[str] = []
        is_first = True
        for block in blocks:
            made: str = getattr(self, f"_{block['kind']}")(block)
            if made.startswith("<mj-section"):
                found += [_flow(flow, is_first=is_first), made] if flow else [made]
                is_first, flow = False, []
            else:
                flow.append(made)
        return "".join([*found, _flow(flow, is_first=is_first)])

    # --- kinds of blocks ------------------------------------------------------------------------

    def _banner(self, block: Block) -> str:
        look = self.palette
        eyebrow = (
            f'<p style="margin:0 0 10px;font-size:12px;letter-spacing:0.14em;font-weight:700;color:{look.eyebrow}">'
            f"{self.ink.line(block['eyebrow'])}</p>"
            if block.get("eyebrow")
            else ""
        )
        lead = (
            f'<p style="margin:14px 0 0;font-size:14px;line-height:1.8;color:{look.band_lead}">'
            f"{self.ink.rich(block['lead'])}</p>"
            if block.get("lead")
            else ""
        )
        return (
            f'<mj-section padding="40px 32px 38px" background-color="{look.band}" css-class="gut band"><mj-column>'
            f'<mj-text padding="0" font-family="{FONT}">{eyebrow}'
            f'<h1 style="margin:0;font-size:26px;line-height:1.5;font-weight:700;color:{look.band_ink}">'
            f"{self.ink.rich(block.get('text', ''))}</h1>{lead}</mj-text></mj-column></mj-section>"
        )

    def _heading(self, block: Block) -> str:
        text = self.ink.rich(block.get("text", ""))
        return (
            f'<mj-text padding="8px 0 10px" font-family="{FONT}" css-class="ink"><h2 style="margin:0;padding:0 0 0 12px;'
            f"border-left:4px solid {self.palette.accent};font-size:18px;line-height:1.5;font-weight:700;color:{INK}"
            f'" class="title">{text}</h2></mj-text>'
        )

    def _text(self, block: Block) -> str:
        return f'<mj-text {FLOW_TEXT} css-class="ink">{self.ink.rich(block.get("text", ""))}</mj-text>'

    def _button(self, block: Block) -> str:
        note = self._small(block["note"]) if block.get("note") else ""
        after = "8px" if note else "28px"
        return (
            f'<mj-text padding="8px 0 {after}" align="center" font-family="{FONT}">'
            f"{self._pressed(block.get('label', ''), block.get('url', ''))}</mj-text>{note}"
        )

    def _small(self, text: str) -> str:
        return (
            f'<mj-text padding="0 0 26px" align="center" font-family="{FONT}" font-size="12px" line-height="1.7" '
            f'color="{QUIET}" css-class="quiet">{self.ink.rich(text)}</mj-text>'
        )

    def _pressed(self, label: str, url: str) -> str:
        """A button that Outlook draws too: the colour is the cell's, the padding border and mso's."""
        look = self.palette
        return (
            '<table role="presentation" align="center" border="0" cellpadding="0" cellspacing="0" '
            'style="margin:0 auto;border-collapse:separate"><tr>'
            f'<td align="center" bgcolor="{look.button}" class="press" style="border-radius:8px;'
            f'background:{look.button};mso-padding-alt:15px 34px"><a href="{self.ink.address(url)}" target="_blank" '
            f'style="display:inline-block;padding:15px 34px;font-family:{FONT};font-size:15px;line-height:1.4;'
            f'font-weight:700;color:{look.button_ink};text-decoration:none;border-radius:8px" class="press-words">'
            f"{self.ink.line(label)}</a></td></tr></table>"
        )

    def _image(self, block: Block) -> str:
        link = f' href="{self.ink.address(block["link"])}"' if block.get("link") else ""
        alt = self.ink.line(block.get("alt", ""))
        return (
            f'<mj-image padding="0 0 22px" src="{self.ink.address(block.get("url", ""))}" alt="{alt}" '
            f'border-radius="8px" font-size="13px" container-background-color="transparent"{link} />'
        )

    def _offer(self, block: Block) -> str:
        look, quiet = self.palette, f'class="quiet" style="margin:0;font-size:12px;line-height:1.6;color:{QUIET}"'
        until = (
            f'<p {quiet[:-1]};padding:10px 0 0">{_("Valid until")} <strong class="title" style="color:{INK}">'
            f"{self.ink.line('{{ expires_on }}')}</strong></p>"
            if self.scene.offer_until
            else ""
        )
        title = self.ink.line(block["title"]) if block.get("title") else _("For you")
        return self._box(
            f'<p style="margin:0 0 6px;font-size:12px;letter-spacing:0.1em;font-weight:700;color:{look.link}" '
            f'class="brand">{title}</p>'
            f'<p style="margin:0 0 18px;font-size:24px;line-height:1.45;font-weight:700;color:{INK}" class="title">'
            f"{self.ink.line('{{ offer }}')}</p>"
            f"<p {quiet}>{_('Coupon code')}</p>"
            '<table role="presentation" align="center" border="0" cellpadding="0" cellspacing="0" style="margin:6px auto 0">'
            f'<tr><td align="center" class="code" bgcolor="#ffffff" style="padding:11px 18px;border:1px solid {look.accent};'
            f"border-radius:6px;background:#ffffff;font-family:Consolas,Menlo,'Courier New',monospace;font-size:17px;"
            f'line-height:1.4;font-weight:700;letter-spacing:0.04em;color:{INK}">{self.ink.line("{{ coupon }}")}</td></tr>'
            f"</table>{until}{self._note(block)}{self._way(block)}",
            align="center",
            edge=f"2px dashed {look.accent}",
        )

    def _event(self, block: Block) -> str:
        rows = "".join(self._row(label, self.ink.rich(f"{{{{ {name} }}}}")) for label, name in self.scene.event)
        title = self.ink.rich(block.get("title") or "{{ event_title }}")
        button = self._pressed(block.get("label") or _("Answer the invitation"), "{{ event_url }}")
        return self._box(
            f'<p style="margin:0 0 14px;font-size:18px;line-height:1.5;font-weight:700;color:{INK}" class="title">{title}'
            f"</p>{_table(rows)}{self._note(block)}"
            f'<div style="padding:22px 0 4px">{button}</div>',
        )

    def _facts(self, block: Block) -> str:
        rows = "".join(
            self._row(self.ink.rich(name), self.ink.rich(words)) for name, words in facts(block.get("text", ""))
        )
        title = (
            f'<p style="margin:0 0 12px;font-size:16px;line-height:1.5;font-weight:700;color:{INK}" class="title">'
            f"{self.ink.rich(block['title'])}</p>"
            if block.get("title")
            else ""
        )
        return self._box(f"{title}{_table(rows)}")

    def _items(self, block: Block) -> str:
        found = items(block)
        if block.get("form") == "columns":
            return self._columns(found)
        rows = "".join(self._step(number, item) for number, item in enumerate(found, 1))
        return f'<mj-text padding="2px 0 14px" font-family="{FONT}">{_table(rows)}</mj-text>'

    def _divider(self, _block: Block) -> str:
        return f'<mj-divider padding="6px 0 26px" border-width="1px" border-color="{LINE}" css-class="rule" />'

    def _signature(self, block: Block) -> str:
        who = self.ink.line(owner_or(block.get("fallback", "")))
        note = (
            f'<p style="margin:6px 0 0;font-size:12px;line-height:1.8;color:{QUIET}" class="quiet">'
            f"{self.ink.rich(block['note'])}</p>"
            if block.get("note")
            else ""
        )
        return (
            f'<mj-text padding="4px 0 12px" font-family="{FONT}" css-class="ink">'
            f'<div style="border-top:1px solid {LINE};padding:18px 0 0" class="rule-top">'
            f'<p style="margin:0;font-size:14px;line-height:1.7;font-weight:700;color:{INK}" class="title">'
            f"{self.ink.line(self.scene.company)}</p>"
            f'<p style="margin:0;font-size:14px;line-height:1.7;color:{INK}" class="title">{_("Person in charge:")} {who}'
            f"</p>{note}</div></mj-text>"
        )

    # --- their parts ----------------------------------------------------------------------------

    def _box(self, inside: str, *, align: str = "left", edge: str = "") -> str:
        border = f"border:{edge};" if edge else f"border-left:4px solid {self.palette.accent};"
        return (
            f'<mj-text padding="4px 0 26px" font-family="{FONT}"><table role="presentation" width="100%" border="0" '
            f'cellpadding="0" cellspacing="0" style="border-collapse:separate"><tr><td align="{align}" class="box" '
            f'bgcolor="{self.palette.soft}" style="background:{self.palette.soft};{border}border-radius:8px;'
            f'padding:24px 22px">{inside}</td></tr></table></mj-text>'
        )

    def _row(self, label: str, words: str) -> str:
        return (
            f'<tr><td valign="top" width="104" class="quiet" style="width:104px;padding:5px 14px 5px 0;font-size:13px;'
            f'line-height:1.7;color:{QUIET}">{label}</td><td valign="top" class="title" style="padding:5px 0;'
            f'font-size:15px;line-height:1.6;font-weight:700;color:{INK}">{words}</td></tr>'
        )

    def _note(self, block: Block) -> str:
        if not block.get("note"):
            return ""
        return (
            f'<p style="margin:14px 0 0;font-size:13px;line-height:1.8;color:{INK}" class="title">'
            f"{self.ink.rich(block['note'])}</p>"
        )

    def _way(self, block: Block) -> str:
        """The box's button, where it has one."""
        if not block.get("url"):
            return ""
        pressed = self._pressed(block.get("label") or _("Open the page"), block["url"])
        return f'<div style="padding:22px 0 2px">{pressed}</div>'

    def _step(self, number: int, item: tuple[str, str, str]) -> str:
        look = self.palette
        return (
            '<tr><td valign="top" width="44" style="width:44px;padding:3px 0 18px"><table role="presentation" '
            f'border="0" cellpadding="0" cellspacing="0"><tr><td align="center" width="30" height="30" bgcolor="{look.accent}" '
            f'class="press" style="width:30px;height:30px;border-radius:15px;background:{look.accent};color:{look.badge_ink};'
            f'font-size:14px;line-height:30px;font-weight:700"><span class="press-words" style="color:{look.badge_ink}">'
            f'{number}</span></td></tr></table></td><td valign="top" style="padding:4px 0 18px">{self._item(item)}</td></tr>'
        )

    def _item(self, item: tuple[str, str, str]) -> str:
        title, text, url = item
        link = (
            f'<p style="margin:6px 0 0;font-size:14px;line-height:1.6" class="go"><a href="{self.ink.address(url)}" '
            f'style="color:{self.palette.link};font-weight:700;text-decoration:underline">{_("Read more")}</a></p>'
            if url
            else ""
        )
        return (
            f'<p style="margin:0 0 4px;font-size:15px;line-height:1.6;font-weight:700;color:{INK}" class="title">'
            f'{self.ink.rich(title)}</p><p style="margin:0;font-size:14px;line-height:1.8;color:{INK}" class="title">'
            f"{self.ink.rich(text)}</p>{link}"
        )

    def _columns(self, found: Sequence[tuple[str, str, str]]) -> str:
        columns = "".join(
            f'<mj-column width="50%" padding="0 8px 18px"><mj-text padding="0" font-family="{FONT}">'
            '<table role="presentation" width="100%" border="0" cellpadding="0" cellspacing="0"><tr>'
            f'<td valign="top" class="box" bgcolor="{self.palette.soft}" style="background:{self.palette.soft};'
            f'border-radius:8px;padding:18px">{self._item(item)}</td></tr></table></mj-text></mj-column>'
            for item in found
        )
        return f'<mj-section padding="4px 24px 8px" css-class="gut-thin">{columns}</mj-section>'


def _flow(parts: Sequence[str], *, is_first: bool) -> str:
    if not parts:
        return ""
    top = "34px" if is_first else "30px"
    return (
        f'<mj-section padding="{top} 32px 14px" css-class="gut"><mj-column>{"".join(parts)}</mj-column></mj-section>'
    )


def _table(rows: str) -> str:
    return (
        f'<table role="presentation" width="100%" border="0" cellpadding="0" cellspacing="0">{rows}</table>'
        if rows
        else ""
    )


def facts(text: str) -> list[tuple[str, str]]:
    """Lines of "name: words", also with a full-width colon; a line without one belongs to the words before."""
    found: list[tuple[str, str]] = []
    for line in filter(None, map(str.strip, text.split("\n"))):
        name, colon, words = re.sub(r"(?<!{)([:：])(?!//)", "\0", line, count=1).partition("\0")
        if colon and "{" not in name:
            found.append((name.strip(), words.strip()))
        elif found:
            found[-1] = (found[-1][0], f"{found[-1][1]}\n{line}")
        else:
            found.append(("", line))
    return found


def items(block: Block) -> list[tuple[str, str, str]]:
    """(heading, text, address) of the items that have any words."""
    found = [tuple(block.get(f"{key}{number}", "") for key in ("title", "text", "url")) for number in "1234"]
    return [(title, text, url) for title, text, url in found if title or text]


def owner_or(fallback: str) -> str:
    """The template of the owner's name with these words where there is none."""
    return f'{{{{ owner | default: "{fallback.translate(NO_TAGS)}" }}}}'


def in_look(document: str, look: str) -> str:
    """For the preview: as a reader in the dark, or in the light, sees it, whatever this browser prefers."""
    return document.replace("(prefers-color-scheme:dark)", "all" if look == "dark" else "not all").replace(
        "(prefers-color-scheme: dark)", "all" if look == "dark" else "not all"
    )

