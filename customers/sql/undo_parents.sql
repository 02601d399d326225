-- Purpose: head offices an import made stay where a branch of theirs that it made stays, up the tree.
-- One row per such head office. Parameters: import_id. Reads: customers_customer. Writes: customers_undokept.
INSERT INTO customers_undokept (imported_id, model, row_id, field, why, now, before)
WITH RECURSIVE upwards (id) AS (
    SELECT branch.parent_id
    FROM customers_undokept AS kept
    JOIN customers_customer AS branch ON branch.id = kept.row_id
    WHERE kept.imported_id = %(import_id)s AND kept.model = 'customer' AND kept.field = '' AND branch.parent_id IS NOT NULL
    UNION
    SELECT branch.parent_id
    FROM upwards
    JOIN customers_customer AS branch ON branch.id = upwards.id
    WHERE branch.parent_id IS NOT NULL
)
SELECT %(import_id)s, 'customer', head.id, '', 'in_use', '', ''
FROM upwards
JOIN customers_customer AS head ON head.id = upwards.id AND head.imported_id = %(import_id)s
WHERE NOT EXISTS (
    SELECT FROM customers_undokept AS kept
    WHERE kept.imported_id = %(import_id)s AND kept.model = 'customer' AND kept.field = '' AND kept.row_id = head.id
)
