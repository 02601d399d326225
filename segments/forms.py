"""The builder's form: a segment's words and limits, and the draft of its rule."""

import datetime as dt
import re
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from . import building, drafting, rules
from .drafts import ROOT, Draft
from .models import Segment
from .picking import Picks, Shown
from .rules import RuleError

PAGE = re.compile(r"[0-9a-f]{16}")


class SegmentForm(forms.ModelForm):
    """What a segment is called and how long its computation may take."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Segment
        fields = ["name", "description", "time_limit"]
        labels = {"name": gettext_lazy("Name of the segment"), "description": gettext_lazy("What it is for")}
        help_texts = {
            "name": "",
            "time_limit": gettext_lazy("Its computation ends after so many seconds (1 to 600) and says so."),
        }
        widgets = {"description": forms.Textarea({"rows": 2})}

    def clean_name(self) -> str:
        """Two segments of one name cannot be told apart in lists."""
        name = self.cleaned_data["name"].strip()
        if Segment.objects.exclude(pk=self.instance.pk).filter(name__iexact=name).exists():
            raise forms.ValidationError(_("There is a segment of this name already: choose another."))
        return name


class RuleForm:
    """The draft, checked: errors stand at the condition they are about."""

    def __init__(self, draft: Draft, *, as_of: dt.date, segment: Segment | None = None):
        self.draft, self.as_of, self.segment = draft, as_of, segment
        self.errors: list[str] = []
        self.rule: Any = None

    def check(self) -> rules.Rule | None:
        """The rule, where every part of it can be read and somebody can fit it."""
        conditions = [node for node in self.draft.nodes.values() if not node.is_group]
        for node in conditions:
            node.error = self._problem_of(drafting.condition_of(node))
        for node in self.draft.nodes.values():
            if node.is_group and not self.draft.children(node.id):
                node.error = _("This group is empty: add a condition, or remove the group.")
        if any(node.error for node in self.draft.nodes.values()):
            return None
        self.rule = drafting.rule_of(self.draft)
        try:
            return building.check(self.rule, as_of=self.as_of, segment=self.segment)
        except RuleError as error:
            self.errors.append(str(error))
            return None

    def _problem_of(self, condition: Any) -> str:
        try:
            parsed = rules.parse(condition)
            for leaf in parsed.conditions():
                building.refuse_gone(leaf)
        except RuleError as error:
            return str(error) if condition and condition != {"not": {}} else _("Choose what the condition is about.")
        return ""

    @property
    def problems(self) -> list[str]:
        """Every complaint, in the order of the page."""
        return [*self.errors, *(node.error for node in self.draft.nodes.values() if node.error)]

    @property
    def shown(self) -> Shown:
        """The whole tree for the templates."""
        return Shown(self.draft, self.draft.nodes[ROOT], Picks.make(self.draft))


def page_of(data: QueryDict) -> str:
    """The name a page gave itself, for calling off its own counts; empty where it is none."""
    page = data.get("page", "")
    return page if PAGE.fullmatch(page) else ""
