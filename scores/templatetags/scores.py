"""Words of scores on pages of other apps."""

from django import template

from accounts.models import Installation
from scores import labels

register = template.Library()


@register.simple_tag
def lifecycle_word(lifecycle: str, installation: Installation) -> str:
    """The word for a stage under the company's churn policy."""
    return str(labels.lifecycle_label(lifecycle, installation.churn_policy)) if lifecycle else ""
