-- Purpose: new customers of a chunk whose codes are those of another system are known by them from now on.
-- One row per customer made. Parameters: source, import_id.
-- Reads: import_codes, customers_customer. Writes: customers_customercode.
INSERT INTO customers_customercode (customer_id, source, code)
SELECT made.id, %(source)s, codes.code
FROM import_codes AS codes
JOIN customers_customer AS made
  ON made.code IN (codes.code, %(source)s || ':' || codes.code) AND made.imported_id = %(import_id)s
WHERE codes.reject IS NULL
  AND NOT EXISTS (
    SELECT FROM customers_customercode AS known WHERE known.source = %(source)s AND known.customer_id = made.id
  )
ON CONFLICT DO NOTHING
