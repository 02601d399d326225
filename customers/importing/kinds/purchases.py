"""Purchases: lines of orders, and refunds.

`purchase_id` names a line for good: what our own export writes there is the line's stored identity, so the file comes
back unchanged even after its customers were merged; any other text is an identity of the file's own. `status` is not
kept: an order that says it was cancelled stays out.
"""

from .column import CURRENCY, CUSTOMER, Column, words

PURCHASES = (
    CUSTOMER,
    Column("purchase_id", "id", words("購入明細id 明細id 注文明細id 注文詳細id 受注明細id lineid lineitemid")),
    Column(
        "order_id",
        "id",
        words("""
            注文id 注文番号 注文no 注文コード 受注番号 受注id 受注no 伝票番号 伝票no 売上番号 取引番号
            オーダー番号 ご注文番号 レシート番号 order orderno ordernumber invoice invoiceno invoiceid
            receiptno transactionid
        """),
    ),
    Column(
        "purchased_at",
        "moment",
        words("""
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
        words("""
            金額 購入金額 注文金額 受注金額 売上 売上金額 売上高 販売金額 販売額 取引金額 決済金額 合計金額
            合計 購入額 利用金額 税込金額 税抜金額 税別金額 金額税込 金額税抜 税込売上 税抜売上 売上金額税込
            売上金額税抜 税込合計 税抜合計 total totalamount totalprice sales revenue subtotal
            amounttaxincluded amounttaxexcluded 小計 商品小計 明細金額 ご注文金額 注文合計 注文合計金額 お支払い合計
            お支払合計 お支払い合計金額 支払合計 支払い合計 合計額 総額 grandtotal ordertotal linetotal lineamount
        """),
        required=True,
        parts={"unit_price": words("単価 販売単価 商品単価 税込単価 税抜単価 unitprice")},
    ),
    Column(
        "product",
        "text",
        words("""
            商品 商品名 商品名称 品名 品目 製品 製品名 サービス名 メニュー 商品コード productname item itemname
            description sku
        """),
    ),
    Column("quantity", "number", words("数量 個数 点数 購入数 購入点数 注文数 数 qty units")),
    Column("tax_included", "boolean", words("税込 税込フラグ 税区分 taxincluded istaxincluded")),
    Column(
        "tax_rate",
        "rate",
        words("税率 消費税率 適用税率 taxrate"),
        parts={"reduced_rate": words("軽減税率 軽減税率対象 軽減税率区分 軽減対象 軽減 軽減フラグ")},
    ),
    Column(
        "status",
        "status",
        words("""
            注文状況 注文ステータス 受注状況 受注ステータス 対応状況 取引状況 orderstatus financialstatus 発送状況
            キャンセル キャンセル区分 キャンセルフラグ
        """),
    ),
    Column(
        "coupon_code",
        "id",
        words(
            "クーポン クーポンコード クーポン番号 利用クーポン 使用クーポン 割引コード coupon discountcode promocode"
        ),
    ),
    CURRENCY,
)

# Of a line, or of one piece? Asked where there is a quantity; without one it is the line's amount.
PRICES = words("価格 商品価格 販売価格 値段 price itemprice saleprice")
QUESTIONS: dict[str, tuple[str, ...]] = dict.fromkeys(PRICES, ("amount", "unit_price"))
