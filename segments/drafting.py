"""Between a draft of texts and a rule's JSON: what was typed becomes values, values become what stands in inputs."""

import re
import unicodedata
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from . import rules
from .comparing import NUMBER, Operator
from .drafts import ROOT, Draft, Node
from .occurrences import OCCURRENCES, Occurrence

FIELD, EVENT = "field:", "event:"
# A figure, with a sign of money or a unit beside it that is no letter of ours.
FIGURE = re.compile(r"[^0-9A-Za-z.-]{0,2}(-?[0-9][0-9,]*(?:[.][0-9]+)?)[^0-9A-Za-z.-]{0,2}")


# --- texts → JSON ----------------------------------------------------------------------------------


def rule_of(draft: Draft, id: str = ROOT) -> Any:
    """The JSON of a group or condition, as far as it can be read: parse() says what is missing."""
    node = draft.nodes[id]
    if not node.is_group:
        return condition_of(node)
    parts = [rule_of(draft, child.id) for child in draft.children(id)]
    word = "all" if node.join in {"all", "not_all"} else "any"
    whole = parts[0] if len(parts) == 1 else {word: parts}
    return {"not": whole} if node.join in {"none", "not_all"} else whole


def condition_of(node: Node) -> Any:
    """The JSON of one condition."""
    what = node.one("what")
    made = _event(node, what.removeprefix(EVENT)) if what.startswith(EVENT) else _field(node, what.removeprefix(FIELD))
    return {"not": made} if node.one("not") else made


def operator_of(node: Node) -> tuple[str, Operator | None]:
    """The operator chosen; the first there is where the one chosen belongs to another field."""
    what = node.one("what")
    found = rules.find(what.removeprefix(FIELD))
    operators = NUMBER if what.startswith(EVENT) else found.operators if found else {}
    op = node.one("op")
    op = op if op in operators else next(iter(operators), "")
    return op, operators.get(op)


def _field(node: Node, key: str) -> dict[str, Any]:
    found = rules.find(key)
    op, operator = operator_of(node)
    if found is None or operator is None:
        return {}
    choices = found.offered() if operator.takes == "choices" else {}
    return {"field": key, "op": op, "value": _read(node, "value", operator.takes, found.kind, choices)}


def _event(node: Node, key: str) -> dict[str, Any]:
    occurrence = OCCURRENCES.get(key)
    op, operator = operator_of(node)
    if occurrence is None or operator is None:
        return {}
    made: dict[str, Any] = {"event": key, "measure": measure_of(node, occurrence), "op": op}
    made["value"] = _read(node, "value", operator.takes, "number", {})
    if period := _period(node):
        made["period"] = period
    if where := _where(node, occurrence):
        made["where"] = where
    return made


def measure_of(node: Node, occurrence: Occurrence) -> str:
    """The measure chosen, else the first."""
    return node.one("measure") if node.one("measure") in occurrence.measures else next(iter(occurrence.measures))


def _period(node: Node) -> dict[str, Any]:
    if node.one("period") == "last":
        return {"last_days": _days(node.one("days"))}
    if node.one("period") == "between":
        ends = {"from": node.one("from"), "to": node.one("to")}
        return {end: day for end, day in ends.items() if day} or {"from": ""}
    return {}


def _where(node: Node, occurrence: Occurrence) -> dict[str, Any]:
    found = {}
    for key, narrowing in occurrence.narrowings.items():
        if node.many(f"where-{key}"):
            found[key] = _read(node, f"where-{key}", narrowing.takes, "number", narrowing.choices or {})
    return found


def _read(node: Node, name: str, takes: str, kind: str, choices: dict) -> Any:
    """What was typed as a value of JSON; what is no such value stays a text and is complained of by parse()."""
    one, two = node.one(name), node.one(f"{name}2")
    reads: dict[str, Callable[[], Any]] = {
        "number": lambda: _number(one, kind),
        "numbers": lambda: [_number(one, kind), _number(two, kind)],
        "days": lambda: _days(one),
        "two_days": lambda: [one, two],
        "texts": lambda: list(dict.fromkeys(text.strip() for text in node.many(name))),
        "choices": lambda: [_choice(text, choices) for text in node.many(name)],
        "flag": lambda: {"yes": True, "no": False}.get(one, one),
        "known": lambda: {"yes": True, "no": False}.get(one, one),
        "nothing": lambda: None,
    }
    return reads.get(takes, one.strip)()


def _plain(text: str) -> str:
    """A figure in plain digits, whatever its width, commas and unit; another text as it is."""
    text = unicodedata.normalize("NFKC", text).strip()
    found = FIGURE.fullmatch(text)
    return found[1].replace(",", "") if found else text


def _number(text: str, kind: str) -> int | str:
    try:
        number = Decimal(_plain(text))
    except InvalidOperation:
        return text
    if not number.is_finite() or abs(number) >= Decimal(10) ** 20:
        return text
    number = number / 100 if kind == "share" else number
    return int(number) if number == int(number) else str(number.normalize())


def _days(text: str) -> int | str:
    plain = _plain(text)
    return int(plain) if re.fullmatch(r"[0-9]{1,9}", plain) else text


def _choice(text: str, choices: dict) -> Any:
    return next((value for value in choices if str(value) == text), text)


# --- JSON → texts ----------------------------------------------------------------------------------


def draft_of(rule: Any) -> Draft:
    """A draft that reads back as an equal rule. The rule must be readable."""
    draft = Draft()
    if isinstance(_inner(rule)[0], dict) and {"all", "any"} & set(_inner(rule)[0]):
        _fill_group(draft, ROOT, rule)
    elif rule:
        draft.nodes[ROOT].typed["join"] = ["all"]
        _fill(draft, ROOT, rule)
    return draft


def _inner(rule: Any) -> tuple[Any, bool]:
    """What stands inside of "not", and whether an odd number of them stands around it."""
    is_not = False
    while isinstance(rule, dict) and set(rule) == {"not"}:
        rule, is_not = rule["not"], not is_not
    return rule, is_not


def _fill_group(draft: Draft, id: str, rule: Any) -> None:
    inner, is_not = _inner(rule)
    ((word, parts),) = inner.items()
    draft.nodes[id].typed["join"] = [{"all": "not_all", "any": "none"}[word] if is_not else word]
    for part in parts:
        _fill(draft, id, part)


def _fill(draft: Draft, parent: str, rule: Any) -> None:
    inner, is_not = _inner(rule)
    if {"all", "any"} & set(inner):
        _fill_group(draft, draft.add(parent, is_group=True).id, rule)
        return
    typed = _event_texts(inner) if "event" in inner else _field_texts(inner)
    draft.add(parent, is_group=False, **typed, **({"not": ["yes"]} if is_not else {}))


def _field_texts(rule: dict) -> dict[str, list[str]]:
    found = rules.find(rule["field"])
    operator = found.operators[rule["op"]] if found else None
    typed = {"what": [FIELD + rule["field"]], "op": [rule["op"]]}
    return typed | _texts("value", rule["value"], operator.takes if operator else "text", found.kind if found else "")


def _event_texts(rule: dict) -> dict[str, list[str]]:
    typed = {"what": [EVENT + rule["event"]], "measure": [rule["measure"]], "op": [rule["op"]]}
    typed |= _texts("value", rule["value"], NUMBER[rule["op"]].takes, "")
    period = rule.get("period") or {}
    if "last_days" in period:
        typed |= {"period": ["last"], "days": [str(period["last_days"])]}
    elif period:
        typed |= {"period": ["between"], "from": [period.get("from", "")], "to": [period.get("to", "")]}
    for key, value in (rule.get("where") or {}).items():
        takes = OCCURRENCES[rule["event"]].narrowings[key].takes
        typed |= _texts(f"where-{key}", value, takes, "")
    return typed


def _texts(name: str, value: Any, takes: str, kind: str) -> dict[str, list[str]]:
    """What stands in the inputs of a value."""
    if takes in {"numbers", "two_days"}:
        return {name: [_text(value[0], kind)], f"{name}2": [_text(value[1], kind)]}
    if isinstance(value, bool):
        return {name: ["yes" if value else "no"]}
    return {name: [_text(one, kind) for one in (value if isinstance(value, list) else [value]) if one is not None]}


def _text(value: Any, kind: str) -> str:
    return f"{(Decimal(str(value)) * 100).normalize():f}" if kind == "share" else str(value)
