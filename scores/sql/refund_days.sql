-- Purpose: what customers gave back, day by day, as known at the end of a day: refunds (amount < 0) count on their own
-- day, whatever their order.
-- One row per customer and day.
-- Reads: temp these_customers, these_purchases.  Writes: temp refund_days.
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
