-- Purpose: rows whose parents, by the file and by what is stored, lead round in a circle stay out; then the last of the
--          rows that are left counts.
-- One row per such line. Reads: customers_customer. Writes: import_ready_customers.
WITH RECURSIVE given AS MATERIALIZED (
    SELECT code, parent FROM import_ready_customers WHERE is_last AND parent IS NOT NULL
), edges AS MATERIALIZED (
    SELECT code, parent FROM given
    UNION ALL
    SELECT child.code, head.code
    FROM customers_customer AS child
    JOIN customers_customer AS head ON head.id = child.parent_id
    WHERE child.parent_id IS NOT NULL AND child.code NOT IN (SELECT code FROM given)
), walk (code, reached, path, is_loop) AS (
    SELECT code, parent, ARRAY[code], parent = code FROM given
    UNION ALL
    SELECT walk.code, edges.parent, walk.path || walk.reached, edges.parent = ANY (walk.path || walk.reached)
    FROM walk JOIN edges ON edges.code = walk.reached
    WHERE NOT walk.is_loop
)
UPDATE import_ready_customers AS ready
SET reject = 'parent_loop', field = 'parent', is_last = false
WHERE ready.reject IS NULL AND ready.parent IS NOT NULL AND ready.code IN (SELECT code FROM walk WHERE is_loop)
;;
UPDATE import_ready_customers AS ready
SET is_last = true
FROM (
    SELECT DISTINCT ON (mine.code) mine.line
    FROM import_ready_customers AS mine
    WHERE mine.reject IS NULL AND NOT EXISTS (
        SELECT FROM import_ready_customers AS other WHERE other.code = mine.code AND other.is_last
    )
    ORDER BY mine.code, mine.line DESC
) AS next_best
WHERE next_best.line = ready.line
