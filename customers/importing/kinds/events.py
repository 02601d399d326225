"""Events: anything else that happened to a customer; what no column here takes is kept with it, as text, by its header.

Identity: event_id (kept with the event), or #n for the event we keep under that number; a row without either is told
by all its values and which one of its equals in the file it is. A churned event lends its reason to a term of the
customer that ended, or was cancelled, on that very day and has none.
"""

from .column import CONTRACT, CUSTOMER_OR_CONTRACT, Column, words

CHURNED = "churned"
EVENTS = (
    CUSTOMER_OR_CONTRACT,
    CONTRACT,
    Column(
        "event_id", "id", words("イベントid イベント番号 イベントno eventno eventnumber messageid churneventid 記録id")
    ),
    Column(
        "kind",
        "text",
        words("イベント イベント名 イベント種別 種別 出来事 event eventname eventtype type"),
        required=True,
    ),
    Column(
        "occurred_at",
        "moment",
        words("""
            発生日時 発生日 発生年月日 イベント日時 イベント日 日時 日付 年月日 date datetime timestamp at
            occurredon eventdate eventtime eventat
        """),
        required=True,
    ),
    Column(
        "reason", "prose", words("理由 理由コード 原因 解約理由 離脱理由 退会理由 reasoncode churnreason"), limit=1000
    ),
)
