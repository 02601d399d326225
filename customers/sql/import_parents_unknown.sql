-- Purpose: rows whose parent neither is there nor comes in with this file stay out, and so do those below them; then the
--          last of the rows that are left counts.
-- One row per such line. Reads: customers_customer. Writes: import_ready_customers.
WITH RECURSIVE sound (code) AS (
    SELECT ready.code FROM import_ready_customers AS ready
    WHERE ready.reject IS NULL
      AND (ready.parent IS NULL OR EXISTS (SELECT FROM customers_customer AS head WHERE head.code = ready.parent))
    UNION
    SELECT child.code FROM sound
    JOIN import_ready_customers AS child ON child.parent = sound.code AND child.reject IS NULL
)
UPDATE import_ready_customers AS ready
SET reject = 'unknown_parent', field = 'parent', is_last = false
WHERE ready.reject IS NULL AND ready.parent IS NOT NULL AND ready.parent NOT IN (SELECT code FROM sound)
  AND NOT EXISTS (SELECT FROM customers_customer AS head WHERE head.code = ready.parent)
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
