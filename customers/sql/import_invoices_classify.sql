-- Purpose: the invoices of a chunk that are new or changed, with the values that will stand. An empty cell keeps what
--          is stored, unless asked.
-- One row per such line. Parameters: after, upto (lines), clear, filled.
-- Reads: import_ready_invoices, customers_invoice. Writes: import_chunk_invoices.
INSERT INTO import_chunk_invoices (line, row_id, code, invoice_id, closed_on, due_on, paid_on, amount, method)
SELECT standing.* FROM (
    SELECT ready.line, stored.id, ready.code, ready.invoice_id,
        coalesce(ready.closed_on, CASE WHEN NOT (%(clear)s AND 'closed_on' = ANY (%(filled)s)) THEN stored.closed_on END) AS closed_on,
        coalesce(ready.due_on, CASE WHEN NOT (%(clear)s AND 'due_on' = ANY (%(filled)s)) THEN stored.due_on END) AS due_on,
        coalesce(ready.paid_on, CASE WHEN NOT (%(clear)s AND 'paid_on' = ANY (%(filled)s)) THEN stored.paid_on END) AS paid_on,
        ready.amount,
        coalesce(ready.method, CASE WHEN NOT (%(clear)s AND 'method' = ANY (%(filled)s)) THEN stored.method END, '') AS method
    FROM import_ready_invoices AS ready
    LEFT JOIN customers_invoice AS stored ON stored.invoice_id = ready.invoice_id
    WHERE ready.line > %(after)s AND ready.line <= %(upto)s AND ready.is_last
) AS standing
LEFT JOIN customers_invoice AS stored ON stored.id = standing.id
WHERE stored.id IS NULL
   OR (stored.closed_on, stored.due_on, stored.paid_on, stored.amount, stored.method)
    IS DISTINCT FROM (standing.closed_on, standing.due_on, standing.paid_on, standing.amount, standing.method)
