-- Purpose: gives customers another owner, dated as a change by hand is (customers.editing.remember): the first known
-- owner holds for all earlier time. One row per customer whose owner differs.
-- Parameters: ids, owner (NULL: nobody), on, now.  Reads: customers_customer.
-- Writes: customers_dimensionchange, customers_customer, customers_touched.
INSERT INTO customers_dimensionchange (customer_id, dimension, since, value)
SELECT c.id, 'owner', NULL, c.owner_id::text
  FROM customers_customer AS c
 WHERE c.id = ANY (%(ids)s) AND c.owner_id IS NOT NULL AND c.owner_id IS DISTINCT FROM %(owner)s
   AND NOT EXISTS (SELECT FROM customers_dimensionchange AS d WHERE d.customer_id = c.id AND d.dimension = 'owner')
;;
INSERT INTO customers_dimensionchange (customer_id, dimension, since, value)
SELECT c.id, 'owner', %(on)s, COALESCE(%(owner)s::text, '')
  FROM customers_customer AS c
 WHERE c.id = ANY (%(ids)s) AND c.owner_id IS DISTINCT FROM %(owner)s
   AND EXISTS (SELECT FROM customers_dimensionchange AS d WHERE d.customer_id = c.id AND d.dimension = 'owner')
ON CONFLICT (customer_id, dimension, since) DO UPDATE SET value = EXCLUDED.value
;;
INSERT INTO customers_touched (customer_id, at)
SELECT c.id, %(now)s FROM customers_customer AS c WHERE c.id = ANY (%(ids)s) AND c.owner_id IS DISTINCT FROM %(owner)s
;;
UPDATE customers_customer AS c SET owner_id = %(owner)s, version = c.version + 1, updated_at = %(now)s
 WHERE c.id = ANY (%(ids)s) AND c.owner_id IS DISTINCT FROM %(owner)s
