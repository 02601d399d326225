-- Purpose: the purchases known at the end of a day of those whose orders have one line each; a line without an order
-- is an order of its own. Its twin for the others is lines_of_orders.sql: the same columns.
-- One row per line.
-- Reads: temp these_customers, these_purchases, several_lines.  Writes: temp view these_lines.
CREATE OR REPLACE TEMP VIEW these_lines AS
SELECT p.customer_id, p.purchased_on AS day, 1::bigint AS orders, p.amount::numeric AS amount
  FROM these_customers c
  JOIN these_purchases p ON p.customer_id = c.customer_id
 WHERE p.purchased_on <= %(as_of)s AND p.amount >= 0
   AND p.customer_id NOT IN (SELECT customer_id FROM several_lines)
