"""Interactions: calls, mails, chats, meetings and visits that someone wrote down.

Identity: interaction_id, or #n for the row we keep under that number (as our export writes it); a row without either
is told by all its values and which one of its equals in the file it is, so it is made once and never changed.
`by` is our member of staff, found as owners are; one nobody knows becomes a user who cannot sign in, for an admin to
join to a person. Who contacted whom stands in its own column, in the word for the kind (架電, 受電, 来社), or counts as
our doing.
"""

from .column import CONTRACT, CUSTOMER_OR_CONTRACT, Column, choices, words

OUT, IN = ">outbound", ">inbound"
KIND_WORDS = choices(
    phone="電話 お電話 tel call phonecall 通話",
    mail="メール eメール 電子メール email",
    chat="チャット line slack livechat",
    meeting="""
        会議 打合せ 打ち合わせ 打合わせ 商談 面談 ミーティング オンライン オンライン会議 オンライン商談 web会議
        webミーティング zoom videocall onlinemeeting
    """,
    visit="訪問 客先訪問 訪問対応",
)
# Words that also say who contacted whom.
KIND_WORDS |= dict.fromkeys(words("架電 発信 電話発信 電話架電 outboundcall"), "phone" + OUT)
KIND_WORDS |= dict.fromkeys(words("受電 入電 着信 電話受信 電話受電 inboundcall"), "phone" + IN)
KIND_WORDS |= dict.fromkeys(words("メール送信 送信メール"), "mail" + OUT)
KIND_WORDS |= dict.fromkeys(words("メール受信 受信メール"), "mail" + IN)
KIND_WORDS |= dict.fromkeys(words("往訪"), "visit" + OUT)
KIND_WORDS |= dict.fromkeys(words("来訪 来社 来店 ご来社 ご来店"), "visit" + IN)

DIRECTION_WORDS = choices(
    outbound="発信 送信 架電 発 out outgoing アウトバウンド こちらから 当社から 弊社から 自社から",
    inbound="受信 着信 受電 入電 受 in incoming インバウンド 先方から お客様から 顧客から",
)
CATEGORY_WORDS = choices(
    question="問い合わせ 問合せ 問合わせ お問い合わせ お問合せ 質問 ご質問 inquiry enquiry",
    request="要望 ご要望 featurerequest",
    complaint="クレーム 苦情 claim",
    sales="商談 営業 提案",
    regular="定例 定例会 定例会議 定例ミーティング",
    office="事務連絡 事務 業務連絡",
)
STATUS_WORDS = choices(
    open="未対応 未着手 未処理 新規 new",
    working="対応中 処理中 進行中 着手 保留 pending onhold inprogress",
    closed="完了 対応済 対応済み 済 済み 解決 解決済 解決済み クローズ done resolved solved completed",
)
PRIORITY_WORDS = choices(
    low="低 低い", normal="中 普通 通常 標準 medium", high="高 高い 重要", urgent="緊急 至急 最優先 critical"
)

INTERACTIONS = (
    CUSTOMER_OR_CONTRACT,
    CONTRACT,
    Column(
        "interaction_id",
        "id",
        words("""
            対応id 対応番号 対応no 履歴id 履歴番号 対応履歴id 対応履歴番号 活動id 活動番号 問い合わせid
            問い合わせ番号 問合せ番号 お問い合わせ番号 受付番号 チケットid チケット番号 ticketid ticketno
            ticketnumber ticket caseid caseno casenumber activityid callid
        """),
    ),
    Column(
        "occurred_at",
        "moment",
        words("""
            対応日時 対応日 対応年月日 日時 日付 年月日 受付日時 受付日 発生日時 発生日 実施日時 実施日
            訪問日時 訪問日 連絡日時 連絡日 活動日時 活動日 接触日時 接触日 問い合わせ日時 問い合わせ日
            問合せ日時 問合せ日 架電日時 架電日 記録日時 記録日 date datetime timestamp occurredon at
            submittedat openedat calledat activitydate contactedat
        """),
        required=True,
    ),
    Column(
        "kind",
        "choice",
        words("""
            種別 対応種別 対応方法 対応手段 連絡手段 連絡方法 手段 方法 チャネル チャンネル 活動種別
            活動区分 コンタクト方法 接触方法 type activitytype interactiontype channel method
        """),
        required=True,
        choices=KIND_WORDS,
        code="bad_interaction_kind",
    ),
    Column(
        "direction",
        "choice",
        words("方向 発着信 発信受信 受発信 発受信 発着信区分 受発信区分 発受区分 inboundoutbound inout"),
        choices=DIRECTION_WORDS,
        code="bad_direction",
    ),
    Column(
        "category",
        "choice",
        words("""
            カテゴリ カテゴリー 分類 区分 用件 用件区分 対応区分 内容区分 問い合わせ種別 問い合わせ区分
            問合せ種別 問合せ区分 topic
        """),
        choices=CATEGORY_WORDS,
        code="bad_category",
    ),
    Column(
        "status",
        "choice",
        words("ステータス 状況 状態 対応状況 対応状態 対応ステータス 進捗 進捗状況"),
        choices=STATUS_WORDS,
        code="bad_status",
    ),
    Column(
        "priority",
        "choice",
        words("優先度 重要度 緊急度 優先順位 severity urgency"),
        choices=PRIORITY_WORDS,
        code="bad_priority",
    ),
    Column("subject", "prose", words("件名 題名 タイトル 表題 概要 要件 title summary")),
    Column(
        "body",
        "prose",
        words("""
            内容 本文 対応内容 活動内容 対応詳細 詳細 メモ 備考 会話内容 通話内容 議事録 問い合わせ内容
            問合せ内容 お問い合わせ内容 応対内容 コメント description note notes memo comment comments
            content details
        """),
    ),
    Column(
        "by",
        "owner",
        words("""
            対応者 対応者名 対応担当 対応担当者 応対者 記入者 記録者 受付者 入力者 当社担当 当社担当者
            自社担当 自社担当者 弊社担当 弊社担当者 担当cs agent handledby loggedby recordedby assignee
        """),
    ),
    Column(
        "contact_id",
        "id",
        words("""
            先方担当 先方担当者 先方担当者名 ご担当者 ご担当者名 お客様担当者 お客様担当者名 相手先担当者
            相手 面談者 連絡先担当者 contact contactname contactemail requester
        """),
    ),
    Column(
        "resolved_at",
        "moment",
        words("""
            完了日時 完了日 解決日時 解決日 対応完了日時 対応完了日 クローズ日時 クローズ日 closedat
            closedon resolvedon solvedat
        """),
    ),
    Column("satisfaction", "score", words("満足度 顧客満足度 満足度評価 csat satisfactionscore satisfactionrating")),
    Column("competitor", "text", words("競合 競合他社 競合名")),
    Column(
        "next_action",
        "prose",
        words("""
            次回対応 次回対応内容 次回アクション 次のアクション ネクストアクション 次回予定内容 次回やること
            nextstep followup
        """),
    ),
    Column(
        "next_on",
        "date",
        words("次回日 次回対応日 次回予定日 次回連絡日 次回訪問日 次回アクション日 nextdate followupdate followupon"),
    ),
)

# Our member of staff, or the customer's?
QUESTIONS: dict[str, tuple[str, ...]] = dict.fromkeys(words("担当 担当者 担当者名 担当者氏名"), ("by", "contact_id"))
