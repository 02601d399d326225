from django.db import migrations

FORWARD = """
CREATE FUNCTION customers_bigrams(words text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
    SELECT coalesce(array_agg(DISTINCT substr(words, place, 2)), '{}')
      FROM generate_series(1, greatest(length(words) - 1, 0)) AS place
$$;
CREATE INDEX customers_by_bigrams ON customers_customer USING gin (customers_bigrams(search_text));
"""
BACKWARD = "DROP INDEX customers_by_bigrams; DROP FUNCTION customers_bigrams(text);"


class Migration(migrations.Migration):
    """Search on Japanese names: most terms have two characters, for which a trigram index is worse than none."""

    dependencies = [("customers", "0002_import_staging")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
