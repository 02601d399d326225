-- Purpose: write a classified chunk of invoices: before-images, changed and new rows, marks.
-- One row per line of the chunk. Parameters: import_id, now. Reads: import_chunk_invoices, import_codes.
-- Writes: customers_invoice, customers_importchange, customers_touched.
INSERT INTO customers_importchange (imported_id, line, model, row_id, before, after)
SELECT %(import_id)s, chunk.line, 'invoice', stored.id, diff.before, diff.after
FROM import_chunk_invoices AS chunk
JOIN customers_invoice AS stored ON stored.id = chunk.row_id
CROSS JOIN LATERAL (
    SELECT jsonb_object_agg(key, was.value) AS before, jsonb_object_agg(key, will.value) AS after
    FROM jsonb_each(to_jsonb(stored)) AS was JOIN jsonb_each(to_jsonb(chunk)) AS will USING (key)
    WHERE was.value <> will.value
) AS diff
WHERE diff.before IS NOT NULL
ON CONFLICT (imported_id, model, row_id) DO NOTHING
;;
UPDATE customers_invoice AS stored
SET closed_on = chunk.closed_on, due_on = chunk.due_on, paid_on = chunk.paid_on, amount = chunk.amount,
    method = chunk.method
FROM import_chunk_invoices AS chunk
WHERE stored.id = chunk.row_id
;;
INSERT INTO customers_invoice (customer_id, invoice_id, closed_on, due_on, paid_on, amount, method, imported_id)
SELECT codes.customer_id, chunk.invoice_id, chunk.closed_on, chunk.due_on, chunk.paid_on, chunk.amount, chunk.method,
    %(import_id)s
FROM import_chunk_invoices AS chunk
JOIN import_codes AS codes ON codes.code = chunk.code
WHERE chunk.row_id IS NULL
ORDER BY chunk.line
;;
INSERT INTO customers_touched (customer_id, at)
SELECT DISTINCT codes.customer_id, %(now)s::timestamptz
FROM import_chunk_invoices AS chunk
JOIN import_codes AS codes ON codes.code = chunk.code
