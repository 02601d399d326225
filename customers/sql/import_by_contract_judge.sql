-- Purpose: a row that names both a customer and a contract of somebody else contradicts itself: it gets a code of its
--          own (beginning with a control character, which no file's code can) that is turned down.
-- One row per such staged line, and per contract named so. Not for contracts themselves, which say so on their own.
-- Reads: import_codes, customers_contract. Writes: import_staged, import_codes.
UPDATE import_staged AS staged
SET customer_id = E'\x1e' || staged.contract_id
FROM import_codes AS codes
WHERE codes.code = staged.customer_id AND codes.customer_id IS NOT NULL
  AND staged.contract_id IS NOT NULL AND staged.code IS NULL
  AND EXISTS (
    SELECT FROM customers_contract AS term
    JOIN customers_customer AS holder ON holder.id = term.customer_id
    WHERE term.contract_id = staged.contract_id
      AND coalesce(holder.merged_into_id, holder.id) <> codes.customer_id
  )
;;
INSERT INTO import_codes (code, first_line, reject)
SELECT staged.customer_id, min(staged.line), 'other_customer'
FROM import_staged AS staged
WHERE staged.customer_id LIKE E'\x1e%%'
GROUP BY staged.customer_id
