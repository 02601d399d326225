"""The form a file is given with."""

from django import forms
from django.utils.translation import gettext_lazy as _

from .models import Import

LARGEST_FILE = 1 << 30


class UploadForm(forms.Form):
    """A file and what it holds."""

    kind = forms.ChoiceField(label=_("What does the file hold?"), choices=Import.Kind)
    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV, TSV or Excel (xlsx). Encoding, delimiter and columns are found; you see them next."),
    )

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > LARGEST_FILE:
            raise forms.ValidationError(_("The file is larger than 1 GB."))
        return file
