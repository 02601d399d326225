"""Signing in and out, the language, staff, settings, and the pages for when something is refused."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from . import audit, people
from .forms import InstallationForm, JoinForm, SignInForm, UserForm
from .models import Installation, User
from .roles import may, public

get_or_post = require_http_methods(["GET", "HEAD", "POST"])


def _next(request: HttpRequest) -> str:
    target = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if is_ours else settings.LOGIN_REDIRECT_URL


@public("the door")
@get_or_post
def sign_in(request: HttpRequest) -> HttpResponse:
    """One page without script; posts to its own address."""
    form = SignInForm(request.POST or None, request=request)
    if request.method == "POST" and form.is_valid():
        login(request, form.user)
        return redirect(_next(request))
    status = 200 if request.method != "POST" else 422
    return render(request, "accounts/sign_in.html", {"form": form, "next": _next(request)}, status=status)


@public("after signing out there is no session")
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect(settings.LOGOUT_REDIRECT_URL)


@public("also on the sign-in page")
@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Japanese or English, kept with the person and in a cookie for the sign-in page."""
    response = HttpResponseRedirect(_next(request))
    language = request.POST.get("language", "")
    if language in dict(settings.LANGUAGES):
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, language, max_age=365 * 86400, samesite="Lax", secure=settings.IS_HTTPS
        )
        if request.user.is_authenticated:
            User.objects.filter(pk=request.user.pk).update(language=language)
    return response


def locked_out(request: HttpRequest, credentials=None, *args, **kwargs) -> HttpResponse:
    """Called by axes after too many wrong passwords."""
    return _refusal(
        request,
        429,
        _("Too many attempts"),
        _("Signing in is closed for this account for 15 minutes. Please try again after that."),
    )


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _refusal(
        request,
        403,
        _("Please send it once more"),
        _("This page was open too long or in another window. Go back, reload the page and send it again."),
    )


def forbidden(request: HttpRequest, exception=None) -> HttpResponse:
    return _refusal(
        request, 403, _("Not for your role"), _("Your role does not include this page. Ask an admin if you need it.")
    )


def not_found(request: HttpRequest, exception=None) -> HttpResponse:
    return _refusal(request, 404, _("Nothing here"), _("The address is wrong, or what stood here is gone."))


def server_error(request: HttpRequest) -> HttpResponse:
    return _refusal(
        request,
        500,
        _("Something went wrong on our side"),
        _("Nothing of what you sent was half done. Please try again; if it happens again, tell an admin the time."),
    )


def _refusal(request: HttpRequest, status: int, title: str, text: str) -> HttpResponse:
    """Without the request, so that no context processor asks the database, which may be what is down."""
    page = render_to_string("accounts/refusal.html", {"title": title, "text": text, "status": status})
    return HttpResponse(page, status=status)


@may("users.manage")
@require_safe
def users(request: HttpRequest) -> HttpResponse:
    """Everybody, the owners known from files only first."""
    everybody = User.objects.select_related("team").annotate(looks_after=Count("customers"))
    everybody = everybody.order_by("-is_placeholder", "-is_active", "name", "pk")
    waiting = sum(user.is_placeholder for user in everybody)
    return render(request, "accounts/users.html", {"users": everybody, "waiting": waiting})


@may("users.manage")
@get_or_post
def user_new(request: HttpRequest) -> HttpResponse:
    return _user_form(request, User())


@may("users.manage")
@get_or_post
def user_edit(request: HttpRequest, pk: int) -> HttpResponse:
    return _user_form(request, get_object_or_404(User, pk=pk))


def _user_form(request: HttpRequest, user: User) -> HttpResponse:
    form = UserForm(request.POST or None, instance=user)
    if request.method == "POST" and form.is_valid():
        people.save_user(user=form.instance, password=form.cleaned_data["password"], by=request.user)
        messages.success(request, _("%(name)s is saved.") % {"name": form.instance.name})
        return redirect("accounts:users")
    context = {"form": form, "edited": user, "customers": _customers_of(user), "join_form": JoinForm()}
    return render(request, "accounts/user_form.html", context, status=422 if form.errors else 200)


def _customers_of(user: User) -> int:
    return user.customers.count() if user.pk else 0


@may("users.manage")
@require_POST
def user_join(request: HttpRequest, pk: int) -> HttpResponse:
    """A name from a file turns out to be one of the staff."""
    placeholder = get_object_or_404(User, pk=pk, is_placeholder=True)
    form = JoinForm(request.POST)
    if form.is_valid():
        moved = people.join_placeholder(placeholder=placeholder, user=form.cleaned_data["user"], by=request.user)
        messages.success(
            request,
            ngettext(
                "%(count)s customer now belongs to %(name)s.", "%(count)s customers now belong to %(name)s.", moved
            )
            % {"count": moved, "name": form.cleaned_data["user"].name},
        )
        return redirect("accounts:users")
    messages.error(request, _("Choose who it really is."))
    return redirect("accounts:user-edit", pk=pk)


@may("settings.change")
@get_or_post
def installation(request: HttpRequest) -> HttpResponse:
    """The company's settings."""
    form = InstallationForm(request.POST or None, instance=Installation.get())
    missing = form.instance.missing_sender_items
    if request.method == "POST" and form.is_valid():
        form.save()
        audit.record("settings_changed", by=request.user, on=form.instance, fields=form.changed_data)
        messages.success(request, _("The settings are saved. Figures follow with the next computation."))
        return redirect("accounts:settings")
    return render(
        request,
        "accounts/settings.html",
        {"form": form, "missing": missing, "months": range(1, 13)},
        status=422 if form.errors else 200,
    )
