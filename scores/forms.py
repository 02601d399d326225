"""What people set about scores: cut-offs, the painted grid, the thresholds of the lifecycle."""

from decimal import Decimal

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts import thresholds
from accounts.models import Installation

from . import labels
from .models import RfmSegment

POINTS = (2, 3, 4, 5)
GRID = [(r, f) for r in range(1, 6) for f in range(1, 6)]  # in the order in which Installation.rfm_grid is kept
FIGURES = {"r": _("Recency: days at most"), "f": _("Frequency: orders at least"), "m": _("Monetary: amount at least")}


class ScoreSettingsForm(forms.ModelForm):
    """`r_2` … `m_5`: the cut-off from which so many points are given. `cell_1_1` … `cell_5_5`: its segment."""

    class Meta:
        model = Installation
        fields = [
            "slipping_days",
            "pre_dormant_days",
            "dormant_days",
            "fresh_days",
            "unused_days",
            "renewal_days",
            "silent_days",
        ]
        labels = {
            "slipping_days": _("Slipping: quiet for more than"),
            "pre_dormant_days": _("Pre-dormant: quiet for more than"),
            "dormant_days": _("Dormant: quiet for not more than"),
            "fresh_days": _("New and won back: for not more than"),
            "unused_days": _("Unused: no login or purchase for"),
            "renewal_days": _("Slipping: renewal within"),
            "silent_days": _("… and no login for"),
        }
        help_texts = {
            "slipping_days": _("Days. Empty: a third of the days without activity."),
            "pre_dormant_days": _("Days. Empty: two thirds of the days without activity."),
            "dormant_days": _(
                "Days; who is quiet for longer has lapsed. Empty: three times the days without activity."
            ),
            "fresh_days": _("Days since the first purchase or contract, or since coming back."),
            "unused_days": _("Days. Counts under contract, where logins are known."),
            "renewal_days": _("Days until the renewal date of the contract."),
            "silent_days": _("Days. A renewal this near, without a login for so long, is a sign of leaving."),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        stages = self.instance.stages
        for name in ("slipping_days", "pre_dormant_days", "dormant_days"):
            self.fields[name].widget.attrs["placeholder"] = stages[name]
        for name in FIGURES:
            self._add_cutoffs(name)
        painted = labels.cells(self.instance)
        for r, f in GRID:
            self.fields[f"cell_{r}_{f}"] = forms.ChoiceField(
                label=f"R{r} F{f}", choices=RfmSegment.choices, initial=painted[r, f].value
            )

    def _add_cutoffs(self, name: str) -> None:
        have = getattr(self.instance, f"rfm_{name}_cutoffs") or [None] * 4
        for points, cutoff in zip(_points(name), have, strict=True):
            label = _("%(figure)s, for %(points)s points") % {"figure": FIGURES[name], "points": points}
            widget = forms.TextInput(attrs={"inputmode": "decimal", "class": "form-control num", "autocomplete": "off"})
            options = {"label": label, "required": False, "initial": _plain(cutoff), "widget": widget}
            self.fields[f"{name}_{points}"] = (
                forms.DecimalField(max_digits=14, decimal_places=2, min_value=0, **options)
                if name == "m"
                else forms.IntegerField(min_value=0, max_value=2_000_000_000, **options)
            )

    def _post_clean(self):
        super()._post_clean()
        if self.errors:
            return
        for name in FIGURES:
            setattr(self.instance, f"rfm_{name}_cutoffs", self._cutoffs(name))
        grid = [self.cleaned_data[f"cell_{r}_{f}"] for r, f in GRID]
        self.instance.rfm_grid = None if grid == usual_grid() else grid
        for field, fault in thresholds.faults(self.instance).items():
            self.add_error(f"{field[4]}_{_points(field[4])[0]}" if field in thresholds.CUTOFFS else field, fault)

    def _cutoffs(self, name: str) -> list | None:
        return [
            value for points in _points(name) if (value := self.cleaned_data[f"{name}_{points}"]) is not None
        ] or None

    def cutoff_rows(self) -> list[tuple[str, list[forms.BoundField], list[str]]]:
        """Per figure: its words, its fields for 5, 4, 3, 2 points, and what is wrong."""
        rows = []
        for name, words in FIGURES.items():
            fields = [self[f"{name}_{points}"] for points in reversed(POINTS)]
            rows.append((words, fields, [error for field in fields for error in field.errors]))
        return rows

    def grid_rows(self) -> list[tuple[int, list[forms.BoundField]]]:
        """R 5 first; in each F 1 to 5."""
        return [(r, [self[f"cell_{r}_{f}"] for f in range(1, 6)]) for r in range(5, 0, -1)]

    def stage_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.Meta.fields]

    def changed_settings(self, before: Installation) -> list[str]:
        """Names of the settings that differ from those stored."""
        names = [*self.Meta.fields, *thresholds.CUTOFFS, "rfm_grid"]
        return [name for name in names if getattr(self.instance, name) != getattr(before, name)]


def usual_grid() -> list[str]:
    """The 25 segments of PRODUCT.md, in the order of GRID."""
    return [labels.CELLS[cell].value for cell in GRID]


def _points(name: str) -> tuple[int, ...]:
    """The points of the four cut-offs in ascending order: few days make a high score."""
    return POINTS[::-1] if name == "r" else POINTS


def _plain(cutoff: Decimal | int | None) -> Decimal | int | None:
    """200.00 is written 200."""
    return int(cutoff) if cutoff is not None and cutoff == int(cutoff) else cutoff
