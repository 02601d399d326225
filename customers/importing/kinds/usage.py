"""Usage: logins that also say by whom, of what and how much; each counts as a use of the service on its day.

Identity: usage_id; a row without one gets an id made of all its values and which one of its equals in the file it is
(beginning with ~). A quantity of 0 or less is no use of the service and stays out.
"""

from .column import CONTRACT, CUSTOMER_OR_CONTRACT, Column, words

USAGE = (
    CUSTOMER_OR_CONTRACT,
    CONTRACT,
    Column("usage_id", "id", words("利用id 利用番号 利用履歴id ログid 操作id usageno logid recordid")),
    Column(
        "contact_id",
        "id",
        words("利用者 利用者名 利用ユーザー ユーザー ユーザー名 contact contactemail user username useremail"),
    ),
    Column(
        "feature",
        "text",
        words("機能 機能名 画面 画面名 メニュー モジュール featurename featurecode module function screen"),
    ),
    Column("quantity", "number", words("回数 利用回数 利用量 数量 件数 操作回数 usagecount count qty times amount")),
    Column(
        "used_at",
        "moment",
        words("""
            利用日時 利用日 利用年月日 使用日時 使用日 操作日時 アクセス日時 アクセス日 日時 日付 date datetime
            timestamp usagedate usedon usedate at loggedinat
        """),
        required=True,
    ),
)
