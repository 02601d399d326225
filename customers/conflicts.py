"""Forms that notice when somebody else was faster: both entries are shown, one is chosen, nothing typed is lost.

The page carries the version it was made from and what stood in the fields then (`seen`). Where another person saved
in between, `against` gives the same form over the new state: what this person left alone follows the other one, what
only this person changed stays, and what both changed becomes a `Clash` to choose from.
"""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple, Self

from django import forms
from django.db import models
from django.http import HttpRequest, QueryDict


def typed(request: HttpRequest) -> QueryDict | None:
    """What was typed into a form, be it nothing at all; None where the form is only shown."""
    return request.POST if request.method == "POST" else None


class Clash(NamedTuple):
    """A field that two people changed, with both entries in words."""

    name: str
    label: str
    mine: str
    theirs: str


class GuardedForm(forms.ModelForm):
    """A form over one row that has a `version`."""

    ALSO_GUARDED: tuple[str, ...] = ()  # fields beside those of the model

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    clashes: tuple[Clash, ...] = ()
    followed: tuple[Clash, ...] = ()  # changed by the other person only; `mine` is what stood there before

    def __init__(self, data: Mapping[str, str] | None = None, *, instance: models.Model, **kwargs: Any):
        initial = {"version": getattr(instance, "version", 1), **kwargs.pop("initial", {})}
        super().__init__(_chosen(data), instance=instance, initial=initial, **kwargs)
        self.initial["seen"] = json.dumps(self.stands())

    @property
    def guarded(self) -> tuple[str, ...]:
        return (*(self._meta.fields or ()), *self.ALSO_GUARDED)

    def stands(self) -> dict[str, str]:
        """What stands in the database, as the fields show it."""
        return {name: self._text(name, self.initial.get(name)) for name in self.guarded}

    def against(self, current: models.Model) -> Self:
        """The same entries over what somebody else saved meanwhile."""
        theirs = type(self)(instance=current).stands()
        seen = read_object(self.data.get("seen", ""))
        mine = {**theirs, **{name: self._typed(name) for name in theirs if not self.fields[name].disabled}}
        entries = {name: theirs[name] if mine[name] == seen.get(name) else mine[name] for name in theirs}
        versions = {name: str(number) for name, number in self.versions(current).items()}
        again = type(self)({**entries, **versions, "seen": json.dumps(theirs)}, instance=current)
        both = [name for name in theirs if entries[name] != theirs[name] and seen.get(name) != theirs[name]]
        theirs_only = [name for name in theirs if mine[name] == seen.get(name) != theirs[name]]
        again.clashes = tuple(again._clash(name, entries[name], theirs[name]) for name in both)
        again.followed = tuple(again._clash(name, mine[name], theirs[name]) for name in theirs_only)
        return again

    def versions(self, current: models.Model) -> dict[str, int]:
        """What says that a page is no longer up to date."""
        return {"version": current.version}  # type: ignore[attr-defined]

    def _typed(self, name: str) -> str:
        return str(self.data.get(name, "")).replace("\r\n", "\n")

    def _text(self, name: str, value: Any) -> str:
        """A value as the browser would send it back."""
        field = self.fields[name]
        shown = field.widget.format_value(field.prepare_value(value))
        shown = (shown or [""])[0] if isinstance(shown, list) else shown
        return str(shown or "").replace("\r\n", "\n")

    def _clash(self, name: str, mine: str, theirs: str) -> Clash:
        field = self.fields[name]
        return Clash(name, str(field.label or name), self._words(name, mine), self._words(name, theirs))

    def _words(self, name: str, text: str) -> str:
        """The words of a choice; any other entry as it is."""
        choices = getattr(self.fields[name], "choices", ())
        return next((str(words) for value, words in choices if str(value) == text and text), text)


def _chosen(data: Mapping[str, str] | None) -> Mapping[str, str] | None:
    """The entries, with the other person's where this one chose so (`take_<field>` = theirs)."""
    if data is None:
        return None
    seen = read_object(data.get("seen", ""))
    taken = {name: text for name, text in seen.items() if data.get(f"take_{name}") == "theirs"}
    return {**{name: data[name] for name in data}, **taken} if taken else data


def read_object(text: str) -> dict[str, str]:
    """The texts of a JSON object; nothing where it is none."""
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return {name: str(value) for name, value in found.items()} if isinstance(found, dict) else {}
