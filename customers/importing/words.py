"""The canonical columns of each kind and the words people write above them, in Japanese and English."""

import dataclasses
from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """A canonical column: its field, how a cell is read, the headers that mean it, and what may stand instead."""

    field: str
    reads: str
    words: tuple[str, ...] = ()
    required: bool = False
    instead: tuple[str, ...] = ()
    parts: dict[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# Several columns may fill one field; the parts are joined in this order.
PARTS = {
    "family_name": "name",
    "given_name": "name",
    "family_kana": "kana",
    "given_kana": "kana",
    "prefecture": "address",
    "city": "address",
    "street": "address",
    "building": "address",
    "phone_1": "phone",
    "phone_2": "phone",
    "phone_3": "phone",
}
JOINERS = {"name": " ", "kana": " ", "address": "", "phone": "-"}

_CUSTOMER_ID = _words("""
            顧客id 顧客番号 顧客コード 顧客no 顧客cd 顧客管理番号 会員id 会員番号 会員コード 会員no 会員cd
            得意先コード 得意先番号 得意先cd 取引先コード 取引先番号 取引先id お客様番号 お客様コード お客様id
            お客様no ユーザーid ユーザid 利用者id 購入者id 企業コード 企業id 管理番号 顧客 customer customerid
            customerno customernumber customercode clientid clientcode userid memberid accountid accountno
            accountnumber custid
        """)
CUSTOMER = Column("customer_id", "id", _CUSTOMER_ID, required=True)
# Not kept: there is one currency, and a row that names another stays out.
CURRENCY = Column("currency", "currency", _words("通貨 通貨コード 通貨単位 currencycode"))

CUSTOMERS = (
    Column("customer_id", "id", (*_CUSTOMER_ID, *_words("コード 番号 id no code")), required=True),
    Column(
        "name",
        "name",
        _words("""
            氏名 名前 お名前 おなまえ 姓名 名称 顧客名 顧客名称 お客様名 お客様氏名 会員名 会社名 会社名称
            企業名 法人名 社名 商号 得意先名 得意先名称 取引先名 取引先名称 氏名漢字 漢字氏名 名前漢字 顧客氏名
            customername fullname accountname companyname clientname membername organization organisation
        """),
        required=True,
        parts={
            "family_name": _words("姓 氏 苗字 名字 姓漢字 lastname familyname surname"),
            "given_name": _words("名 名漢字 firstname givenname"),
        },
    ),
    Column(
        "kana",
        "kana",
        _words("""
            カナ かな フリガナ ふりがな ヨミガナ よみがな 読み仮名 ヨミ よみ 読み 氏名カナ 氏名フリガナ
            氏名かな カナ氏名 名前カナ お名前カナ お名前フリガナ 顧客名カナ 顧客名フリガナ 会社名カナ
            会社名フリガナ 企業名カナ 得意先名カナ 取引先名カナ 半角カナ カナ名称 名称カナ 社名カナ namekana
            furigana reading phoneticname
        """),
        parts={
            "family_kana": _words("""
            セイ せい 姓カナ 姓フリガナ 姓かな lastnamekana familynamekana
        """),
            "given_kana": _words("""
            メイ めい 名カナ 名フリガナ 名かな firstnamekana givennamekana
        """),
        },
    ),
    Column(
        "kind",
        "kind",
        _words("""
            顧客区分 顧客種別 法人個人 個人法人 法人個人区分 個人法人区分 法個区分 customertype accounttype
            customerkind
        """),
    ),
    Column(
        "company",
        "text",
        _words("""
            勤務先 勤務先名 所属 所属会社 お勤め先 勤め先 所属企業 勤務先会社名 employer workplace
        """),
    ),
    Column(
        "email",
        "email",
        _words("""
            メール メールアドレス eメール 電子メール メアド mail mailaddress emailaddress eメールアドレス
            電子メールアドレス pcメール pcメールアドレス 連絡先メール 連絡先メールアドレス
        """),
    ),
    Column(
        "phone",
        "phone",
        _words("""
            電話 電話番号 tel 連絡先 連絡先電話番号 携帯 携帯電話 携帯番号 携帯電話番号 固定電話 代表電話
            代表電話番号 お電話番号 お電話 telephone phonenumber mobile mobilephone telno
        """),
        parts={
            "phone_1": ("tel1", "電話番号1", "電話1"),
            "phone_2": ("tel2", "電話番号2", "電話2"),
            "phone_3": ("tel3", "電話番号3", "電話3"),
        },
    ),
    Column(
        "postal_code",
        "postal",
        _words("""
            郵便番号 〒 郵便 ゆうびん番号 郵便no postal postalcd postcode zip zipcode postalzip
        """),
    ),
    Column(
        "address",
        "address",
        _words("""
            住所 ご住所 所在地 お住まい 現住所 本社所在地 本社住所 住所全体 fulladdress
        """),
        parts={
            "prefecture": _words("都道府県 都道府県名 県 prefecture pref"),
            "city": _words("市区町村 市町村 市区郡町村 住所1 city address1 addressline1"),
            "street": _words("""
            番地 町域 丁目番地 町名番地 住所2 street address2 addressline2
        """),
            "building": _words("""
            建物 建物名 ビル名 マンション名 建物名等 住所3 building address3 addressline3
        """),
        },
    ),
    Column("industry", "text", _words("業種 業界 業種名 業態 産業 sector businesstype")),
    Column("region", "text", _words("地域 地区 エリア 地方 ブロック 管轄 管轄地域 area territory")),
    Column(
        "owner",
        "owner",
        _words("""
            担当cs 当社担当 当社担当者 自社担当 自社担当者 弊社担当 弊社担当者 cs担当
            cs担当者 担当社員 担当カスタマーサクセス accountowner ownername owneremail csm accountmanager
        """),
    ),
    Column(
        "joined_on",
        "date",
        _words("""
            入会日 登録日 登録年月日 会員登録日 加入日 入会年月日 申込日 申し込み日 開始日 利用開始日
            取引開始日 初回取引日 顧客登録日 applicationdate joined joindate joinedat signupdate registeredon
            registrationdate since createdat
        """),
    ),
    Column(
        "birth_on",
        "date",
        _words("""
            生年月日 誕生日 お誕生日 birthday birthdate dateofbirth dob birth
        """),
    ),
    Column("tags", "tags", _words("タグ ラベル tag labels")),
    Column("mail_ok", "consent"),
    Column("postal_ok", "consent"),
    Column("phone_ok", "consent"),
    Column(
        "acquired_via",
        "text",
        _words("""
            流入元 獲得経路 流入経路 きっかけ 認知経路 媒体 登録経路 紹介元 referralsource source leadsource
            channel acquisitionchannel
        """),
    ),
)

PURCHASES = (
    CUSTOMER,
    Column(
        "order_id",
        "id",
        _words("""
            注文id 注文番号 注文no 注文コード 受注番号 受注id 受注no 伝票番号 伝票no 売上番号 取引番号
            オーダー番号 ご注文番号 レシート番号 order orderno ordernumber invoice invoiceno invoiceid
            receiptno transactionid
        """),
    ),
    Column(
        "purchased_at",
        "moment",
        _words("""
            購入日 購入日時 購入年月日 ご購入日 注文日 注文日時 注文年月日 ご注文日 受注日 受注日時 売上日
            売上日時 売上計上日 計上日 販売日 販売日時 取引日 取引日時 決済日 決済日時 利用日 来店日 日付
            年月日 日時 date purchasedate purchasedat purchasedon orderdate orderedat ordertime invoicedate
            transactiondate salesdate
        """),
        required=True,
    ),
    Column(
        "amount",
        "amount",
        _words("""
            金額 購入金額 注文金額 受注金額 売上 売上金額 売上高 販売金額 販売額 取引金額 決済金額 合計金額
            合計 購入額 利用金額 税込金額 税抜金額 税別金額 金額税込 金額税抜 税込売上 税抜売上 売上金額税込
            売上金額税抜 税込合計 税抜合計 total price totalamount totalprice sales revenue subtotal
            amounttaxincluded amounttaxexcluded
        """),
        required=True,
    ),
    Column(
        "product",
        "text",
        _words("""
            商品 商品名 商品名称 品名 品目 製品 製品名 サービス名 メニュー 商品コード productname item itemname
            description sku
        """),
    ),
    Column("quantity", "number", _words("数量 個数 点数 購入数 購入点数 注文数 数 qty units")),
    Column("tax_included", "boolean", _words("税込 税込フラグ 税区分 taxincluded istaxincluded")),
    Column("tax_rate", "rate", _words("税率 消費税率 taxrate")),
    CURRENCY,
)

LOGINS = (
    CUSTOMER,
    Column(
        "logged_in_at",
        "moment",
        _words("""
            ログイン日時 ログイン日 最終ログイン 最終ログイン日時 利用日時 利用日 アクセス日時 アクセス日 日時
            日付 loginat logintime logindate lastlogin loggedin timestamp datetime date at
        """),
        required=True,
    ),
)

CONTRACTS = (
    CUSTOMER,
    Column(
        "contract_id",
        "id",
        _words("""
            契約id 契約番号 契約no 契約コード 契約管理番号 contract contractno contractnumber subscriptionid
            subscription
        """),
        required=True,
    ),
    Column(
        "plan",
        "text",
        _words("""
            プラン プラン名 契約プラン 料金プラン コース コース名 契約種別 商品 サービス plantier planname
        """),
    ),
    Column(
        "mrr",
        "amount",
        _words("""
            月額 月額料金 月額費用 月額金額 月額利用料 月額mrr mrramount monthlyamount monthlyfee monthlyprice
        """),
        required=True,
        instead=("amount",),
    ),
    Column("amount", "amount", _words("金額 契約金額 請求金額 料金 利用料 price fee billingamount")),
    Column(
        "billing_cycle",
        "cycle",
        _words("""
            請求周期 請求サイクル 支払周期 支払サイクル 支払い方法 契約周期 課金周期 支払区分 billingfrequency
            billingperiod cycle
        """),
    ),
    Column(
        "starts_on",
        "date",
        _words("""
            契約開始日 開始日 利用開始日 契約日 サービス開始日 契約開始年月日 課金開始日 startdate startedon
            start contractstart startson
        """),
        required=True,
    ),
    Column(
        "renews_on",
        "date",
        _words("""
            更新日 契約更新日 次回更新日 更新予定日 次回更新予定日 renewaldate renewson nextrenewal
        """),
    ),
    Column(
        "cancelled_on",
        "date",
        _words("""
            解約申出日 解約申請日 解約申込日 解約通知日 解約受付日 解約届出日 解約連絡日 noticedate canceledon
            cancellationnotice
        """),
    ),
    Column("ends_on", "date", _words("サービス停止日 利用停止日 終了翌日")),
    Column(
        "last_service_on",
        "date",
        _words("""
            契約終了日 契約満了日 満了日 最終利用日 利用終了日 終了日 契約終了年月日 サービス終了日 契約期限
            lastday lastserviceday
        """),
    ),
    Column("is_trial", "boolean", _words("お試し トライアル 無料期間 試用 トライアルフラグ trial")),
    Column("auto_renew", "boolean", _words("自動更新 自動更新フラグ autorenewal autorenewflag")),
    Column(
        "notice_days",
        "integer",
        _words("""
            解約予告日数 予告日数 申出期限日数 解約通知期間 noticeperiod noticeperioddays
        """),
    ),
    Column(
        "seats",
        "integer",
        _words("""
            席数 ユーザー数 ユーザ数 アカウント数 ライセンス数 id数 契約数 契約id数 licenses users
        """),
    ),
    Column(
        "reason",
        "text",
        _words("""
            解約理由 終了理由 離脱理由 理由 churnreason cancelreason reasoncode
        """),
    ),
    Column("competitor", "text", _words("競合 競合他社 乗換先 乗り換え先 切替先")),
    CURRENCY,
)

KINDS = {"customers": CUSTOMERS, "purchases": PURCHASES, "logins": LOGINS, "contracts": CONTRACTS}

# Headers that mean one of several things: asked, never guessed.
_ENDS = ("cancelled_on", "last_service_on", "ends_on")
QUESTIONS: dict[str, dict[str, tuple[str, ...]]] = {
    # Our member of staff, or the customer's: the latter is kept as a further attribute.
    "customers": dict.fromkeys(("担当", "担当者", "担当者名", "担当者氏名"), ("owner", "attributes.先方担当者")),
    "purchases": {},
    "logins": {},
    "contracts": dict.fromkeys(
        ("解約日", "解約年月日", "退会日", "enddate", "endedon", "canceldate", "cancellationdate", "churndate"), _ENDS
    ),
}

# Headers that speak of consent. A strong word is enough with any word of direction; a weak one (電話, e-mail)
# only where the header ends with one, since 電話番号 or メールアドレス speak of something else.
STRONG = {
    "mail_ok": _words("""
            メールマガジン メルマガ メール配信 案内メール お知らせメール ニュースレター newsletter
            emailmarketing marketingemail
        """),
    "postal_ok": _words("ダイレクトメール dm郵送 郵送dm 郵送物 dm directmail"),
    "phone_ok": _words("電話連絡 電話勧誘 電話営業 架電 テレアポ telemarketing"),
}
WEAK = {
    "mail_ok": _words("""
            メール 配信 email mail marketing オプトイン オプトアウト optin optout unsubscribed
        """),
    "postal_ok": _words("郵送 郵便 postal"),
    "phone_ok": _words("電話 tel phone"),
}
EITHER = _words("可否 要不要 要否 許諾可否 希望有無")

NO = _words("""
            不可 不要 ng 拒否 停止 禁止 お断り 拒絶 除外 希望しない optout オプトアウト unsubscribed
            unsubscribe refused
        """)
YES = _words("""
            可 ok 希望 許可 許諾 同意 承諾 受信 購読 要 optin オプトイン subscribed subscribe accepts consent
            allowed
        """)
LOOKS_LIKE_CONSENT = _words("""
            同意 許諾 承諾 連絡不可 連絡禁止 営業禁止 営業不可 consent gdpr optin optout
        """)
PERSON_NAMES = _words("""
            氏名 名前 お名前 姓名 会員名 お客様氏名 顧客氏名 fullname membername 姓 名 lastname firstname
            familyname givenname
        """)
COMPANY_NAMES = _words("""
            会社名 会社名称 企業名 法人名 社名 companyname organization organisation
        """)
