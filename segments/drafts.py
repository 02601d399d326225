"""A rule while it is built: the form's own fields are its state, so nothing typed is lost and no script is needed.

Nodes stand in the order of the page. Group 0 is the whole rule. A condition keeps what was typed as texts, by name:
what (field:… or event:…), op, value, value2, not, measure, period, days, from, to, where-….
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from django.http import QueryDict

ROOT = "0"
MOST_NODES = 250
LONGEST = 500
JOINS = ("all", "any", "none", "not_all")
NODE = re.compile(r"[0-9]{1,4}")
NAMED = re.compile(r"n([0-9]{1,4})-([a-z0-9_-]{1,40})")


@dataclass
class Node:
    """A group, or a condition; `typed` holds the texts of its inputs."""

    id: str
    parent: str
    is_group: bool
    typed: dict[str, list[str]] = field(default_factory=dict)
    error: str = ""
    has_focus: bool = False

    def one(self, name: str, default: str = "") -> str:
        """The text of an input."""
        return next(iter(self.typed.get(name, [])), default)

    def many(self, name: str) -> list[str]:
        """All texts of inputs of that name that are not empty."""
        return [text for text in self.typed.get(name, []) if text.strip()]

    @property
    def join(self) -> str:
        """How the parts of a group hang together."""
        return self.one("join") if self.one("join") in JOINS else "all"


class Draft:
    """The tree of a page."""

    def __init__(self) -> None:
        self.nodes: dict[str, Node] = {ROOT: Node(ROOT, "", True)}

    @classmethod
    def read(cls, data: QueryDict) -> "Draft":
        """From what was sent; what hangs nowhere hangs on the whole rule."""
        draft = cls()
        typed: dict[str, dict[str, list[str]]] = {}
        for name in data:
            if found := NAMED.fullmatch(name):
                texts = [text[:LONGEST].replace("\0", "") for text in data.getlist(name)[:LONGEST]]
                typed.setdefault(found[1], {})[found[2]] = texts
        draft.nodes[ROOT].typed = typed.get(ROOT, {})
        for id in [one for one in data.getlist("node") if NODE.fullmatch(one)][:MOST_NODES]:
            inputs = typed.get(id, {})
            parent = draft.nodes.get(next(iter(inputs.get("parent", [])), ROOT))
            below = parent.id if parent and parent.is_group else ROOT
            draft.nodes.setdefault(id, Node(id, below, inputs.get("is") == ["group"], inputs))
        return draft

    # --- the tree ------------------------------------------------------------------------------

    def children(self, id: str) -> list[Node]:
        """The parts of a group, in their order."""
        return [node for node in self.nodes.values() if node.parent == id]

    def depth(self, id: str) -> int:
        """How many groups lie around it."""
        node = self.nodes[id]
        return 0 if id == ROOT else 1 + self.depth(node.parent)

    def add(self, parent: str, *, is_group: bool, **typed: list[str]) -> Node:
        """A new part at the end of a group."""
        id = str(max(map(int, self.nodes)) + 1)
        self.nodes[id] = Node(id, parent, is_group, typed)
        return self.nodes[id]

    def act(self, do: str) -> None:
        """What a button asks: add:2, group:2, remove:3, up:3, down:3. Anything else changes nothing."""
        verb, _colon, id = do.partition(":")
        acts: dict[str, Callable[[Node], None]] = {
            "add": self._add,
            "group": self._add_group,
            "remove": self._remove,
            "up": lambda node: self._move(node, -1),
            "down": lambda node: self._move(node, 1),
        }
        if verb in acts and id in self.nodes:
            acts[verb](self.nodes[id])

    def _add(self, group: Node) -> None:
        if group.is_group and len(self.nodes) < MOST_NODES:
            self.add(group.id, is_group=False).has_focus = True

    def _add_group(self, group: Node) -> None:
        if group.is_group and len(self.nodes) < MOST_NODES:
            inner = self.add(group.id, is_group=True, join=["any"])
            self.add(inner.id, is_group=False).has_focus = True

    def _remove(self, node: Node) -> None:
        if node.id == ROOT:
            return
        for child in self.children(node.id):
            self._remove(child)
        self.nodes[node.parent].has_focus = True
        del self.nodes[node.id]

    def _move(self, node: Node, by: int) -> None:
        """One place up or down: past a condition, into a group, or out of its own."""
        if node.id == ROOT:
            return
        node.has_focus = True
        beside = self.children(node.parent)
        at = beside.index(node) + by
        if 0 <= at < len(beside):
            self._past(node, beside[at], by)
        elif node.parent != ROOT:
            group = self.nodes[node.parent]
            node.parent = group.parent
            self._put(node, group, is_after=by > 0)

    def _past(self, node: Node, other: Node, by: int) -> None:
        inside = self.children(other.id) if other.is_group else []
        if other.is_group:
            node.parent = other.id
        if inside:
            self._put(node, inside[-1] if by < 0 else inside[0], is_after=by < 0)
        elif not other.is_group:
            self._put(node, other, is_after=by > 0)

    def _put(self, node: Node, other: Node, *, is_after: bool) -> None:
        """Into the place before or after another, in the page's order."""
        rest = [one for one in self.nodes.values() if one is not node]
        at = rest.index(other) + (1 if is_after else 0)
        self.nodes = {one.id: one for one in [*rest[:at], node, *rest[at:]]}
        self._order()

    def _order(self) -> None:
        """Parents before their parts, as pages are written and read."""
        found: dict[str, Node] = {}

        def walk(id: str) -> None:
            found[id] = self.nodes[id]
            for child in self.children(id):
                walk(child.id)

        walk(ROOT)
        self.nodes = found
