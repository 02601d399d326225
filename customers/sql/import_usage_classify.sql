-- Purpose: the usage of a chunk that is new or changed, with the values that will stand. An empty cell keeps what is
--          stored, unless asked.
-- One row per such line. Parameters: after, upto (lines), clear, filled.
-- Reads: import_ready_usage, customers_login. Writes: import_chunk_usage.
INSERT INTO import_chunk_usage
    (line, row_id, code, usage_id, contact_id, feature, quantity, logged_in_at, logged_in_on)
SELECT standing.* FROM (
    SELECT ready.line, stored.id, ready.code, ready.usage_id,
        coalesce(ready.contact::bigint, CASE WHEN NOT (%(clear)s AND 'contact_id' = ANY (%(filled)s)) THEN stored.contact_id END) AS contact_id,
        coalesce(ready.feature, CASE WHEN NOT (%(clear)s AND 'feature' = ANY (%(filled)s)) THEN stored.feature END, '') AS feature,
        coalesce(ready.quantity, CASE WHEN NOT (%(clear)s AND 'quantity' = ANY (%(filled)s)) THEN stored.quantity END) AS quantity,
        ready.logged_in_at, ready.logged_in_on
    FROM import_ready_usage AS ready
    LEFT JOIN customers_login AS stored ON stored.usage_id = ready.usage_id AND stored.usage_id <> ''
    WHERE ready.line > %(after)s AND ready.line <= %(upto)s AND ready.is_last
) AS standing
LEFT JOIN customers_login AS stored ON stored.id = standing.id
WHERE stored.id IS NULL
   OR (stored.contact_id, stored.feature, stored.quantity, stored.logged_in_at)
    IS DISTINCT FROM (standing.contact_id, standing.feature, standing.quantity, standing.logged_in_at)
