-- Purpose: parents named by any of their codes get the code they have with us.
-- One row per line that names a parent by another code. Parameters: source (another system; NULL: none).
-- Reads: customers_customer, customers_customercode. Writes: import_ready_customers.
UPDATE import_ready_customers AS ready
SET parent = found.own_code
FROM (
    SELECT DISTINCT ON (known.code) known.code, own.code AS own_code
    FROM (
        SELECT code, customer_id, 1 AS place FROM customers_customercode WHERE source = %(source)s::text
        UNION ALL
        SELECT code, id, 2 FROM customers_customer AS mine WHERE NOT EXISTS (
            SELECT FROM customers_customercode AS other WHERE other.source = %(source)s::text AND other.customer_id = mine.id
        )
        UNION ALL
        SELECT code, min(customer_id), 3 FROM customers_customercode
        WHERE %(source)s::text IS NULL GROUP BY code HAVING count(DISTINCT customer_id) = 1
    ) AS known
    JOIN customers_customer AS holder ON holder.id = known.customer_id
    JOIN customers_customer AS own ON own.id = coalesce(holder.merged_into_id, holder.id)
    WHERE known.code IN (SELECT named.parent FROM import_ready_customers AS named)
    ORDER BY known.code, known.place
) AS found
WHERE found.code = ready.parent AND found.own_code <> ready.parent
;;
UPDATE import_ready_customers AS ready
SET parent = %(source)s::text || ':' || ready.parent
WHERE %(source)s::text IS NOT NULL
  AND EXISTS (SELECT FROM import_ready_customers AS head WHERE head.code = %(source)s::text || ':' || ready.parent)
