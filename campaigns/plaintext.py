"""The text part of a mail from its blocks: as good to read as the HTML, with every address written out."""

from collections.abc import Callable, Sequence

from django.utils.translation import gettext as _

from . import markup
from .blocks import Block, body_of
from .painting import Scene, Sheet, facts, items, owner_or

RULE = "―" * 12
EDGE = "─" * 24


def write(blocks: Sequence[Block], scene: Scene, footer: str) -> Sheet:
    """The text of a mail with holes; `footer` is a template of text."""
    parts: list[str] = []
    for block in body_of(blocks):
        if made := KINDS[block["kind"]](block, scene).strip("\n"):
            parts += [made, "\n\n"]
    return Sheet.of([*parts, footer, "\n"])


def _plain(source: str, scene: Scene) -> str:
    return markup.plain(source, scene.click)


def _banner(block: Block, scene: Scene) -> str:
    lines = [block.get("eyebrow", ""), block.get("text", ""), block.get("lead", "")]
    return "\n".join([EDGE, *(_plain(line, scene) for line in lines if line), EDGE])


def _heading(block: Block, scene: Scene) -> str:
    return f"■ {_plain(block.get('text', ''), scene)}"


def _text(block: Block, scene: Scene) -> str:
    return _plain(block.get("text", ""), scene)


def _button(block: Block, scene: Scene) -> str:
    note = [_plain(block["note"], scene)] if block.get("note") else []
    return "\n".join([*_link(block.get("label", ""), block.get("url", ""), scene), *note])


def _link(label: str, url: str, scene: Scene) -> list[str]:
    return [f"▼ {_plain(label, scene)}", _address(url, scene)] if url else []


def _address(url: str, scene: Scene) -> str:
    return url if "{" in url else scene.click(url)


def _image(block: Block, scene: Scene) -> str:
    return "\n".join(_link(block.get("alt") or _("Open the page"), block.get("link", ""), scene))


def _offer(block: Block, scene: Scene) -> str:
    until = [f"{_('Valid until')}: {{{{ expires_on }}}}"] if scene.has_end else []
    title = _plain(block["title"], scene) if block.get("title") else _("For you")
    lines = [f"■ {title}", "{{ offer }}", f"{_('Coupon code')}: {{{{ coupon }}}}", *until, *_note(block, scene)]
    way = _link(block.get("label") or _("Open the page"), block.get("url", ""), scene)
    return "\n".join([EDGE, *lines, EDGE, *way])


def _note(block: Block, scene: Scene) -> list[str]:
    return ["", _plain(block["note"], scene)] if block.get("note") else []


def _event(block: Block, scene: Scene) -> str:
    rows = [f"{label}: {{{{ {name} }}}}" for label, name in scene.event]
    title = f"■ {_plain(block.get('title') or '{{ event_title }}', scene)}"
    way = _link(block.get("label") or _("Answer the invitation"), "{{ event_url }}", scene)
    return "\n".join([EDGE, title, *rows, *_note(block, scene), EDGE, *way])


def _facts(block: Block, scene: Scene) -> str:
    title = [f"■ {_plain(block['title'], scene)}"] if block.get("title") else []
    rows = [f"{name}: {words}" if name else words for name, words in facts(block.get("text", ""))]
    return "\n".join([EDGE, *title, *(_plain(row, scene) for row in rows), EDGE])


def _items(block: Block, scene: Scene) -> str:
    found = []
    for number, (title, text, url) in enumerate(items(block), 1):
        mark = "・" if block.get("form") == "columns" else f"{number}. "
        lines = [f"{mark}{_plain(title, scene)}", _plain(text, scene), _address(url, scene)]
        found.append("\n".join(filter(None, lines)))
    return "\n\n".join(found)


def _divider(_block: Block, _scene: Scene) -> str:
    return RULE


def _signature(block: Block, scene: Scene) -> str:
    company = scene.company.replace("{", "").replace("}", "")
    note = [_plain(block["note"], scene)] if block.get("note") else []
    owner = _("Person in charge: %(name)s") % {"name": owner_or(block.get("fallback", ""))}
    return "\n".join([company, owner, *note])


KINDS: dict[str, Callable[[Block, Scene], str]] = {
    "banner": _banner,
    "heading": _heading,
    "text": _text,
    "button": _button,
    "image": _image,
    "offer": _offer,
    "event": _event,
    "facts": _facts,
    "items": _items,
    "divider": _divider,
    "signature": _signature,
}
