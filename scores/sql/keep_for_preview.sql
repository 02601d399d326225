-- Purpose: sets the scores and stages just built aside, so that they can be built again under other settings.
-- One row per customer.  Reads: temp rfm, lifecycles.  Writes: temp rfm_before, lifecycles_before.
DROP TABLE IF EXISTS pg_temp.rfm_before
;;
CREATE TEMP TABLE rfm_before AS SELECT customer_id, r, f, m, rfm_segment FROM rfm
;;
DROP TABLE IF EXISTS pg_temp.lifecycles_before
;;
CREATE TEMP TABLE lifecycles_before AS SELECT customer_id, lifecycle FROM lifecycles
;;
ANALYZE rfm_before
;;
ANALYZE lifecycles_before
