"""Logins: uses of the service."""

from .column import CUSTOMER, Column, words

LOGINS = (
    CUSTOMER,
    Column(
        "logged_in_at",
        "moment",
        words("""
            ログイン日時 ログイン日 最終ログイン 最終ログイン日時 利用日時 利用日 アクセス日時 アクセス日 日時
            日付 loginat logintime logindate lastlogin loggedin timestamp datetime date at
        """),
        required=True,
    ),
)
