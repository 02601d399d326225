-- Purpose: the customers behind one sum of revenue movements, the largest amounts first; one page of them.
-- One row per customer: was, became, amount. Parameters: those of movement_moved.sql, after_amount and after_id (go on
-- after them), most.  Reads: as movement_moved.sql.  Writes: nothing.
WITH
--> metrics/sql/movement_moved.sql
SELECT customer_id, was, became, amount
  FROM moved
 WHERE %(after_id)s::bigint IS NULL OR (-amount, customer_id) > (-%(after_amount)s::numeric, %(after_id)s)
 ORDER BY -amount, customer_id
 LIMIT %(most)s
