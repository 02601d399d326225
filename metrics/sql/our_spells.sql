-- Purpose: sets the spells last built aside as ours, so that others can be built beside them and compared.
-- One row per customer and spell.
-- Reads: temp active_spells.  Writes: temp our_spells.
DROP TABLE IF EXISTS pg_temp.our_spells
;;
CREATE TEMP TABLE our_spells AS SELECT customer_id, from_on, until_on FROM active_spells
;;
CREATE INDEX ON our_spells (customer_id)
;;
ANALYZE our_spells
