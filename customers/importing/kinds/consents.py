"""Consents: who agreed to what, and who refused, as entries of a ledger that only grows.

Identity: customer, channel, address, state, moment and source; an equal entry is unchanged. Mail and phone without an
address: a refusal is the customer's whole word and holds for every address of his, an agreement is for his primary
contact's. Postal mail goes by the customer, whatever address stands there. A refusal needs no moment: without one it
is news only where nothing was refused before. What an agreement needs, and who may bring it: importing/granting.py.
"""

from .column import CUSTOMER, Column, choices, words

CHANNEL_WORDS = choices(
    mail="メール eメール 電子メール メルマガ メールマガジン email emailmarketing newsletter",
    postal="dm 郵送 郵便 ダイレクトメール 郵送dm dm郵送 dm(郵送) 郵便物 post directmail letter",
    phone="電話 tel 架電 テレアポ 電話連絡 call telephone",
)
STATE_WORDS = choices(
    granted="""
        同意 同意する 同意あり 同意済 同意済み 許諾 許諾する 承諾 可 ok 希望 希望する 受信 受信する 購読 購読中 登録 yes
        true はい ○ 〇 ◯ subscribed subscribe optin consented agreed accepted
    """,
    withdrawn="""
        拒否 拒否する 不可 ng 停止 配信停止 受信拒否 受信しない 希望しない 同意しない 不同意 撤回 同意撤回 解除 登録解除
        退会 購読解除 不要 no false いいえ × x unsubscribed unsubscribe optout optedout refused denied revoked
    """,
)
BASIS_WORDS = choices(
    consent="同意 本人同意 本人の同意 許諾 承諾 optin",
    relation="取引 取引関係 既存取引 取引先 継続的取引 取引あり existingrelation businessrelation",
    business_card="名刺 名刺交換 card",
    published_address="公開アドレス 公表アドレス 公表 公開 ホームページ webサイト published",
)

CONSENTS = (
    CUSTOMER,
    Column(
        "channel",
        "choice",
        words("チャネル チャンネル 手段 媒体 配信手段 連絡手段 種別 区分 medium"),
        required=True,
        choices=CHANNEL_WORDS,
        code="bad_channel",
    ),
    Column(
        "address",
        "address",
        words("アドレス 宛先 送信先 連絡先 メール メールアドレス eメール 電話番号 email emailaddress mail phone"),
    ),
    Column(
        "state",
        "choice",
        words(
            "状態 同意 同意状態 同意状況 同意有無 可否 配信可否 許諾 許諾状況 意思 回答 status consent consentstatus"
        ),
        required=True,
        choices=STATE_WORDS,
        code="bad_state",
    ),
    Column(
        "at",
        "moment",
        words("""
            日時 日付 同意日 同意日時 取得日 取得日時 回答日 回答日時 申出日 拒否日 停止日 更新日 登録日 date datetime
            timestamp consentedat grantedat recordedat consentdate
        """),
    ),
    Column(
        "source", "text", words("取得元 取得経路 入手元 入手経路 出所 経路 情報源 取得方法 フォーム origin via form")
    ),
    Column("wording", "prose", words("文言 同意文 同意文言 同意内容 規約 文面 説明文 consenttext text statement")),
    Column(
        "basis",
        "choice",
        words("根拠 送信根拠 法的根拠 根拠区分 legalbasis ground"),
        choices=BASIS_WORDS,
        code="bad_basis",
    ),
)
