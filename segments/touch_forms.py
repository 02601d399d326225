"""What people set of the touch model: rules, hours, intervals, capacities, a tier by hand, owners."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.forms import formset_factory
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User

from .models import Tier, TierOverride, TouchPlan
from .touch import CRITERIA, MOST_RULES

YES_NO = [("", "–"), ("yes", _("yes")), ("no", _("no"))]


def _field(takes: str, label: Any) -> forms.Field:
    if takes == "yes_no":
        return forms.ChoiceField(label=label, choices=YES_NO, required=False)
    if takes == "days":
        return forms.IntegerField(label=label, required=False, min_value=1, max_value=3650)
    most = Decimal(100) if takes == "percent" else Decimal(10) ** 12
    return forms.DecimalField(label=label, required=False, min_value=0, max_value=most, max_digits=14, decimal_places=2)


class RuleForm(forms.Form):
    """One rule: a tier and what must all hold. Without a tier it is left out."""

    tier = forms.ChoiceField(
        label=_("Tier"), choices=[("", pgettext_lazy("rule", "No rule")), *Tier.choices], required=False
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for key, criterion in CRITERIA.items():
            self.fields[key] = _field(criterion.takes, criterion.label)

    def clean(self):
        data = super().clean()
        if data.get("tier") and not self.errors and not self._criteria(data):
            raise forms.ValidationError(_("A rule needs at least one condition; tech touch takes the rest by itself."))
        return data

    @staticmethod
    def _criteria(data: Mapping[str, Any]) -> dict[str, Any]:
        given = {key: data.get(key) for key in CRITERIA}
        return {key: value for key, value in given.items() if value not in {None, ""}}

    def rule(self) -> dict[str, Any] | None:
        """As TouchPlan keeps it: figures as they were typed; None where it is no rule."""
        if not self.cleaned_data.get("tier"):
            return None
        criteria = self._criteria(self.cleaned_data)
        plain = {key: str(value) if isinstance(value, Decimal) else value for key, value in criteria.items()}
        return {"tier": self.cleaned_data["tier"], "criteria": plain}


RuleFormSet = formset_factory(RuleForm, extra=2, max_num=MOST_RULES, absolute_max=MOST_RULES)


class PlanForm(forms.ModelForm):
    """Hours and intervals of the tiers, the usual capacity, and that of owners who have another."""

    class Meta:
        model = TouchPlan
        fields = [
            *("high_hours", "high_days", "low_hours", "low_days", "tech_hours", "tech_days"),
            "capacity_hours",
        ]

    def __init__(self, *args, owners: list[User], **kwargs):
        super().__init__(*args, **kwargs)
        self.owners = owners
        for owner in owners:
            self.fields[f"capacity_{owner.pk}"] = forms.DecimalField(
                label=owner.name,
                required=False,
                min_value=0,
                max_value=10_000,
                max_digits=7,
                decimal_places=2,
                initial=self.instance.capacities.get(str(owner.pk)),
            )

    def _post_clean(self):
        super()._post_clean()
        if not self.errors:
            given = {owner.pk: self.cleaned_data[f"capacity_{owner.pk}"] for owner in self.owners}
            self.instance.capacities = {str(pk): str(hours) for pk, hours in given.items() if hours is not None}

    def tier_rows(self) -> list[tuple[Any, forms.BoundField, forms.BoundField]]:
        return [(tier.label, self[f"{tier.value}_hours"], self[f"{tier.value}_days"]) for tier in Tier]

    def capacity_fields(self) -> list[forms.BoundField]:
        return [self[f"capacity_{owner.pk}"] for owner in self.owners]


def initial_rules(rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rules as the form shows them."""
    return [{"tier": rule["tier"], **{key: _shown(value) for key, value in rule["criteria"].items()}} for rule in rules]


def _shown(value: Any) -> Any:
    """200000.00 is written 200000."""
    try:
        figure = Decimal(str(value))
    except InvalidOperation:
        return value
    return int(figure) if figure == int(figure) else figure


class OverrideForm(forms.ModelForm):
    """A tier by hand."""

    class Meta:
        model = TierOverride
        fields = ["tier", "reason", "until"]
        widgets = {"until": forms.DateInput(attrs={"type": "date"})}
        help_texts = {"until": _("Empty: until somebody lifts it.")}


class MoveForm(forms.Form):
    """Which customers go from one owner to another."""

    source = forms.ModelChoiceField(
        label=pgettext_lazy("owner", "From"),
        queryset=User.objects.none(),
        required=False,
        empty_label=_("Nobody (no owner)"),
    )
    tier = forms.ChoiceField(label=_("Tier"), choices=[("", _("All tiers")), *Tier.choices], required=False)
    target = forms.ModelChoiceField(
        label=pgettext_lazy("owner", "To"), queryset=User.objects.none(), empty_label=_("Choose a user")
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["source"].queryset = User.objects.filter(customers__isnull=False).distinct()
        self.fields["target"].queryset = User.objects.filter(is_active=True)

    def clean(self):
        data = super().clean()
        if data.get("target") and data.get("source") == data["target"]:
            raise forms.ValidationError(_("Choose two different people."))
        return data

    @property
    def tiers(self) -> set[str]:
        return {self.cleaned_data["tier"]} if self.cleaned_data["tier"] else set(Tier.values)
