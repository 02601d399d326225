-- Purpose: statistics of purchase_days, once all lines are in it.
-- Reads: nothing.  Writes: temp purchase_days.
ANALYZE purchase_days (customer_id, day)
