"""What a canonical column is, and those that several kinds share."""

import dataclasses
from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """A canonical column: its field, how a cell is read, the headers that mean it, and what may stand instead.

    `choices`: the words a cell of a column read as "choice" may hold → the value kept; `code`: the reject of others.
    `limit`: how many characters a text may have, where it is not the field's in every kind.
    """

    field: str
    reads: str
    words: tuple[str, ...] = ()
    required: bool = False
    instead: tuple[str, ...] = ()
    parts: dict[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    choices: dict[str, str] = dataclasses.field(default_factory=dict)
    code: str = ""
    limit: int = 0


def words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def choices(**spelt: str) -> dict[str, str]:
    """Each word → the value it stands for: choices(high="高 高い") → {"high": "high", "高": "high", "高い": "high"}."""
    return {word.replace("_", ""): value for value, text in spelt.items() for word in (value, *text.split())}


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
    "reduced_rate": "tax_rate",
}
JOINERS = {"name": " ", "kana": " ", "address": "", "phone": "-"}

CUSTOMER_ID = words("""
            顧客id 顧客番号 顧客コード 顧客no 顧客cd 顧客管理番号 会員id 会員番号 会員コード 会員no 会員cd
            得意先コード 得意先番号 得意先cd 取引先コード 取引先番号 取引先id お客様番号 お客様コード お客様id
            お客様no ユーザーid ユーザid 利用者id 購入者id 企業コード 企業id 管理番号 顧客 customer customerid
            customerno customernumber customercode clientid clientcode userid memberid accountid accountno
            accountnumber custid
        """)
CUSTOMER = Column("customer_id", "id", CUSTOMER_ID, required=True)
# Not kept: there is one currency, and a row that names another stays out.
CURRENCY = Column("currency", "currency", words("通貨 通貨コード 通貨単位 currencycode"))
# What a customer did may name one of his contracts instead of himself.
CONTRACT = Column(
    "contract_id",
    "id",
    words("""
            契約id 契約番号 契約no 契約コード 契約管理番号 contract contractno contractnumber subscriptionid
            subscription
        """),
)
CUSTOMER_OR_CONTRACT = dataclasses.replace(CUSTOMER, instead=("contract_id",))
