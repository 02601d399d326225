-- Purpose: the days of purchase of the lines at hand.
-- One row per customer and day.
-- Reads: temp these_lines.  Writes: temp purchase_days.
INSERT INTO purchase_days
SELECT customer_id, day, sum(orders)::integer, sum(amount)
  FROM these_lines
 GROUP BY customer_id, day
