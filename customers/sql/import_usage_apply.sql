-- Purpose: write a classified chunk of usage: before-images, changed and new rows, marks.
-- One row per line of the chunk. Parameters: import_id, now. Reads: import_chunk_usage, import_codes.
-- Writes: customers_login, customers_importchange, customers_touched.
INSERT INTO customers_importchange (imported_id, line, model, row_id, before, after)
SELECT %(import_id)s, chunk.line, 'login', stored.id, diff.before, diff.after
FROM import_chunk_usage AS chunk
JOIN customers_login AS stored ON stored.id = chunk.row_id
CROSS JOIN LATERAL (
    SELECT jsonb_object_agg(key, was.value) AS before, jsonb_object_agg(key, will.value) AS after
    FROM jsonb_each(to_jsonb(stored)) AS was JOIN jsonb_each(to_jsonb(chunk)) AS will USING (key)
    WHERE was.value <> will.value
) AS diff
WHERE diff.before IS NOT NULL
ON CONFLICT (imported_id, model, row_id) DO NOTHING
;;
UPDATE customers_login AS stored
SET contact_id = chunk.contact_id, feature = chunk.feature, quantity = chunk.quantity,
    logged_in_at = chunk.logged_in_at, logged_in_on = chunk.logged_in_on
FROM import_chunk_usage AS chunk
WHERE stored.id = chunk.row_id
;;
INSERT INTO customers_login
    (customer_id, usage_id, contact_id, feature, quantity, logged_in_at, logged_in_on, imported_id)
SELECT codes.customer_id, chunk.usage_id, chunk.contact_id, chunk.feature, chunk.quantity, chunk.logged_in_at,
    chunk.logged_in_on, %(import_id)s
FROM import_chunk_usage AS chunk
JOIN import_codes AS codes ON codes.code = chunk.code
WHERE chunk.row_id IS NULL
ORDER BY chunk.line
;;
INSERT INTO customers_touched (customer_id, at)
SELECT DISTINCT codes.customer_id, %(now)s::timestamptz
FROM import_chunk_usage AS chunk
JOIN import_codes AS codes ON codes.code = chunk.code
