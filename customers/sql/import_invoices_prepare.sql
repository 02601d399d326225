-- Purpose: typed invoices. A number belongs to the customer who has it, else to the one of its first line; of a
--          number's rows the last counts.
-- One row per staged line that can be read. Reads: import_staged, import_codes, customers_invoice.
-- Writes: import_ready_invoices.
INSERT INTO import_ready_invoices
    (line, reject, field, is_last, code, invoice_id, closed_on, due_on, paid_on, amount, method)
SELECT staged.line, codes.reject,
    CASE
        WHEN codes.reject IN ('unknown_contract', 'other_customer') THEN 'contract_id'
        WHEN codes.reject IS NOT NULL THEN 'customer_id'
    END,
    false, staged.customer_id, staged.invoice_id, staged.closed_on::date, staged.due_on::date, staged.paid_on::date,
    staged.amount::numeric(14, 2), staged.method
FROM import_staged AS staged
JOIN import_codes AS codes ON codes.code = staged.customer_id
WHERE staged.code IS NULL
;;
ANALYZE import_ready_invoices
;;
UPDATE import_ready_invoices AS ready
SET reject = 'taken_id', field = 'invoice_id'
FROM (
    SELECT DISTINCT ON (held.invoice_id) held.invoice_id, held.who
    FROM (
        SELECT stored.invoice_id, 'id' || stored.customer_id AS who, 0 AS line
        FROM customers_invoice AS stored
        JOIN import_ready_invoices AS mine ON mine.invoice_id = stored.invoice_id
        UNION ALL
        SELECT mine.invoice_id, coalesce('id' || codes.customer_id, 'code' || mine.code), mine.line
        FROM import_ready_invoices AS mine
        JOIN import_codes AS codes ON codes.code = mine.code
        WHERE mine.reject IS NULL
    ) AS held
    ORDER BY held.invoice_id, held.line
) AS holder, import_codes AS codes
WHERE holder.invoice_id = ready.invoice_id AND codes.code = ready.code AND ready.reject IS NULL
  AND holder.who <> coalesce('id' || codes.customer_id, 'code' || ready.code)
;;
UPDATE import_ready_invoices AS ready
SET is_last = true
FROM (
    SELECT DISTINCT ON (invoice_id) line FROM import_ready_invoices
    WHERE reject IS NULL
    ORDER BY invoice_id, line DESC
) AS last_one
WHERE last_one.line = ready.line
