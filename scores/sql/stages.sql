-- Purpose: keeps the stages customers go through. Where the stage, or the day it began, is another than the open one,
-- what began on that day or later is disproved and goes, what was open then ends, and the new one is open.
-- One row per customer and stage.
-- Reads: temp scored.  Writes: scores_lifecyclestage, temp stage_changes.
DROP TABLE IF EXISTS pg_temp.stage_changes
;;
CREATE TEMP TABLE stage_changes AS
SELECT t.customer_id, t.lifecycle, t.lifecycle_since AS began_on
  FROM scored t
  LEFT JOIN scores_lifecyclestage h ON h.customer_id = t.customer_id AND h.ended_on IS NULL
 WHERE h.customer_id IS NULL OR (h.lifecycle, h.began_on) IS DISTINCT FROM (t.lifecycle, t.lifecycle_since)
;;
ANALYZE stage_changes
;;
DELETE FROM scores_lifecyclestage h
 USING stage_changes c
 WHERE h.customer_id = c.customer_id
   AND (c.began_on IS NULL OR h.began_on >= c.began_on OR (h.ended_on IS NULL AND h.lifecycle = c.lifecycle))
;;
UPDATE scores_lifecyclestage h
   SET ended_on = c.began_on
  FROM stage_changes c
 WHERE h.customer_id = c.customer_id AND (h.ended_on IS NULL OR h.ended_on > c.began_on)
;;
INSERT INTO scores_lifecyclestage (customer_id, lifecycle, began_on)
SELECT customer_id, lifecycle, began_on FROM stage_changes
