-- Purpose: the logins of a chunk that are not stored yet.
-- One row per such line. Parameters: after, upto (lines). Reads: import_ready_logins, import_codes, customers_login.
-- Writes: import_chunk_logins.
INSERT INTO import_chunk_logins (line, code, logged_in_at, logged_in_on)
SELECT ready.line, ready.code, ready.logged_in_at, ready.logged_in_on
FROM import_ready_logins AS ready
JOIN import_codes AS codes ON codes.code = ready.code
LEFT JOIN customers_login AS stored
    ON stored.customer_id = codes.customer_id AND stored.logged_in_at = ready.logged_in_at
   AND stored.usage_id = ''
WHERE ready.line > %(after)s AND ready.line <= %(upto)s AND ready.reject IS NULL AND ready.is_last
  AND stored.id IS NULL
