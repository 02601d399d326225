"""What people type about staff and settings."""

from django import forms
from django.contrib.auth import authenticate
from django.contrib.auth.password_validation import validate_password
from django.utils.dates import MONTHS
from django.utils.translation import gettext_lazy as _

from . import outgoing, thresholds, webhooks
from .api_keys import SCOPES
from .configuring import POLITENESS
from .models import ApiKey, ClosedDays, Installation, Role, Team, User


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
        self._was_active = self.instance.is_active
        self.fields["email"].required = True
        if not Team.objects.exists():
            del self.fields["team"]
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
        if self.instance.pk and self._was_active and not data.get("is_active") and self.instance.customers.exists():
            self.add_error("is_active", _("This person still looks after customers. Hand them over first."))
        if self._leaves_no_admin(data):
            raise forms.ValidationError(_("Somebody must remain an admin who may sign in. Name another one first."))
        if self.instance.is_placeholder and data.get("is_active") and not data.get("password"):
            self.add_error("password", _("Somebody who signs in needs a password."))
        return data

    def _leaves_no_admin(self, data: dict) -> bool:
        stays = data.get("is_active") and data.get("role") == Role.ADMIN
        others = User.objects.filter(role=Role.ADMIN, is_active=True).exclude(pk=self.instance.pk)
        return bool(self.instance.pk) and not stays and not others.exists()


class JoinForm(forms.Form):
    """An owner known from a file only becomes one of the staff."""

    user = forms.ModelChoiceField(
        label=_("Is really"), queryset=User.objects.filter(is_active=True), empty_label=_("Choose a user")
    )


APPROVAL = ("approval_above", "approval_percent_off", "approval_amount_off")


class InstallationForm(forms.ModelForm):
    """The company's settings, in the groups in which people think of them."""

    GROUPS = [
        (_("Company"), "", ["company_name", "fiscal_year_start", "tax", "margin"]),
        (
            _("When a customer counts as lost"),
            _("Churn rate, retention and the words for lifecycle follow from these. A change recomputes all figures."),
            ["churn_policy", "inactivity_days", "activity", "month_end", "pause_months", "rfm_window_days"],
        ),
        (
            _("What the law asks to stand in every promotional mail"),
            _("While one of these five is empty, no promotional mail is sent, and the campaign page says so."),
            ["sender_name", "sender_email", "sender_address", "complaint_contact", "refusal_notice"],
        ),
        (
            _("When promotions rest"),
            _(
                "One budget for each person over all campaigns and channels. What may not go now waits until it may."
                " Business notices are neither counted nor held back."
            ),
            [*POLITENESS],
        ),
        (
            _("When a second person approves"),
            _("Who wrote a campaign or asked for approval never approves it. Empty fields: approval is never needed."),
            [*APPROVAL],
        ),
    ]

    class Meta:
        model = Installation
        fields = [
            "company_name",
            "fiscal_year_start",
            "tax",
            "margin",
            "churn_policy",
            "inactivity_days",
            "activity",
            "month_end",
            "pause_months",
            "rfm_window_days",
            "sender_name",
            "sender_email",
            "sender_address",
            "complaint_contact",
            "refusal_notice",
            *POLITENESS,
            *APPROVAL,
        ]
        widgets = {name: forms.TimeInput({"type": "time"}, format="%H:%M") for name in ("quiet_from", "quiet_until")}
        help_texts = {
            "quiet_from": _("On the person's own clock. Both empty: promotions go at any hour."),
            "sends_on_holidays": _("Public holidays, Obon (13–16 August) and 29 December to 3 January."),
            "approval_above": _("Counted as the people who would receive the promotion."),
            "approval_percent_off": _("In percent. Offers of this or less go without approval."),
            "approval_amount_off": _("In yen. Offers of this or less go without approval."),
            "tax": _("Every amount on the screen says which it is."),
            "margin": _("A share between 0 and 1, such as 0.35. Empty: LTV is shown on sales, not on profit."),
            "churn_policy": _(
                "By contract: lost when the contract ends. By purchases: lost when nothing has been bought for so many"
                " days. Either: lost only when both hold."
            ),
            "inactivity_days": _("A customer without activity for this many days is no longer active."),
            "month_end": _("On: what ends with 31 March is lost in March. Off: it is lost in April."),
            "pause_months": _(
                "So long a pausing contract's amount is neither churn nor contraction; from then on it is until the"
                " pause is over."
            ),
            "rfm_window_days": _("Empty: purchases of all time count for RFM."),
            "sender_address": _("Postal code, prefecture, street and building, as in a letter."),
            "complaint_contact": _("A telephone number, an e-mail address or a web address that somebody answers."),
            "refusal_notice": _(
                "For example: If you no longer wish to receive these mails, please use the link below at any time."
            ),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["fiscal_year_start"].widget = forms.Select(choices=[(n, str(MONTHS[n])) for n in range(1, 13)])
        self.fields["sender_address"].widget.attrs["autocomplete"] = "off"

    def _post_clean(self):
        """The thresholds of the lifecycle (a page of their own) must still fit the days without activity."""
        super()._post_clean()
        if not self.errors:
            for fault in thresholds.faults(self.instance).values():
                self.add_error("inactivity_days", fault)

    def groups(self) -> list[tuple[str, str, list[forms.BoundField]]]:
        """Title, explanation and fields of each group."""
        return [(title, text, [self[name] for name in names]) for title, text, names in self.GROUPS]


class ClosedDaysForm(forms.ModelForm):
    """Days off of the company."""

    class Meta:
        model = ClosedDays
        fields = ["name", "first_on", "last_on", "is_yearly"]
        widgets = {name: forms.DateInput({"type": "date"}, format="%Y-%m-%d") for name in ("first_on", "last_on")}
        help_texts = {"name": _("For example: summer closure, foundation day, stocktaking.")}

    def clean(self):
        data = super().clean()
        first, last = data.get("first_on"), data.get("last_on")
        if first and last and last < first:
            self.add_error("last_on", _("The last day lies before the first."))
        if first and last and data.get("is_yearly") and (last - first).days >= 365:
            self.add_error("last_on", _("What returns every year must be shorter than a year."))
        return data


class ApiKeyForm(forms.ModelForm):
    """A key's name and what it may do."""

    scopes = forms.MultipleChoiceField(
        label=_("What the key may do"), choices=list(SCOPES.items()), widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = ApiKey
        fields = ["name"]
        help_texts = {"name": _("What uses it, so that you know it again: for example “web shop”.")}


class WebhookForm(forms.Form):
    """Where news goes, and which."""

    url = forms.URLField(label=_("URL"), max_length=500, assume_scheme="https", help_text=_("Begins with https://"))
    kinds = forms.MultipleChoiceField(
        label=_("What it hears of"), choices=list(webhooks.KINDS.items()), widget=forms.CheckboxSelectMultiple
    )

    def clean_url(self) -> str:
        """Looked up now for the person's sake; it is checked again at every call."""
        url = self.cleaned_data["url"]
        try:
            outgoing.resolve(url)
        except (outgoing.RefusedAddressError, outgoing.UnreachableError) as error:
            raise forms.ValidationError(str(error)) from None
        return url
