-- Purpose: how many unchanged lines of a chunk stand there from another file (or from no file): the same purchases
--          told twice, or two equal ones of which the second would be lost.
-- One row: met. Parameters: after, upto (lines), sha256 (of this file).
-- Reads: import_ready_purchases, import_chunk_purchases, customers_purchase, customers_import. Writes: nothing.
SELECT count(*) AS met
FROM import_ready_purchases AS ready
JOIN customers_purchase AS stored ON stored.line_key = ready.line_key
LEFT JOIN customers_import AS origin ON origin.id = stored.imported_id
WHERE ready.line > %(after)s AND ready.line <= %(upto)s AND ready.reject IS NULL
  AND origin.sha256 IS DISTINCT FROM %(sha256)s
  AND NOT EXISTS (SELECT FROM import_chunk_purchases AS chunk WHERE chunk.line = ready.line)
