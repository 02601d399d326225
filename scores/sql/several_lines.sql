-- Purpose: whose purchases have to be put together by order: those with an order of several lines. All purchase lines
-- of an order count on the day of its earliest; who has none needs no grouping, the order of the index will do.
-- One row per such customer in scope.
-- Reads: temp these_purchases.  Writes: temp several_lines.
DROP VIEW IF EXISTS pg_temp.these_lines
;;
DROP TABLE IF EXISTS pg_temp.several_lines
;;
CREATE TEMP TABLE several_lines AS
SELECT customer_id
  FROM these_purchases
 WHERE purchased_on <= %(as_of)s AND amount >= 0 AND order_id <> ''
 GROUP BY customer_id
HAVING count(*) > count(DISTINCT order_id)
;;
ANALYZE several_lines
