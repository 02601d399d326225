"""What the tests of undoing share: bring a file in, take it back, and all that is known of customers as lines."""

import datetime as dt

from django.core.files.base import ContentFile
from django.db import connection

from customers.importing import running, undoing
from customers.models import Import, UndoKept

NOW = dt.datetime(2026, 11, 21, 3, tzinfo=dt.UTC)
LATER = NOW + dt.timedelta(days=1)


def bring(kind, text, *, now=NOW, mapping=None, by=None, **options):
    source = ContentFile(text.encode())
    queued = running.start(kind=kind, source=source, file_name="f.csv", mapping=mapping or {}, options=options, by=by)
    done = running.run(import_id=queued.pk, now=now)
    assert done.state == Import.State.DONE, done.error
    return done


def undo(imported, *, by=None, now=LATER):
    """Looks first, then does it: what the look said must be what came of it."""
    looked = undoing.look(imported, now=now)
    undoing.begin(import_id=imported.pk, by=by)
    undone = undoing.run(import_id=imported.pk, now=now)
    assert undone.state == Import.State.UNDONE
    assert undone.undone_at == now
    numbers = {name: value for name, value in undone.undone.items() if name != "was"}
    assert {name: looked[name] for name in numbers} == numbers
    return undone


def kept():
    return [(row.model, row.field, row.why, row.now, row.before) for row in UndoKept.objects.order_by("id")]


STATE = """
    SELECT concat_ws(',', 'customer', code, kind, name, kana, sort_key, search_text, company, postal_code, address,
        industry, region, owner_id, corporate_number, sales_owner_id, deputy_id, parent_id,
        joined_on, birth_on, acquired_via, tags, attributes) AS line FROM customers_customer
    UNION ALL SELECT concat_ws(',', 'contact', c.code, t.code, t.name, t.kana, t.department, t.title, t.email, t.phone,
        t.role, t.is_primary, t.left_on) FROM customers_contact t JOIN customers_customer c ON c.id = t.customer_id
    UNION ALL SELECT concat_ws(',', 'dimension', c.code, d.dimension, d.since, d.value)
        FROM customers_dimensionchange d JOIN customers_customer c ON c.id = d.customer_id
    UNION ALL SELECT concat_ws(',', 'purchase', c.code, p.line_key, p.order_id, d.name, p.nth, p.purchased_at,
        p.purchased_on, p.amount, p.quantity, p.tax_rate) FROM customers_purchase p
        JOIN customers_customer c ON c.id = p.customer_id LEFT JOIN customers_product d ON d.id = p.product_id
    UNION ALL SELECT concat_ws(',', 'product', name) FROM customers_product
    UNION ALL SELECT concat_ws(',', 'login', c.code, logged_in_at, logged_in_on, usage_id, feature, quantity)
        FROM customers_login l JOIN customers_customer c ON c.id = l.customer_id
    UNION ALL SELECT concat_ws(',', 'contract', c.code, k.contract_id, k.plan, k.mrr, k.starts_on, k.renews_on,
        k.cancelled_on, k.ends_on, k.is_trial, k.auto_renew, k.notice_days, k.seats, k.reason, k.competitor,
        k.paused_from, k.paused_to) FROM customers_contract k JOIN customers_customer c ON c.id = k.customer_id
    UNION ALL SELECT concat_ws(',', 'interaction', c.code, i.interaction_id, i.occurred_at, i.kind, i.subject, i.body,
        i.status, i.next_on) FROM customers_interaction i JOIN customers_customer c ON c.id = i.customer_id
    UNION ALL SELECT concat_ws(',', 'invoice', c.code, v.invoice_id, v.due_on, v.paid_on, v.amount, v.method)
        FROM customers_invoice v JOIN customers_customer c ON c.id = v.customer_id
    UNION ALL SELECT concat_ws(',', 'event', c.code, e.kind, e.at, e.data)
        FROM customers_event e JOIN customers_customer c ON c.id = e.customer_id
    UNION ALL SELECT concat_ws(',', 'stop', channel, address, reason) FROM customers_suppression WHERE lifted_at IS NULL
    UNION ALL SELECT DISTINCT ON (channel, address) concat_ws(',', 'mailable', channel, address) FROM (
        SELECT DISTINCT ON (channel, address) channel, address, state FROM customers_consent
        ORDER BY channel, address, id DESC) AS last WHERE state = 'granted'
    ORDER BY line
"""


def state():
    """Everything that is known of customers, apart from ids, moments of writing and what is computed."""
    with connection.cursor() as cursor:
        cursor.execute(STATE)
        return [line for (line,) in cursor.fetchall()]


PEOPLE = """customer_id,name,kind,email,phone,industry,region,owner,tags
C1,山田 太郎,個人,taro@example.jp,03-1111-1111,小売,関東,佐藤,VIP
C2,青木商店,企業,info@example.jp,,卸売,関西,佐藤,
C3,鈴木 花子,個人,hanako@example.jp,,,,,
"""
PEOPLE_CHANGED = """customer_id,name,kind,email,phone,industry,region,owner,tags
C1,山田 次郎,個人,jiro@example.jp,03-1111-1111,小売,関西,田中,VIP;展示会
C2,青木商店,企業,info@example.jp,,製造,関西,佐藤,
C4,新井,個人,arai@example.jp,,,,,
"""
LINES = """customer_id,order_id,purchased_at,amount,product
C1,A,2024-04-01 10:00,100,ペン
C1,B,2024-04-02 10:00,200,ノート
C2,C,2024-04-03 10:00,300,ペン
"""
LINES_CHANGED = """customer_id,order_id,purchased_at,amount,product
C1,A,2024-04-05 10:00,150,ペン
C2,B,2024-04-02 10:00,200,ノート
C5,D,2024-04-04 10:00,400,消しゴム
"""
LOGINS = "customer_id,logged_in_at\nC1,2024-04-01 10:00\nC2,2024-04-02 10:00\n"
LOGINS_MORE = "customer_id,logged_in_at\nC1,2024-04-01 10:00\nC1,2024-05-01 10:00\nC6,2024-04-02 10:00\n"
TERMS = """contract_id,customer_id,plan,mrr,starts_on
K1,C1,標準,1000,2024-01-01
K2,C2,標準,2000,2024-01-01
"""
TERMS_CHANGED = """contract_id,customer_id,plan,mrr,starts_on,cancelled_on
K1,C1,上級,3000,2024-06-01,
K2,C2,標準,2500,2024-01-01,2024-05-01
K3,C7,標準,900,2024-01-01,
"""
STAFF = """customer_id,contact_id,name,email,is_primary,department
C1,P1,田村 一,tamura@example.jp,1,営業
C1,P2,木村 二,kimura@example.jp,,経理
C2,P3,中村 三,nakamura@example.jp,1,
"""
STAFF_CHANGED = """customer_id,contact_id,name,email,is_primary,department
C1,P1,田村 一,tamura@example.jp,,営業
C1,P2,木村 二郎,kimura@example.jp,1,経理
C1,P4,西村 四,nishimura@example.jp,,
C2,P3,中村 三,nakamura2@example.jp,1,総務
"""
CALLS = """customer_id,interaction_id,occurred_at,kind,subject,body,next_action,next_on
C1,I1,2024-04-01 10:00,電話,納期,遅れている,折り返し,2024-04-10
C2,I2,2024-04-02 10:00,訪問,挨拶,,,
"""
CALLS_CHANGED = """customer_id,interaction_id,occurred_at,kind,subject,body,next_action,next_on
C1,I1,2024-04-01 11:00,電話,納期,解決した,,
C2,I2,2024-04-02 10:00,訪問,挨拶,,資料を送る,2024-04-20
C2,I3,2024-04-03 10:00,メール,見積,,,
"""
BILLS = "customer_id,invoice_id,due_on,amount,method\nC1,V1,2024-04-30,1000,振込\nC2,V2,2024-04-30,2000,振込\n"
BILLS_CHANGED = """customer_id,invoice_id,due_on,paid_on,amount,method
C1,V1,2024-04-30,2024-05-02,1000,カード
C2,V3,2024-05-31,,500,
"""
USES = """customer_id,usage_id,contact_id,used_at,feature,quantity
C1,U1,,2024-04-01 10:00,一覧,1
C1,U2,,2024-04-02 10:00,検索,2
"""
USES_CHANGED = (
    "customer_id,usage_id,used_at,feature,quantity\nC1,U1,2024-04-03 10:00,詳細,5\nC2,U3,2024-04-02 10:00,検索,2\n"
)
NEWS = "customer_id,event_id,kind,occurred_at,reason\nC1,E1,churned,2024-06-01,価格\nC2,E2,opened,2024-04-02,\n"
NEWS_CHANGED = "customer_id,event_id,kind,occurred_at,reason\nC1,E1,churned,2024-06-02,機能\nC2,E3,opened,2024-05-02,\n"
WORDS = """customer_id,channel,address,state,at,source,wording
C1,mail,taro@example.jp,refused,2024-04-01 10:00,web,
C2,phone,03-2222-2222,refused,2024-04-02 10:00,call,
"""
WORDS_MORE = """customer_id,channel,address,state,at,source,wording
C1,mail,taro@example.jp,refused,2024-05-01 10:00,mail,
C3,mail,hanako@example.jp,refused,2024-04-02 10:00,web,
"""
KINDS = {
    "customers": (PEOPLE, PEOPLE_CHANGED),
    "purchases": (LINES, LINES_CHANGED),
    "logins": (LOGINS, LOGINS_MORE),
    "contracts": (TERMS, TERMS_CHANGED),
    "contacts": (STAFF, STAFF_CHANGED),
    "interactions": (CALLS, CALLS_CHANGED),
    "invoices": (BILLS, BILLS_CHANGED),
    "usage": (USES, USES_CHANGED),
    "events": (NEWS, NEWS_CHANGED),
    "consents": (WORDS, WORDS_MORE),
}
