"""Notice given, moved or taken back marks the months since, in which churn counted by notice is another."""

from django.db import migrations

MARK = """
CREATE FUNCTION metrics_mark_notices() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO metrics_stale (kind, month, onward)
    SELECT DISTINCT 'notices', date_trunc('month', LEAST(went.cancelled_on, came.cancelled_on)::timestamp)::date, TRUE
      FROM went JOIN came USING (id)
     WHERE went.cancelled_on IS DISTINCT FROM came.cancelled_on;
    RETURN NULL;
END $$;
CREATE TRIGGER metrics_notice_changed AFTER UPDATE ON customers_contract
    REFERENCING OLD TABLE AS went NEW TABLE AS came
    FOR EACH STATEMENT EXECUTE FUNCTION metrics_mark_notices();
"""


class Migration(migrations.Migration):
    dependencies = [("metrics", "0009_reasons_of_leaving"), ("customers", "0014_contracts_by_renewal")]

    operations = [migrations.RunSQL(MARK, "DROP FUNCTION metrics_mark_notices() CASCADE;")]
