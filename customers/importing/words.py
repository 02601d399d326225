"""Words in headers that speak of consent, and whose names a header speaks of."""

from .kinds.column import words as _words

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
            氏名 名前 お名前 氏名1 名前1 お名前1
            姓名 会員名 お客様氏名 顧客氏名 fullname membername 姓 名 lastname firstname
            familyname givenname
        """)
COMPANY_NAMES = _words("""
            会社名 会社名称 企業名 法人名 社名 companyname organization organisation
        """)
# Amounts of an order as a whole. Repeated on each of its lines they count once; 金額 and 小計 are a line's own.
ORDER_TOTALS = _words("""
            合計 合計金額 合計額 注文合計 注文合計金額 注文金額 ご注文金額 受注金額 決済金額
            お支払い合計 お支払合計
            お支払い合計金額 支払合計 支払い合計 税込合計 税抜合計 総額
            total totalamount totalprice grandtotal ordertotal
        """)
