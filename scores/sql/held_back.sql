-- Purpose: what each customer's purchases looked like at the end of an earlier day, and what he then bought: the
-- back-test. The columns are those of activity, as of that day.
-- One row per customer who had bought by then (one_in > 1: of a sample of one customer in so many, by code). later:
-- purchase days after it, up to as_of; quiet: days from his last purchase to as_of.
-- Reads: temp purchase_days; customers_customer.  Writes: temp held_back.
DROP TABLE IF EXISTS pg_temp.held_back
;;
CREATE TEMP TABLE held_back AS
SELECT p.customer_id,
       count(*) FILTER (WHERE p.day <= %(held_from)s) - 1 AS x,
       max(p.day) FILTER (WHERE p.day <= %(held_from)s) - min(p.day) AS t_x,
       %(held_from)s::date - min(p.day) AS t_days,
       count(*) FILTER (WHERE p.day > %(held_from)s) AS later,
       %(as_of)s::date - max(p.day) AS quiet
  FROM purchase_days p
 WHERE %(one_in)s = 1 OR p.customer_id IN (
       SELECT id FROM customers_customer WHERE ('x' || substr(md5(code), 1, 8))::bit(32)::bigint %% %(one_in)s = 0)
 GROUP BY p.customer_id
HAVING min(p.day) <= %(held_from)s
