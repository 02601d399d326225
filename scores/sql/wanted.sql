-- Purpose: the customers whose activity is computed anew: those given, those who have none yet, and those who are
-- no longer current but still have one.
-- One row per customer.  Parameters: ids.
-- Reads: customers_customer, scores_customeractivity.  Writes: temp wanted.
CREATE TEMP TABLE IF NOT EXISTS wanted (customer_id bigint PRIMARY KEY)
;;
TRUNCATE wanted
;;
INSERT INTO wanted
SELECT unnest(%(ids)s::bigint[])
UNION
SELECT COALESCE(c.id, k.customer_id)
  FROM (SELECT id FROM customers_customer WHERE archived_at IS NULL) c
  FULL JOIN scores_customeractivity k ON k.customer_id = c.id
 WHERE c.id IS NULL OR k.customer_id IS NULL
;;
ANALYZE wanted
