"""Contacts: the people to reach at a customer.

Identity: contact_id, or #n for the row we keep under that number (as our export writes it); else customer and e-mail,
else customer and name (then phone, then department), and which one of its equals in the file it is. A contact known
without code or address gets the one a file brings for him. Of rows with one contact_id, or with one address and name,
the last counts. Several addresses in one cell are turned down: whose they are only a person can say.

Each customer has one primary contact at most: the last row of the file that says so; where there is none yet, the
first contact of the file. A person's primary contact is himself: a row with another name does not take his place.
"""

from .column import CUSTOMER, Column, choices, words

ROLE_WORDS = choices(
    decides="決裁者 決裁 決裁権者 意思決定者 キーマン キーパーソン 責任者 decisionmaker decider",
    window="窓口 窓口担当 窓口担当者 連絡窓口 担当窓口 担当 担当者 maincontact contactperson",
    uses="利用者 ユーザー ユーザ 利用 使用者 実務担当 実務担当者 user enduser",
    pays="請求担当 請求担当者 請求 請求先 経理 経理担当 経理担当者 支払担当 支払担当者 billing accounting",
)

CONTACTS = (
    CUSTOMER,
    Column(
        "contact_id",
        "id",
        words("""
            担当者id 担当者番号 担当者コード 担当者no 担当者cd 連絡先id 連絡先番号 連絡先コード コンタクトid
            先方担当者id 先方担当者コード contact contactno contactcode personid recordid
        """),
    ),
    Column(
        "name",
        "name",
        words("""
            氏名 名前 お名前 姓名 担当者 担当者名 担当者氏名 ご担当者 ご担当者名 ご担当者様 先方担当者 先方担当者名
            先方担当 お客様担当者 お客様担当者名 窓口担当者名 連絡先名 連絡先氏名 contactname fullname personname
        """),
        parts={
            "family_name": words("姓 氏 苗字 名字 姓漢字 lastname familyname surname"),
            "given_name": words("名 名漢字 firstname givenname"),
        },
    ),
    Column(
        "kana",
        "kana",
        words("""
            カナ かな フリガナ ふりがな ヨミガナ よみがな 読み仮名 氏名カナ 氏名フリガナ 担当者名カナ 担当者カナ
            担当者フリガナ 担当者名フリガナ namekana furigana
        """),
        parts={
            "family_kana": words("セイ せい 姓カナ 姓フリガナ lastnamekana familynamekana"),
            "given_kana": words("メイ めい 名カナ 名フリガナ firstnamekana givennamekana"),
        },
    ),
    Column(
        "email",
        "email",
        words("""
            メール メールアドレス eメール eメールアドレス 電子メール メアド 担当者メール 担当者メールアドレス
            連絡先メール 連絡先メールアドレス mail mailaddress emailaddress
        """),
    ),
    Column(
        "phone",
        "phone",
        words("""
            電話 電話番号 tel 直通 直通電話 直通番号 携帯 携帯電話 携帯番号 担当者電話番号 連絡先電話番号 連絡先
            telephone phonenumber mobile mobilephone directphone businessphone
        """),
    ),
    Column("department", "text", words("部署 部署名 所属部署 所属部署名 部門 部門名 所属 課 dept division section")),
    Column("title", "text", words("役職 役職名 肩書 肩書き 職位 jobtitle position")),
    Column(
        "role",
        "choice",
        words("役割 担当区分 連絡先区分 担当者区分 コンタクト区分 関与区分 購買関与 contactrole buyingrole"),
        choices=ROLE_WORDS,
        code="bad_role",
    ),
    Column(
        "is_primary",
        "boolean",
        words("""
            主担当 主担当者 主連絡先 主窓口 代表連絡先 代表担当者 メイン メイン担当 主担当フラグ primary
            primarycontact ismain main
        """),
    ),
    Column("left_on", "date", words("退職日 異動日 離任日 転出日 退任日 離職日 leftdate leavingdate")),
)
