-- Purpose: the purchase histories the models are fitted on, in an order that rows' own order cannot change.
-- One row per customer who bought: x, t_x, t_days as in activity; amount = mean per repeat purchase day (0 at x = 0).
-- Reads: temp activity.  Writes: nothing.
SELECT customer_id, x, t_x, t_days, CASE WHEN x > 0 THEN repeat_amount / x ELSE 0 END AS amount
  FROM activity
 WHERE first_purchase_on IS NOT NULL
 ORDER BY x, t_x, t_days, amount, customer_id
