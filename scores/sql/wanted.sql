-- Purpose: the customers whose activity is computed anew: those given, those who have none yet, those who are no longer
-- current but still have one, and those who have a term of a contract of one of these (a later term ends the one
-- before, also where it is another customer's).
-- One row per customer.  Parameters: ids.
-- Reads: customers_customer, customers_contract, scores_customeractivity.  Writes: temp wanted.
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
INSERT INTO wanted
SELECT DISTINCT other.customer_id
  FROM wanted w
  JOIN customers_contract mine ON mine.customer_id = w.customer_id
  JOIN customers_contract other ON other.contract_id = mine.contract_id
    ON CONFLICT DO NOTHING
;;
ANALYZE wanted
