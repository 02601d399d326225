-- Purpose: what customers bought, day by day, as known at the end of a day; empty, lines of either kind fill it.
-- One row per customer and day.
-- Reads: nothing.  Writes: temp purchase_days.
DROP TABLE IF EXISTS pg_temp.purchase_days
;;
CREATE TEMP TABLE purchase_days (customer_id bigint, day date, orders integer, amount numeric)
