"""What people give to make a frozen segment."""

from django import forms
from django.utils.translation import gettext_lazy as _

from . import frozen


class ListForm(forms.Form):
    """Pasted lines or a file, one of the two."""

    text = forms.CharField(
        label=_("Codes, e-mail addresses or names"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 10, "spellcheck": "false"}),
        help_text=_("One a line, also mixed; lines copied from Excel work as they are. Up to 100,000."),
    )
    file = forms.FileField(
        label=_("Or a file"),
        required=False,
        help_text=_(
            "CSV, TSV or Excel (xlsx). The column with the code, the e-mail or the name is found by its header."
        ),
    )

    def clean(self):
        data = super().clean()
        if bool(data.get("file")) == bool((data.get("text") or "").strip()) and "file" not in self.errors:
            raise forms.ValidationError(_("Paste the lines or choose a file, one of the two."))
        if data.get("file") and data["file"].size > frozen.LARGEST_FILE:
            self.add_error("file", _("The file is larger than 50 MB."))
        return data


class NameForm(forms.Form):
    """What the segment is called."""

    name = forms.CharField(label=_("Name of the segment"), max_length=100)


class ChangeForm(forms.Form):
    """Who is added to a frozen segment, or taken out."""

    text = forms.CharField(
        label=_("Customers"),
        max_length=200_000,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=_("Codes, e-mail addresses or names, one a line."),
    )
