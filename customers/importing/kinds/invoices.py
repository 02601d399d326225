"""Invoices: what was billed, until when it was due, and when it was paid. Identity: invoice_id.

Amounts are kept as billed: what a customer owes has its tax in it, and no figure is made of it.
"""

from .column import CONTRACT, CURRENCY, CUSTOMER_OR_CONTRACT, Column, words

INVOICES = (
    CUSTOMER_OR_CONTRACT,
    CONTRACT,
    Column(
        "invoice_id",
        "id",
        words("""
            請求id 請求番号 請求no 請求書番号 請求書no 請求書id 請求コード invoice invoiceno invoicenumber billno
            billnumber
        """),
        required=True,
    ),
    Column(
        "closed_on",
        "date",
        words("締日 締め日 締切日 請求締日 請求日 請求年月日 発行日 invoicedate issuedon issuedat"),
    ),
    Column(
        "due_on",
        "date",
        words("""
            支払期限 支払期日 お支払期限 入金期限 入金期日 入金予定日 支払予定日 期日 期限 duedate dueat paymentdue
        """),
    ),
    Column(
        "paid_on",
        "date",
        words("""
            入金日 入金年月日 支払日 支払い日 お支払日 入金確認日 決済日 領収日 paymentdate paidat paiddate
        """),
    ),
    Column(
        "amount",
        "amount",
        words("金額 請求額 請求金額 ご請求額 ご請求金額 合計 合計金額 税込金額 total totalamount billedamount"),
        required=True,
    ),
    Column(
        "method",
        "text",
        words("支払方法 支払い方法 お支払方法 決済方法 入金方法 支払区分 paymentmethod paymenttype payment"),
    ),
    CURRENCY,
)
