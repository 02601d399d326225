"""Contracts: a row is one term. Its identity: contract_id and starts_on."""

import dataclasses

from .column import CONTRACT, CURRENCY, CUSTOMER, Column, words

CONTRACTS = (
    CUSTOMER,
    dataclasses.replace(CONTRACT, required=True),
    Column(
        "plan",
        "text",
        words("""
            プラン プラン名 契約プラン 料金プラン コース コース名 契約種別 商品 サービス plantier planname
        """),
    ),
    Column(
        "mrr",
        "amount",
        words("""
            月額 月額料金 月額費用 月額金額 月額利用料 月額mrr mrramount monthlyamount monthlyfee monthlyprice
        """),
        required=True,
        instead=("amount",),
    ),
    Column("amount", "amount", words("金額 契約金額 請求金額 料金 利用料 price fee billingamount")),
    Column(
        "billing_cycle",
        "cycle",
        words("""
            請求周期 請求サイクル 支払周期 支払サイクル 支払い方法 契約周期 課金周期 支払区分 billingfrequency
            billingperiod cycle
        """),
    ),
    Column(
        "starts_on",
        "date",
        words("""
            契約開始日 開始日 利用開始日 契約日 サービス開始日 契約開始年月日 課金開始日 startdate startedon
            start contractstart startson
        """),
        required=True,
    ),
    Column(
        "renews_on",
        "date",
        words("""
            更新日 契約更新日 次回更新日 更新予定日 次回更新予定日 renewaldate renewson nextrenewal
        """),
    ),
    Column(
        "cancelled_on",
        "date",
        words("""
            解約申出日 解約申請日 解約申込日 解約通知日 解約受付日 解約届出日 解約連絡日 noticedate canceledon
            cancellationnotice
        """),
    ),
    Column("ends_on", "date", words("サービス停止日 利用停止日 終了翌日")),
    Column(
        "last_service_on",
        "date",
        words("""
            契約終了日 契約満了日 満了日 最終利用日 利用終了日 終了日 契約終了年月日 サービス終了日 契約期限
            lastday lastserviceday
        """),
    ),
    Column("is_trial", "boolean", words("お試し トライアル 無料期間 試用 トライアルフラグ trial")),
    Column("auto_renew", "boolean", words("自動更新 自動更新フラグ autorenewal autorenewflag")),
    Column(
        "notice_days",
        "integer",
        words("""
            解約予告日数 予告日数 申出期限日数 解約通知期間 noticeperiod noticeperioddays
        """),
    ),
    Column(
        "seats",
        "integer",
        words("""
            席数 ユーザー数 ユーザ数 アカウント数 ライセンス数 id数 契約数 契約id数 licenses users
        """),
    ),
    Column(
        "reason",
        "text",
        words("""
            解約理由 終了理由 離脱理由 理由 churnreason cancelreason reasoncode
        """),
    ),
    Column("paused_from", "date", words("休会開始日 休止開始日 休会開始 pausedfrom pausestart")),
    Column("paused_to", "date", words("休会終了日 休止終了日 休会終了 pausedto pauseend")),
    Column("competitor", "text", words("競合 競合他社 乗換先 乗り換え先 切替先")),
    CURRENCY,
)

# Notice, last day with service, or first day without?
QUESTIONS: dict[str, tuple[str, ...]] = dict.fromkeys(
    words("解約日 解約年月日 退会日 enddate endedon canceldate cancellationdate churndate"),
    ("cancelled_on", "last_service_on", "ends_on"),
)
