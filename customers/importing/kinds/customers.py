"""Customers: persons and companies.

Identity: customer_id (or columns named as `key`). With the constant `source` (EC-CUBE, say) the codes are those of that
system: looked up among its further codes first, then among our own. The code of a merged customer is the customer it
was put into. `contact_name` is the name of a company's primary contact; at a person it makes a further contact.
"""

from .column import CUSTOMER_ID, Column, words

CUSTOMERS = (
    Column("customer_id", "id", (*CUSTOMER_ID, *words("コード 番号 id no code")), required=True),
    Column(
        "name",
        "name",
        words("""
            氏名 名前 お名前 おなまえ 姓名 名称 顧客名 顧客名称 お客様名 お客様氏名 会員名 会社名 会社名称
            企業名 法人名 社名 商号 得意先名 得意先名称 取引先名 取引先名称 氏名漢字 漢字氏名 名前漢字 顧客氏名
            customername fullname accountname companyname clientname membername organization organisation
        """),
        required=True,
        parts={
            "family_name": words(
                "姓 氏 苗字 名字 姓漢字 氏名1 お名前1 名前1 会社名1 顧客名1 得意先名1 lastname familyname surname"
            ),
            "given_name": words("名 名漢字 氏名2 お名前2 名前2 会社名2 顧客名2 得意先名2 firstname givenname"),
        },
    ),
    Column(
        "kana",
        "kana",
        words("""
            カナ かな フリガナ ふりがな ヨミガナ よみがな 読み仮名 ヨミ よみ 読み 氏名カナ 氏名フリガナ
            氏名かな カナ氏名 名前カナ お名前カナ お名前フリガナ 顧客名カナ 顧客名フリガナ 会社名カナ
            会社名フリガナ 企業名カナ 得意先名カナ 取引先名カナ 半角カナ カナ名称 名称カナ 社名カナ namekana
            furigana reading phoneticname
        """),
        parts={
            "family_kana": words("""
            セイ せい 姓カナ 姓フリガナ 姓かな フリガナ1 カナ1 氏名カナ1 lastnamekana familynamekana
        """),
            "given_kana": words("""
            メイ めい 名カナ 名フリガナ 名かな フリガナ2 カナ2 氏名カナ2 firstnamekana givennamekana
        """),
        },
    ),
    Column(
        "kind",
        "kind",
        words("""
            顧客区分 顧客種別 法人個人 個人法人 法人個人区分 個人法人区分 法個区分 customertype accounttype
            customerkind
        """),
    ),
    Column(
        "company",
        "text",
        words("""
            勤務先 勤務先名 所属 所属会社 お勤め先 勤め先 所属企業 勤務先会社名 employer workplace
        """),
    ),
    Column(
        "email",
        "email",
        words("""
            メール メールアドレス eメール 電子メール メアド mail mailaddress emailaddress eメールアドレス
            電子メールアドレス pcメール pcメールアドレス 連絡先メール 連絡先メールアドレス
        """),
    ),
    Column(
        "phone",
        "phone",
        words("""
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
        words("""
            郵便番号 〒 郵便 ゆうびん番号 郵便no postal postalcd postcode zip zipcode postalzip
        """),
    ),
    Column(
        "address",
        "address",
        words("""
            住所 ご住所 所在地 お住まい 現住所 本社所在地 本社住所 住所全体 fulladdress
        """),
        parts={
            "prefecture": words("都道府県 都道府県名 県 prefecture pref"),
            "city": words("市区町村 市町村 市区郡町村 住所1 city address1 addressline1"),
            "street": words("""
            番地 町域 丁目番地 町名番地 住所2 street address2 addressline2
        """),
            "building": words("""
            建物 建物名 ビル名 マンション名 建物名等 住所3 building address3 addressline3
        """),
        },
    ),
    Column("industry", "text", words("業種 業界 業種名 業態 産業 sector businesstype")),
    Column("region", "text", words("地域 地区 エリア 地方 ブロック 管轄 管轄地域 area territory")),
    Column(
        "owner",
        "owner",
        words("""
            担当cs 当社担当 当社担当者 自社担当 自社担当者 弊社担当 弊社担当者 cs担当
            cs担当者 担当社員 担当カスタマーサクセス accountowner ownername owneremail csm accountmanager
        """),
    ),
    Column(
        "joined_on",
        "date",
        words("""
            入会日 登録日 登録年月日 会員登録日 加入日 入会年月日 申込日 申し込み日 開始日 利用開始日
            取引開始日 初回取引日 顧客登録日 applicationdate joined joindate joinedat signupdate registeredon
            registrationdate since createdat
        """),
    ),
    Column(
        "birth_on",
        "date",
        words("""
            生年月日 誕生日 お誕生日 birthday birthdate dateofbirth dob birth
        """),
    ),
    Column(
        "contact_name",
        "name",
        words("""
            先方担当者 先方担当 先方担当者名 ご担当者 ご担当者名 お客様担当者 お客様担当者名 窓口担当者
            窓口担当者名 contactname contactperson
            primarycontact
        """),
    ),
    Column(
        "corporate_number",
        "corporate_number",
        words("法人番号 法人no 法人ナンバー houjinbangou corporateno companynumber"),
    ),
    Column(
        "parent",
        "id",
        words("""
            親顧客コード 親顧客番号 親顧客id 親会社コード 親会社番号 親会社id 親コード 親取引先コード 親取引先id
            本社コード 本社番号 本社id 本社顧客コード 本社顧客番号 本部コード 上位顧客コード 上位顧客番号 parentid
            parentcode parentcustomer parentcustomerid parentcustomercode parentaccountid parentcompanyid
            headquarterscode
        """),
    ),
    Column(
        "sales_owner",
        "owner",
        words("""
            担当営業 担当営業名 営業担当 営業担当者 営業担当者名 営業担当名 担当セールス 営業マン 営業員 salesrep
            salesperson accountexecutive salesownername salesowneremail
        """),
    ),
    Column(
        "deputy",
        "owner",
        words("副担当 副担当者 副担当者名 副担当cs サブ担当 サブ担当者 代理担当 代理担当者 backupowner secondowner"),
    ),
    Column("tags", "tags", words("タグ ラベル tag labels")),
    Column("mail_ok", "consent"),
    Column("postal_ok", "consent"),
    Column("phone_ok", "consent"),
    Column(
        "acquired_via",
        "text",
        words("""
            流入元 獲得経路 流入経路 きっかけ 認知経路 媒体 登録経路 紹介元 referralsource source leadsource
            channel acquisitionchannel
        """),
    ),
)

# Our member of staff, or the customer's?
QUESTIONS: dict[str, tuple[str, ...]] = dict.fromkeys(
    words("担当 担当者 担当者名 担当者氏名"), ("owner", "contact_name")
)
