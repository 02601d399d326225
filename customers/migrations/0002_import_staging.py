"""Shapes of the tables an import works in.

Each running import has its own copies in a schema `import_<id>` (LIKE these, unlogged), found first on its search
path; the ones made here stay empty. So the statements in customers/sql are constant texts that can be EXPLAINed.
"""

from django.db import migrations

TABLES = {
    # Canonical texts of the file, a row a line; `code` and `col`: why and where a row cannot be read.
    "import_staged": """
        line bigint, code text, col text, customer_id text, name text, kana text, kind text, company text, email text,
        other_emails text, phone text, postal_code text, address text, industry text, region text, owner text,
        joined_on text, birth_on text, tags text, mail_ok text, postal_ok text, phone_ok text, acquired_via text,
        attributes text, order_id text, purchased_at text, amount text, product text, quantity text, tax_included text,
        tax_rate text, logged_in_at text, contract_id text, plan text, mrr text, billing_cycle text, starts_on text,
        renews_on text, cancelled_on text, ends_on text, last_service_on text, is_trial text, auto_renew text,
        notice_days text, seats text, reason text, competitor text
    """,
    # The customer codes of the file: who they are, or why they cannot be used.
    "import_codes": "code text PRIMARY KEY, first_line bigint, alike text, customer_id bigint, reject text",
    # The owners of the file: the user, or why none.
    "import_owners": "owner text PRIMARY KEY, user_id bigint, reject text",
    # Rows ready to be compared: typed, unique, each line at most once; `reject` and `field`: why they stay out.
    "import_ready_customers": """
        line bigint PRIMARY KEY, reject text, field text, is_last boolean, code text, name text, kana text, kind text,
        company text, email text, other_emails text, phone text, postal_code text, address text, industry text,
        region text, owner text, joined_on date, birth_on date, tags text[], mail_ok boolean, postal_ok boolean,
        phone_ok boolean, acquired_via text, attributes jsonb
    """,
    "import_ready_purchases": """
        line bigint PRIMARY KEY, reject text, field text, code text, line_key uuid, order_id text, product text,
        nth integer, purchased_at timestamptz, purchased_on date, amount numeric(14, 2), quantity numeric(12, 3),
        tax_rate numeric(5, 2)
    """,
    "import_ready_logins": """
        line bigint PRIMARY KEY, reject text, field text, is_last boolean, code text, logged_in_at timestamptz,
        logged_in_on date
    """,
    "import_ready_contracts": """
        line bigint PRIMARY KEY, reject text, field text, is_last boolean, code text, contract_id text, plan text,
        mrr numeric(14, 2), billing_cycle text, starts_on date, renews_on date, cancelled_on date, ends_on date,
        is_trial boolean, auto_renew boolean, notice_days integer, seats integer, reason text, competitor text
    """,
    # Rows of the chunk being written that make or change something, with the values that will stand.
    "import_chunk_customers": """
        line bigint, customer_id bigint, contact_id bigint, is_new boolean, code text, name text, kana text, kind text,
        company text, email text, other_emails text, phone text, postal_code text, address text, industry text,
        region text, owner_id bigint, joined_on date, birth_on date, tags text[], acquired_via text, attributes jsonb,
        needs_contact boolean, mail_no boolean, postal_no boolean, phone_no boolean
    """,
    "import_chunk_purchases": """
        line bigint, purchase_id bigint, code text, line_key uuid, order_id text, product text, nth integer,
        purchased_at timestamptz, purchased_on date, amount numeric(14, 2), quantity numeric(12, 3),
        tax_rate numeric(5, 2)
    """,
    "import_chunk_logins": "line bigint, code text, logged_in_at timestamptz, logged_in_on date",
    "import_chunk_contracts": """
        line bigint, term_id bigint, code text, contract_id text, plan text, mrr numeric(14, 2), billing_cycle text,
        starts_on date, renews_on date, cancelled_on date, ends_on date, is_trial boolean, auto_renew boolean,
        notice_days integer, seats integer, reason text, competitor text
    """,
}


class Migration(migrations.Migration):
    dependencies = [("customers", "0001_initial")]

    operations = [
        migrations.RunSQL(f"CREATE UNLOGGED TABLE {name} ({columns})", f"DROP TABLE {name}")
        for name, columns in TABLES.items()
    ]
