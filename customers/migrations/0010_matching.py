from django.db import migrations

FORWARD = """
CREATE UNLOGGED TABLE customers_matchkey (key bigint NOT NULL, kind smallint NOT NULL, customer_id bigint NOT NULL);
CREATE INDEX matchkeys_by_key ON customers_matchkey (key);
CREATE INDEX matchkeys_by_customer ON customers_matchkey (customer_id);
"""
BACKWARD = "DROP TABLE customers_matchkey;"


class Migration(migrations.Migration):
    """What customers are compared by (customers/matching.py). Rebuilt each night, so it needs no log."""

    dependencies = [("customers", "0006_search_functions")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
