-- Purpose: empty day tables, where activity follows from purchases alone and none is needed.
-- Reads: nothing.  Writes: temp purchase_days, activity_days, active_spells.
DROP TABLE IF EXISTS pg_temp.purchase_days, pg_temp.activity_days, pg_temp.active_spells
;;
CREATE TEMP TABLE purchase_days (customer_id bigint, day date, orders integer, amount numeric)
;;
CREATE TEMP TABLE activity_days (customer_id bigint, day date)
;;
CREATE TEMP TABLE active_spells (customer_id bigint, from_on date, until_on date)
