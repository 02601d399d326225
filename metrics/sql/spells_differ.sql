-- Purpose: where the spells just built differ from those kept.
-- One row per spell kept that is no more (gone), and per spell that is not kept yet (came).
-- Parameters: everybody (else the kept spells of those in temp wanted).
-- Reads: temp active_spells, wanted; metrics_spell.  Writes: temp gone, came.
CREATE TEMP TABLE IF NOT EXISTS wanted (customer_id bigint PRIMARY KEY)
;;
DROP TABLE IF EXISTS pg_temp.gone, pg_temp.came
;;
CREATE TEMP TABLE gone AS
SELECT k.id, k.customer_id, k.from_on, k.until_on
  FROM metrics_spell k
  LEFT JOIN active_spells s ON s.customer_id = k.customer_id AND s.from_on = k.from_on AND s.until_on = k.until_on
 WHERE s.customer_id IS NULL AND (%(everybody)s OR k.customer_id IN (SELECT customer_id FROM wanted))
;;
CREATE TEMP TABLE came AS
SELECT s.customer_id, s.from_on, s.until_on
  FROM active_spells s
  LEFT JOIN metrics_spell k ON k.customer_id = s.customer_id AND k.from_on = s.from_on AND k.until_on = s.until_on
 WHERE k.id IS NULL
;;
ANALYZE gone
;;
ANALYZE came
