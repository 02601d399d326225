-- Purpose: customers whose parent came in with the same import get it now that all are there.
-- One row per such customer. Parameters: import_id, now. Reads: import_ready_customers.
-- Writes: customers_customer, customers_importchange.
INSERT INTO customers_importchange (imported_id, line, model, row_id, before, after)
SELECT %(import_id)s, ready.line, 'customer', child.id, jsonb_build_object('parent_id', child.parent_id),
    jsonb_build_object('parent_id', head.id)
FROM import_ready_customers AS ready
JOIN customers_customer AS head ON head.code = ready.parent AND head.imported_id = %(import_id)s
JOIN customers_customer AS child ON child.code = ready.code
WHERE ready.is_last AND child.parent_id IS DISTINCT FROM head.id AND child.imported_id IS DISTINCT FROM %(import_id)s
ON CONFLICT (imported_id, model, row_id) DO UPDATE
SET before = excluded.before || customers_importchange.before, after = customers_importchange.after || excluded.after
;;
UPDATE customers_customer AS child
SET parent_id = head.id, version = child.version + 1, updated_at = %(now)s
FROM import_ready_customers AS ready
JOIN customers_customer AS head ON head.code = ready.parent AND head.imported_id = %(import_id)s
WHERE ready.is_last AND child.code = ready.code AND child.parent_id IS DISTINCT FROM head.id
