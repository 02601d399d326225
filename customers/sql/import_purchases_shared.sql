-- Purpose: what an order's first line says of the order (customer, moment, state) holds for its further lines too, and so
--          does the reason that keeps the first line out. Only where the mapping says the file is written that way.
-- One row per further line of an order. Reads: import_staged. Writes: import_staged.
UPDATE import_staged AS further
SET customer_id = coalesce(further.customer_id, head.customer_id),
    purchased_at = coalesce(further.purchased_at, head.purchased_at),
    tax_included = coalesce(further.tax_included, head.tax_included),
    status = coalesce(further.status, head.code, head.status)
FROM (
    SELECT DISTINCT ON (staged.order_id) staged.order_id, staged.line, staged.code, staged.customer_id, staged.purchased_at,
        staged.tax_included, staged.status
    FROM import_staged AS staged
    WHERE staged.order_id IS NOT NULL
    ORDER BY staged.order_id, staged.line
) AS head
WHERE further.order_id = head.order_id AND further.line <> head.line AND further.code IS NULL
