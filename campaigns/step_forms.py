"""What is typed into a mail: subject, head and blocks, and what moves, adds or takes away a block."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from django.utils.datastructures import MultiValueDict

from . import blocks as mail_blocks
from . import rendering
from .blocks import HEAD, KINDS, Block, Kind, Part
from .models import Step, Variant

PLACE = re.compile(r"b(\d{1,3})-kind")
LONGEST_SUBJECT = 200
LONG_SUBJECT = 40  # characters; phones show about 30, inboxes on a desk about 60


@dataclass(frozen=True)
class Input:
    """One part of a block as it stands on the page."""

    name: str
    part: Part
    text: str
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fieldset:
    """One block as it stands on the page."""

    number: int
    kind: Kind
    inputs: tuple[Input, ...]
    summary: str
    is_first: bool = False
    is_last: bool = False

    @property
    def has_problems(self) -> bool:
        return any(one.problems for one in self.inputs)


@dataclass(frozen=True)
class Sheet:
    """A mail as it is being written: may be faulty, and is kept all the same."""

    subject: str
    body: str
    head: Block
    blocks: list[Block] = field(default_factory=list)

    @classmethod
    def of(cls, words: Step | Variant) -> "Sheet":
        return cls(
            words.subject,
            words.body,
            mail_blocks.head_of(words.blocks),
            mail_blocks.body_of(mail_blocks.tidy(words.blocks)),
        )

    @classmethod
    def typed(cls, data: MultiValueDict) -> "Sheet":
        places = sorted(int(found[1]) for name in data if (found := PLACE.fullmatch(name)))
        kinds = [(place, kind) for place in places if (kind := KINDS.get(data.get(f"b{place}-kind", "")))]
        head = _read(data, "head", HEAD)
        subject = " ".join(data.get("subject", "").split())[:LONGEST_SUBJECT]
        found = [_read(data, f"b{place}", kind) for place, kind in kinds]
        return cls(subject, data.get("body", "").replace("\r\n", "\n"), mail_blocks.head_of([head]), found)

    @property
    def stored(self) -> list[Block]:
        """As Step.blocks; empty for a short letter."""
        return mail_blocks.tidy([self.head, *self.blocks]) if self.blocks else []

    @property
    def fieldsets(self) -> list[Fieldset]:
        last = len(self.blocks)
        return [
            Fieldset(
                number,
                KINDS[block["kind"]],
                tuple(_inputs(f"b{number}", KINDS[block["kind"]], block)),
                _summary(block),
                is_first=number == 1,
                is_last=number == last,
            )
            for number, block in enumerate(self.blocks, 1)
        ]

    @property
    def head_inputs(self) -> list[Input]:
        return list(_inputs("head", HEAD, self.head))

    @property
    def subject_problems(self) -> list[str]:
        return rendering.template_problems(self.subject)

    @property
    def body_problems(self) -> list[str]:
        return rendering.template_problems(self.body)

    def after(self, do: str, data: Mapping[str, str]) -> "Sheet":
        """Moved, removed or added to, as the button says: up:3, down:3, remove:3, copy:3, add."""
        act, _colon, number = do.partition(":")
        place = int(number) - 1 if number.isdigit() else -1
        found = list(self.blocks)
        if act == "add" and (kind := KINDS.get(data.get("add_kind", ""))) and len(found) < mail_blocks.MOST_BLOCKS:
            found.append({"kind": kind.key})
        elif 0 <= place < len(found):
            found = _moved(found, act, place)
        return replace(self, blocks=found)


def _moved(found: list[Block], act: str, place: int) -> list[Block]:
    if act == "remove":
        return [*found[:place], *found[place + 1 :]]
    if act == "copy":
        return [*found[: place + 1], dict(found[place]), *found[place + 1 :]]
    to = {"up": place - 1, "down": place + 1}.get(act, place)
    if 0 <= to < len(found):
        found[place], found[to] = found[to], found[place]
    return found


def _read(data: MultiValueDict, prefix: str, kind: Kind) -> Block:
    return {"kind": kind.key} | {
        part.key: data.get(f"{prefix}-{part.key}", "").replace("\r\n", "\n") for part in kind.parts
    }


def _inputs(prefix: str, kind: Kind, block: Block) -> list[Input]:
    return [
        Input(
            f"{prefix}-{part.key}",
            part,
            block.get(part.key, ""),
            tuple(mail_blocks.part_problems(block, part)) if block.get(part.key) else (),
        )
        for part in kind.parts
    ]


def _summary(block: Block) -> str:
    """What stands beside a folded block."""
    for key in ("text", "label", "title", "title1", "alt", "fallback"):
        if words := block.get(key, "").strip():
            return words.splitlines()[0][:60]
    return ""
