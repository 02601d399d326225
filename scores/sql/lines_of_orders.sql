-- Purpose: the purchases known at the end of a day of those with orders of several lines, put together by order, each
-- on the day of its earliest line; lines without an order are put together by day, each an order of its own.
-- One row per order, or day of lines without one. Its twin for the others is lines_plain.sql: the same columns.
-- Reads: temp these_customers, these_purchases, several_lines.  Writes: temp view these_lines.
CREATE OR REPLACE TEMP VIEW these_lines AS
SELECT p.customer_id,
       min(p.purchased_on) AS day,
       CASE WHEN p.order_id = '' THEN count(*) ELSE 1 END AS orders,
       sum(p.amount) AS amount
  FROM several_lines s
  JOIN these_customers c ON c.customer_id = s.customer_id
  JOIN these_purchases p ON p.customer_id = c.customer_id
 WHERE p.purchased_on <= %(as_of)s AND p.amount >= 0
 GROUP BY p.customer_id, p.order_id, CASE WHEN p.order_id = '' THEN p.purchased_on END
