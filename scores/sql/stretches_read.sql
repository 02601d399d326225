-- Purpose: the first days out of the stretches, and their index, once all lines are in them.
-- One row per customer.
-- Reads: temp active_spells.  Writes: temp purchase_days.
INSERT INTO purchase_days SELECT customer_id, min(from_on), 1, 0 FROM active_spells GROUP BY customer_id
;;
CREATE INDEX ON active_spells (customer_id, from_on)
;;
ANALYZE active_spells
;;
ANALYZE purchase_days (customer_id, day)
