"""What people type about staff and settings."""

from django import forms
from django.contrib.auth import authenticate
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _

from .models import Installation, Role, User


class SignInForm(forms.Form):
    """E-mail and password; one sentence for everything that can be wrong with them."""

    username = forms.CharField(
        label=_("E-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=256,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args, request=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.request, self.user = request, None

    def clean(self):
        data = super().clean()
        if data.get("username") and data.get("password"):
            self.user = authenticate(self.request, username=data["username"], password=data["password"])
            if self.user is None:
                raise forms.ValidationError(_("The e-mail or the password is not right. Please try again."))
        return data


class UserForm(forms.ModelForm):
    """A staff member; the password stays as it is when left empty."""

    password = forms.CharField(
        label=_("Password"),
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("Leave empty to keep the present one."),
    )

    class Meta:
        model = User
        fields = ["name", "email", "role", "team", "is_active"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["email"].required = True
        if not self.instance.pk:
            self.fields["password"].required = True
            self.fields["password"].help_text = ""

    def clean_email(self):
        email = self.cleaned_data["email"].lower()
        if User.objects.filter(email__iexact=email).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(_("Somebody already signs in with this e-mail."))
        return email

    def clean_password(self):
        password = self.cleaned_data["password"]
        if password:
            validate_password(password, self.instance)
        return password

    def clean(self):
        data = super().clean()
        if self.instance.pk and not data.get("is_active") and self.instance.customers.exists():
            self.add_error("is_active", _("This person still looks after customers. Hand them over first."))
        return data


class JoinForm(forms.Form):
    """An owner known from a file only becomes one of the staff."""

    user = forms.ModelChoiceField(label=_("Is really"), queryset=User.objects.filter(is_placeholder=False))


class InstallationForm(forms.ModelForm):
    """The company's settings."""

    class Meta:
        model = Installation
        fields = [
            "company_name",
            "churn_policy",
            "inactivity_days",
            "activity",
            "month_end",
            "tax",
            "margin",
            "fiscal_year_start",
            "rfm_window_days",
            "sender_name",
            "sender_email",
            "sender_address",
            "complaint_contact",
            "refusal_notice",
        ]


ROLE_WORDS = dict(Role.choices)
