-- Purpose: the first three days on which customers bought, how many orders they have, and how they were won.
-- One row per customer who bought. Parameters: most (ways kept apart; the rest is one, '…').
-- Reads: temp purchase_days; customers_customer.  Writes: temp repeat_days.
DROP TABLE IF EXISTS pg_temp.repeat_days
;;
CREATE TEMP TABLE repeat_days AS
WITH ways AS (
    SELECT acquired_via AS via FROM customers_customer GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT %(most)s
)
SELECT p.customer_id,
       CASE WHEN c.acquired_via IN (SELECT via FROM ways) THEN c.acquired_via ELSE '…' END AS via,
       p.days[1] AS first_on, p.days[2] AS second_on, p.days[3] AS third_on, p.orders
  FROM (SELECT customer_id, array_agg(day ORDER BY day) AS days, sum(orders) AS orders
          FROM purchase_days GROUP BY customer_id) AS p
  JOIN customers_customer c ON c.id = p.customer_id
;;
ANALYZE repeat_days
