-- Purpose: what customers bought and gave back, day by day, as known at the end of a day.
-- One row per customer and day in each table. All purchase lines of an order count on the day of its
-- earliest; a line without an order is an order of its own; refunds (amount < 0) count on their own day.
-- Reads: temp these_customers, these_purchases.  Writes: temp purchase_days, temp refund_days.
DROP TABLE IF EXISTS pg_temp.purchase_days
;;
CREATE TEMP TABLE purchase_days AS
WITH orders AS (
    SELECT customer_id,
           min(purchased_on) AS day,
           CASE WHEN order_id = '' THEN count(*) ELSE 1 END AS orders,
           sum(amount) AS amount
      FROM these_purchases
     WHERE purchased_on <= %(as_of)s AND amount >= 0
     GROUP BY customer_id, order_id, CASE WHEN order_id = '' THEN purchased_on END
)
SELECT o.customer_id, o.day, sum(o.orders)::integer AS orders, sum(o.amount) AS amount
  FROM orders o
  JOIN these_customers c ON c.customer_id = o.customer_id
 GROUP BY o.customer_id, o.day
;;
ANALYZE purchase_days
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
ANALYZE refund_days
