"""The tables imports work in, for every kind (see 0002): the staged texts widened, and shapes for the new kinds."""

from django.db import migrations

STAGED = """
    contact_id text, department text, title text, is_primary text, role text, left_on text, contact_name text,
    corporate_number text, parent text, sales_owner text, deputy text, paused_from text, paused_to text,
    purchase_id text, interaction_id text, contact text, occurred_at text, direction text, category text, status text,
    priority text, resolved_at text, satisfaction text, subject text, body text, next_action text, next_on text,
    by text, channel text, state text, at text, source text, wording text, basis text, invoice_id text,
    closed_on text, due_on text, paid_on text, method text, usage_id text, feature text, used_at text, event_id text
"""
CONTRACTS = "paused_from date, paused_to date"
CUSTOMERS = "corporate_number text, parent text, sales_owner text, deputy text, contact_name text"
CHUNK_CUSTOMERS = "corporate_number text, parent_id bigint, sales_owner_id bigint, deputy_id bigint, contact_name text"

CONTACTS = """
    code text, contact_code text, name text, kana text, department text, title text, email text, phone text, role text,
    is_primary boolean, left_on date
"""
INTERACTIONS = """
    code text, line_key uuid, interaction_id text, contact text, occurred_at timestamptz, kind text, direction text,
    category text, status text, priority text, resolved_at timestamptz, satisfaction numeric(4, 1), competitor text,
    subject text, body text, next_action text, next_on date
"""
CONSENTS = """
    code text, channel text, address text, state text, at timestamptz, source text, wording text, basis text
"""
INVOICES = """
    code text, invoice_id text, closed_on date, due_on date, paid_on date, amount numeric(14, 2), method text
"""
USAGE = """
    code text, usage_id text, contact text, feature text, quantity numeric(14, 3), logged_in_at timestamptz,
    logged_in_on date
"""
EVENTS = "code text, line_key uuid, kind text, at timestamptz, data jsonb"

READY = "line bigint PRIMARY KEY, reject text, field text, is_last boolean"
CHUNK = "line bigint, row_id bigint"
TABLES = {
    "import_ready_contacts": f"{READY}, {CONTACTS}",
    "import_chunk_contacts": f"{CHUNK}, customer_id bigint, {CONTACTS}",
    "import_ready_interactions": f"{READY}, {INTERACTIONS}, by text",
    "import_chunk_interactions": f"{CHUNK}, contact_id bigint, {INTERACTIONS}, by_id bigint",
    "import_ready_consents": f"{READY}, {CONSENTS}",
    "import_chunk_consents": f"{CHUNK}, customer_id bigint, {CONSENTS}",
    "import_ready_invoices": f"{READY}, {INVOICES}",
    "import_chunk_invoices": f"{CHUNK}, {INVOICES}",
    "import_ready_usage": f"{READY}, {USAGE}",
    "import_chunk_usage": f"{CHUNK}, contact_id bigint, {USAGE}",
    "import_ready_events": f"{READY}, {EVENTS}",
    "import_chunk_events": f"{CHUNK}, {EVENTS}",
}
WIDER = {
    "import_staged": STAGED,
    "import_ready_contracts": CONTRACTS,
    "import_chunk_contracts": CONTRACTS,
    "import_ready_customers": CUSTOMERS,
    "import_chunk_customers": CHUNK_CUSTOMERS,
    "import_ready_purchases": "purchase_id text",
}


def _widen(table: str, columns: str) -> migrations.RunSQL:
    names = [column.split()[0] for column in columns.split(",") if column.strip() and not column.strip()[0].isdigit()]
    types = {name: " ".join(column.split()[1:]) for name, column in zip(names, columns.split(","), strict=True)}
    more = ", ".join(f"ADD COLUMN {name} {kind}" for name, kind in types.items())
    less = ", ".join(f"DROP COLUMN {name}" for name in names)
    return migrations.RunSQL(f"ALTER TABLE {table} {more}", f"ALTER TABLE {table} {less}")


class Migration(migrations.Migration):
    dependencies = [("customers", "0004_data_in")]

    operations = [
        *(_widen(table, columns) for table, columns in WIDER.items()),
        *(
            migrations.RunSQL(f"CREATE UNLOGGED TABLE {name} ({columns})", f"DROP TABLE {name}")
            for name, columns in TABLES.items()
        ),
    ]
