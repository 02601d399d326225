-- Purpose: what customers bought and gave back, day by day, as known at the end of a day.
-- One row per customer and day in each table. All purchase lines of an order count on the day of its
-- earliest; a line without an order is an order of its own; refunds (amount < 0) count on their own day.
-- Who has no order of several lines needs no grouping by order: the order of the index will do, in half the time.
-- Reads: temp these_customers, these_purchases.  Writes: temp several_lines, purchase_days, refund_days.
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
;;
DROP TABLE IF EXISTS pg_temp.purchase_days
;;
CREATE TEMP TABLE purchase_days AS
WITH orders AS (
    SELECT p.customer_id,
           min(p.purchased_on) AS day,
           CASE WHEN p.order_id = '' THEN count(*) ELSE 1 END AS orders,
           sum(p.amount) AS amount
      FROM several_lines s
      JOIN these_customers c ON c.customer_id = s.customer_id
      JOIN these_purchases p ON p.customer_id = c.customer_id
     WHERE p.purchased_on <= %(as_of)s AND p.amount >= 0
     GROUP BY p.customer_id, p.order_id, CASE WHEN p.order_id = '' THEN p.purchased_on END
)
SELECT p.customer_id, p.purchased_on AS day, count(*)::integer AS orders, sum(p.amount) AS amount
  FROM these_customers c
  JOIN these_purchases p ON p.customer_id = c.customer_id
 WHERE p.purchased_on <= %(as_of)s AND p.amount >= 0
   AND c.customer_id NOT IN (SELECT customer_id FROM several_lines)
 GROUP BY p.customer_id, p.purchased_on
 UNION ALL
SELECT customer_id, day, sum(orders)::integer, sum(amount)
  FROM orders
 GROUP BY customer_id, day
;;
ANALYZE purchase_days (customer_id, day)
;;
DROP TABLE IF EXISTS pg_temp.refund_days
;;
CREATE TEMP TABLE refund_days AS
SELECT p.customer_id, p.purchased_on AS day, sum(p.amount) AS amount
  FROM these_purchases p
  JOIN these_customers c ON c.customer_id = p.customer_id
 WHERE p.purchased_on <= %(as_of)s AND p.amount < 0
 GROUP BY p.customer_id, p.purchased_on
;;
ANALYZE refund_days (customer_id, day)
