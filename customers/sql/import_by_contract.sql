-- Purpose: rows that name a contract instead of a customer get its customer's code; for an unknown contract a text no
--          code can be (it begins with a control character), which import_codes_judge.sql turns down.
-- One row per staged line without a customer that names a contract.
-- Reads: customers_contract, customers_customer. Writes: import_staged.
UPDATE import_staged AS staged
SET customer_id = coalesce(
    (
        SELECT customer.code FROM customers_contract AS term
        JOIN customers_customer AS customer ON customer.id = term.customer_id
        WHERE term.contract_id = staged.contract_id
        ORDER BY term.starts_on DESC LIMIT 1
    ),
    E'\x1f' || staged.contract_id
)
WHERE staged.customer_id IS NULL AND staged.contract_id IS NOT NULL AND staged.code IS NULL
