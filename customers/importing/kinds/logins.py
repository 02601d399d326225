"""Logins: uses of the service. Identity: customer and moment."""

from .column import CONTRACT, CUSTOMER_OR_CONTRACT, Column, words

LOGINS = (
    CUSTOMER_OR_CONTRACT,
    CONTRACT,
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
