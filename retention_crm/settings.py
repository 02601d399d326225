"""Settings: the environment in, loud failure.

Every value that differs between installations comes from the environment (README, "Configuration").
A missing or wrong one raises ImproperlyConfigured with one sentence that says what to set.
"""

import os
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import dj_database_url
import dj_email_url
import django_htmx
from celery.schedules import schedule
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

# Threads of BLAS wait for each other by spinning, so on a busy machine the fits of the night take five to ten times as
# long as with one; and their last digit depends on the number of cores. To be said before numpy is first imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(os.environ.get("DATA_DIR") or BASE_DIR / ".data").resolve()


def _required(name: str, hint: str) -> str:
    value = os.environ.get(name, "").strip()
    if not value:
        raise ImproperlyConfigured(f"{name} is not set: {hint}")
    return value


def _flag(name: str) -> bool:
    value = os.environ.get(name, "0").strip().lower()
    if value not in {"", "0", "1", "false", "true", "no", "yes"}:
        raise ImproperlyConfigured(f"{name}={value!r} is neither 0 nor 1.")
    return value in {"1", "true", "yes"}


def _url(name: str, default: str, schemes: tuple[str, ...]) -> str:
    value = os.environ.get(name, "").strip() or default
    parts = urlsplit(value)
    if parts.scheme not in schemes:
        allowed = ", ".join(f"{scheme}://" for scheme in schemes)
        raise ImproperlyConfigured(f"{name} must begin with one of {allowed}.")
    if not parts.hostname and "console" not in parts.scheme:
        raise ImproperlyConfigured(f"{name} names no host.")
    return value


def _number(name: str, default: int) -> int:
    value = os.environ.get(name, "").strip() or str(default)
    if not (value.isascii() and value.isdigit() and int(value) > 0):
        raise ImproperlyConfigured(f"{name}={value!r} is no whole number above 0.")
    return int(value)


DEBUG = _flag("DEBUG")
DEMO = _flag("DEMO")
SECRET_KEY = _required("SECRET_KEY", "set it to a long random text that stays the same.")
ALLOWED_HOSTS = [h.strip() for h in os.environ.get("ALLOWED_HOSTS", "").split(",") if h.strip()]
if not ALLOWED_HOSTS:
    ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
BASE_URL = _url("BASE_URL", "http://127.0.0.1:8000", ("http", "https")).rstrip("/")
IS_HTTPS = BASE_URL.startswith("https://")

# --- Data -------------------------------------------------------------------------------------
# Commands that touch no data (help, check, collectstatic …) run without a server: they get an
# address at which nothing answers, so that a query there fails loudly.
_NOWHERE = "postgres://nobody@127.0.0.1:1/none"
if _flag("NO_DATABASE"):
    os.environ["DATABASE_URL"] = _NOWHERE
_database_url = _url(
    "DATABASE_URL",
    _required("DATABASE_URL", "set it to postgres://user:password@host:5432/name."),
    ("postgres", "postgresql"),
)
DATABASES = {"default": dj_database_url.parse(_database_url, conn_max_age=60, conn_health_checks=True)}
DATABASES["default"].setdefault("OPTIONS", {})
DATABASES["default"]["OPTIONS"].setdefault("connect_timeout", 5)
DATABASES["default"]["OPTIONS"].setdefault(
    "options", "-c lock_timeout=10s -c idle_in_transaction_session_timeout=10min -c jit=off"
)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
MEDIA_ROOT = DATA_DIR / "media"
FILE_UPLOAD_PERMISSIONS = 0o600
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

REDIS_URL = _url("REDIS_URL", "redis://127.0.0.1:6379/0", ("redis", "rediss", "unix"))
# Signing in and its limits live in PostgreSQL, so that the pages work while Redis is away.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# --- Celery: the clock and the hands; every job may run 0 to n times ---------------------------
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 4 * 3600,
    "socket_connect_timeout": 3,
    "socket_timeout": 10,
    "max_retries": 2,
    "interval_start": 0,  # a page that wakes a worker doesn't wait for a broker that is away
    "interval_step": 0.2,
    "interval_max": 0.4,
}
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "celerybeat-schedule")
CELERY_BEAT_SCHEDULE = {
    name: {"task": task, "schedule": schedule(timedelta(seconds=seconds)), "options": {"expires": seconds}}
    for name, task, seconds in [
        ("imports waiting or left by a killed worker", "customers.tasks.run_due_imports", 5),
        ("calls of SDKs that wait to be taken in", "customers.tasks.drain_received", 5),
        ("campaigns due and mails to send", "campaigns.tasks.send_due", 5),
        ("bounces, complaints, opens and clicks", "campaigns.tasks.apply_reports", 5),
        ("mails that came back", "campaigns.tasks.fetch_returns", 60),
        ("news for other systems", "accounts.tasks.deliver_webhooks", 5),
        ("answers of the API kept for a day", "accounts.tasks.forget_answers", 3600),
        ("scores and segments of changed customers", "retention_crm.celery.refresh", 10),
        ("figures of the months that changed", "metrics.tasks.fill", 10),
        ("movements between two days that somebody asked for", "metrics.tasks.compute_flows", 10),
        ("reports that are due by mail", "metrics.tasks.send_reports", 60),
        ("the night", "retention_crm.celery.nightly_due", 60),
    ]
}

# --- Mail --------------------------------------------------------------------------------------
_email_url = _url(
    "EMAIL_URL",
    "console://" if DEBUG else "smtp://127.0.0.1:25",
    ("smtp", "smtps", "smtp+tls", "smtp+ssl", "console"),
)
globals().update({key: value for key, value in dj_email_url.parse(_email_url).items() if key != "EMAIL_FILE_PATH"})
EMAIL_TIMEOUT = 30
# The demo's own sink. Loopback is checked again at the moment of sending (campaigns/channels).
DEMO_SMTP = os.environ.get("DEMO_SMTP", "")
# A private authority that signed the mail server's certificate (PEM); empty: those the machine trusts.
EMAIL_CA_FILE = os.environ.get("EMAIL_CA_FILE", "").strip()
if EMAIL_CA_FILE and not Path(EMAIL_CA_FILE).is_file():
    raise ImproperlyConfigured("EMAIL_CA_FILE names no file.")
MAIL_DIR = Path(os.environ.get("MAIL_DIR") or DATA_DIR / "mail")
# Seconds a sender may keep what it claimed; database time.
SEND_LEASE_SECONDS = _number("SEND_LEASE_SECONDS", 60)
SEND_DATA_LEASE_SECONDS = _number("SEND_DATA_LEASE_SECONDS", 660)
# How many senders work at once, over all processes and machines, and on how many connections each.
SENDERS = _number("SENDERS", 2)
SEND_CONNECTIONS = _number("SEND_CONNECTIONS", 10)


# --- Other ways out: secrets come from the environment only; half a configuration is none ------
def _text(name: str) -> str:
    return os.environ.get(name, "").strip()


def _together(*names: str) -> None:
    """All of them or none."""
    given = [name for name in names if _text(name)]
    if given and len(given) < len(names):
        missing = ", ".join(name for name in names if name not in given)
        raise ImproperlyConfigured(f"{given[0]} is set, so {missing} must be set too.")


# A mail provider's HTTP API instead of SMTP (django-anymail): EMAIL_PROVIDER=resend, ANYMAIL_RESEND_API_KEY=…
_PROVIDERS = [
    "brevo", "mailersend", "mailgun", "mailjet", "mailtrap", "mandrill", "postal", "postmark", "resend", "scaleway",
    "sparkpost", "unisender_go",
]  # fmt: skip
EMAIL_PROVIDER = _text("EMAIL_PROVIDER").lower()
ANYMAIL: dict[str, str | bool] = {
    name.removeprefix("ANYMAIL_"): value for name, value in os.environ.items() if name.startswith("ANYMAIL_") and value
}
ANYMAIL["IGNORE_UNSUPPORTED_FEATURES"] = True  # of providers that take no metadata: their id finds the message
if EMAIL_PROVIDER and EMAIL_PROVIDER not in _PROVIDERS:
    raise ImproperlyConfigured(f"EMAIL_PROVIDER must be one of {', '.join(_PROVIDERS)}.")
if EMAIL_PROVIDER and not any(name.startswith(f"{EMAIL_PROVIDER.upper()}_") for name in ANYMAIL):
    raise ImproperlyConfigured(
        f"EMAIL_PROVIDER is set, so its key must be set too: ANYMAIL_{EMAIL_PROVIDER.upper()}_…."
    )

# LINE Messaging API: the channel's long-lived token, its secret (for webhooks), and the account's id (@…).
_together("LINE_CHANNEL_TOKEN", "LINE_CHANNEL_SECRET", "LINE_ACCOUNT_ID")
LINE_CHANNEL_TOKEN, LINE_CHANNEL_SECRET = _text("LINE_CHANNEL_TOKEN"), _text("LINE_CHANNEL_SECRET")
LINE_ACCOUNT_ID = _text("LINE_ACCOUNT_ID")
LINE_API_URL = _url("LINE_API_URL", "https://api.line.me", ("http", "https")).rstrip("/")

# SMS: any provider that takes JSON by POST; a bearer token, or a secret for Standard Webhooks' HMAC, or both.
_together("SMS_URL", "SMS_SENDER")
SMS_URL = _url("SMS_URL", "https://unset", ("http", "https")) if _text("SMS_URL") else ""
SMS_SENDER, SMS_TOKEN, SMS_SECRET = _text("SMS_SENDER"), _text("SMS_TOKEN"), _text("SMS_SECRET")
SMS_IS_KEYED = _flag("SMS_IS_KEYED")  # it takes an Idempotency-Key once in 24 hours
if SMS_URL and not (SMS_TOKEN or SMS_SECRET):
    raise ImproperlyConfigured("SMS_URL is set, so SMS_TOKEN or SMS_SECRET must be set too.")

# --- Apps --------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "axes",
    "crispy_forms",
    "crispy_bootstrap5",
    "csp",
    "django_filters",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "retention_crm",
    "common",
    "accounts",
    "customers",
    "scores",
    "segments",
    "campaigns",
    "success",
    "portal",
    "metrics",
    "demo",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.gzip.GZipMiddleware",  # random padding keeps the length from telling (BREACH)
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "accounts.middleware.LanguageMiddleware",
    "accounts.middleware.NoStoreMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "retention_crm.urls"
WSGI_APPLICATION = "retention_crm.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "accounts.context.page",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static", "common.templatetags.crm"],
        },
    }
]
CRISPY_ALLOWED_TEMPLATE_PACKS = CRISPY_TEMPLATE_PACK = "bootstrap5"

# --- Who ---------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "accounts.backends.StaffBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "accounts:sign-in"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "accounts:sign-in"
SESSION_COOKIE_AGE = 12 * 3600
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = ["username", "ip_address"]
AXES_LOCKOUT_CALLABLE = "accounts.views.locked_out"
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
AXES_DISABLE_ACCESS_LOG = True

# --- Words and time ----------------------------------------------------------------------------
LANGUAGE_CODE = "ja"
LANGUAGES = [("ja", _("Japanese")), ("en", _("English"))]
USE_I18N = USE_TZ = True
TIME_ZONE = "Asia/Tokyo"  # of the pages; figures use the installation's business zone
USE_THOUSAND_SEPARATOR = False

# --- Static files: third-party ones come from node_modules, only the named folders -------------
STATIC_URL = "static/"
STATIC_ROOT = Path(os.environ.get("STATIC_ROOT") or DATA_DIR / "static")
_node = BASE_DIR / "node_modules"
STATICFILES_DIRS = [
    BASE_DIR / "static",
    *(
        (prefix, folder)
        for prefix, folder in [
            ("tabler/css", _node / "@tabler/core/dist/css"),
            ("django_htmx", Path(django_htmx.__file__).parent / "static/django_htmx"),
            ("echarts", _node / "echarts/dist"),
            ("inter", _node / "@fontsource-variable/inter/files"),
        ]
        if folder.is_dir()
    ),
]
STATICFILES_FINDERS = ["common.staticfiles.NamedFilesFinder"]
WHITENOISE_USE_FINDERS = not _flag("STATIC_MANIFEST")
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "common.staticfiles.PackedStorage"
        if _flag("STATIC_MANIFEST")
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
ICONS_DIR = _node / "@tabler/icons/icons/outline"

# --- Security ----------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
CSRF_FAILURE_VIEW = "accounts.views.csrf_failed"
CSRF_TRUSTED_ORIGINS = [BASE_URL]
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_HTTPONLY = True
if IS_HTTPS:
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^(livez|readyz)$"]
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
elif urlsplit(BASE_URL).hostname in {"localhost", "127.0.0.1"}:
    # Trying it on one's own machine: there is no network for https to protect.
    SILENCED_SYSTEM_CHECKS = ["security.W004", "security.W008", "security.W012", "security.W016"]

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "COERCE_DECIMAL_TO_STRING": False,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Modoru",
    "VERSION": "1",
    "DESCRIPTION": "Records in and out, calls of Segment's SDKs, and the figures of the reports.",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "AUTHENTICATION_WHITELIST": [],
    "SERVERS": [{"url": "/"}],
}

# Webhooks go to public https addresses only; on one's own machine they may go anywhere.
WEBHOOKS_TO_PRIVATE = _flag("WEBHOOKS_TO_PRIVATE")

# Where mail servers return what they could not deliver (VERP: bounces+<signed key>@…); empty: to the sender.
BOUNCE_ADDRESS = os.environ.get("BOUNCE_ADDRESS", "").strip()
# Read every minute: imaps://user:password@host/INBOX, or pop3s://…
BOUNCE_MAILBOX = _url("BOUNCE_MAILBOX", "imaps://unset", ("imaps", "imap", "pop3s", "pop3"))
BOUNCE_MAILBOX = BOUNCE_MAILBOX if os.environ.get("BOUNCE_MAILBOX") else ""

# Calls a key may make, and how large a body may be (packed or unpacked).
API_CALLS_PER_MINUTE = _number("API_CALLS_PER_MINUTE", 600)
API_BODY_BYTES = _number("API_BODY_BYTES", 20 * 1024 * 1024)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"masked": {"()": "common.logging.MaskPersonalData"}},
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["masked"]}},
    "root": {"handlers": ["console"], "level": os.environ.get("LOG_LEVEL", "WARNING")},
}
