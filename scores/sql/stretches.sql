-- Purpose: active_spells where activity follows from purchases alone, without laying out days; empty, lines of either
-- kind fill it (stretches_of_lines.sql). purchase_days then holds each customer's first day only.
-- One row per customer and spell; per customer.
-- Reads: nothing.  Writes: temp active_spells, purchase_days.
DROP TABLE IF EXISTS pg_temp.active_spells, pg_temp.purchase_days
;;
CREATE TEMP TABLE active_spells (customer_id bigint, from_on date, until_on date)
;;
CREATE TEMP TABLE purchase_days (customer_id bigint, day date, orders integer, amount numeric)
