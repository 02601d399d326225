-- Purpose: write a classified chunk of logins.
-- One row per line of the chunk. Parameters: import_id, now. Reads: import_chunk_logins, import_codes.
-- Writes: customers_login, customers_importchange, customers_touched.
INSERT INTO customers_login (customer_id, logged_in_at, logged_in_on)
SELECT codes.customer_id, chunk.logged_in_at, chunk.logged_in_on
FROM import_chunk_logins AS chunk
JOIN import_codes AS codes ON codes.code = chunk.code
ORDER BY chunk.line
ON CONFLICT (customer_id, logged_in_at) DO NOTHING
;;
INSERT INTO customers_importchange (imported_id, line, model, row_id, before)
SELECT %(import_id)s, chunk.line, 'login', made.id, NULL
FROM import_chunk_logins AS chunk
JOIN import_codes AS codes ON codes.code = chunk.code
JOIN customers_login AS made ON made.customer_id = codes.customer_id AND made.logged_in_at = chunk.logged_in_at
ON CONFLICT (imported_id, model, row_id) DO NOTHING
;;
INSERT INTO customers_touched (customer_id, at)
SELECT DISTINCT codes.customer_id, %(now)s::timestamptz
FROM import_chunk_logins AS chunk
JOIN import_codes AS codes ON codes.code = chunk.code
