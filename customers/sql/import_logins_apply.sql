-- Purpose: write a classified chunk of logins.
-- One row per line of the chunk. Parameters: import_id, now. Reads: import_chunk_logins, import_codes.
-- Writes: customers_login, customers_touched.
INSERT INTO customers_login (customer_id, logged_in_at, logged_in_on, imported_id)
SELECT codes.customer_id, chunk.logged_in_at, chunk.logged_in_on, %(import_id)s
FROM import_chunk_logins AS chunk
JOIN import_codes AS codes ON codes.code = chunk.code
ORDER BY chunk.line
ON CONFLICT (customer_id, logged_in_at) WHERE usage_id = '' DO NOTHING
;;
INSERT INTO customers_touched (customer_id, at)
SELECT DISTINCT codes.customer_id, %(now)s::timestamptz
FROM import_chunk_logins AS chunk
JOIN import_codes AS codes ON codes.code = chunk.code
