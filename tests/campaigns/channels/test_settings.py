"""The environment of the ways out: half a configuration is refused, loudly, with what is missing."""

import runpy
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

FILE = Path(settings.BASE_DIR) / "retention_crm" / "settings.py"


def read(monkeypatch, **environment: str) -> dict:
    for name, value in {"SECRET_KEY": "x", "NO_DATABASE": "1", "DATABASE_URL": "", **environment}.items():
        monkeypatch.setenv(name, value)
    return runpy.run_path(str(FILE))


@pytest.mark.parametrize(
    ("environment", "missing"),
    [
        ({"LINE_CHANNEL_TOKEN": "t"}, "LINE_CHANNEL_SECRET, LINE_ACCOUNT_ID"),
        ({"LINE_CHANNEL_SECRET": "s", "LINE_ACCOUNT_ID": "@a"}, "LINE_CHANNEL_TOKEN"),
        ({"LINE_API_URL": "api.line.me"}, "LINE_API_URL"),
        ({"SMS_URL": "https://sms.example.jp"}, "SMS_SENDER"),
        ({"SMS_URL": "https://sms.example.jp", "SMS_SENDER": "X"}, "SMS_TOKEN or SMS_SECRET"),
        ({"SMS_URL": "sms.example.jp", "SMS_SENDER": "X", "SMS_TOKEN": "t"}, "SMS_URL"),
        ({"EMAIL_PROVIDER": "pigeon"}, "one of brevo"),
        ({"EMAIL_PROVIDER": "resend"}, "ANYMAIL_RESEND_"),
        ({"EMAIL_PROVIDER": "resend", "ANYMAIL_BREVO_API_KEY": "k"}, "ANYMAIL_RESEND_"),
        ({"EMAIL_CA_FILE": "/nowhere.pem"}, "EMAIL_CA_FILE"),
    ],
)
def test_half_a_configuration_says_what_is_missing(monkeypatch, environment, missing):
    with pytest.raises(ImproperlyConfigured, match=missing):
        read(monkeypatch, **environment)


def test_a_whole_one_is_taken(monkeypatch):
    found = read(
        monkeypatch,
        LINE_CHANNEL_TOKEN="t",
        LINE_CHANNEL_SECRET="s",
        LINE_ACCOUNT_ID="@modoru",
        SMS_URL="https://sms.example.jp/v1/",
        SMS_SENDER="MODORU",
        SMS_TOKEN="t",
        SMS_IS_KEYED="1",
        EMAIL_PROVIDER="Resend",
        ANYMAIL_RESEND_API_KEY="k",
    )
    assert (found["LINE_API_URL"], found["SMS_URL"]) == ("https://api.line.me", "https://sms.example.jp/v1/")
    assert (found["EMAIL_PROVIDER"], found["ANYMAIL"]["RESEND_API_KEY"]) == ("resend", "k")
    assert found["SMS_IS_KEYED"] is True


def test_nothing_set_is_nothing_set_up(monkeypatch):
    found = read(monkeypatch)
    assert not any(found[name] for name in ("LINE_CHANNEL_TOKEN", "LINE_ACCOUNT_ID", "SMS_URL", "EMAIL_PROVIDER"))
