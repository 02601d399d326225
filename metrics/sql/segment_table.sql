-- Purpose: the empty table standing.sql reads segments from. One row per customer and day before a period.
-- Reads: nothing.  Writes: temp segment_at_start.
DROP TABLE IF EXISTS pg_temp.segment_at_start
;;
CREATE TEMP TABLE segment_at_start (eve date, customer_id bigint, rfm_segment text, PRIMARY KEY (eve, customer_id))
