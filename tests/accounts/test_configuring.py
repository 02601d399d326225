"""Settings as words on the command line."""

from decimal import Decimal

import pytest
from django.utils.translation import override

from accounts.configuring import KEYS, SettingError, read


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("currency=usd", "USD"),
        ("time_zone=Europe/London", "Europe/London"),
        ("churn_policy=either", "either"),
        ("month_end=off", False),
        ("month_end=ON", True),
        ("tax=included", "included"),
        ("inactivity_days=90", 90),
        ("activity=purchases+logins", "purchases+logins"),
        ("rfm_window_days=365", 365),
        ("margin=0.35", Decimal("0.35")),
        ("fiscal_year_start=1", 1),
        ("sender_address=東京都千代田区1=2", "東京都千代田区1=2"),
    ],
)
def test_a_word_becomes_a_checked_value(word, value):
    assert read([word]) == {word.split("=")[0]: value}


@pytest.mark.parametrize(
    ("key", "default"),
    [
        ("currency", "JPY"),
        ("time_zone", "Asia/Tokyo"),
        ("churn_policy", "inactivity"),
        ("month_end", True),
        ("inactivity_days", 180),
        ("rfm_window_days", None),
        ("margin", None),
        ("sender_email", ""),
    ],
)
def test_nothing_after_the_sign_means_the_default(key, default):
    assert read([f"{key}="]) == {key: default}


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("margin", "“margin” is not of the form KEY=VALUE."),
        ("colour=red", "“colour” is not a setting; there are: currency"),
        ("currency=yen!", "currency=yen!: it must be a code of three letters"),
        ("currency=円円円", "currency=円円円: it must be a code of three letters"),
        ("time_zone=Tokyo", "time_zone=Tokyo: Tokyo is not a known time zone."),
        ("churn_policy=never", "churn_policy=never: it must be one of: contract, inactivity, either."),
        ("month_end=yes", "month_end=yes: it must be one of: on, off."),
        ("inactivity_days=0", "inactivity_days=0: Ensure this value is greater than or equal to 1."),
        ("inactivity_days=many", "inactivity_days=many: "),
        ("margin=35", "margin=35: Ensure"),
        ("margin=NaN", "margin=NaN: "),
        ("fiscal_year_start=13", "fiscal_year_start=13: Ensure"),
        ("sender_email=nobody", "sender_email=nobody: "),
    ],
)
def test_a_wrong_word_is_refused_in_one_line(word, says):
    with override("en"), pytest.raises(SettingError) as refused:
        read([word])
    assert str(refused.value).startswith(says)
    assert "\n" not in str(refused.value)


def test_a_key_given_twice_is_refused():
    with override("en"), pytest.raises(SettingError, match="“margin” is given twice"):
        read(["margin=0.1", "margin=0.2"])


def test_every_key_is_a_setting_with_a_default():
    assert set(read([f"{key}=" for key in KEYS])) == set(KEYS)
