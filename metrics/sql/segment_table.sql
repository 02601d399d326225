-- Purpose: the empty table churn.sql reads segments from. One row per customer and period.
DROP TABLE IF EXISTS pg_temp.segment_at_start
;;
CREATE TEMP TABLE segment_at_start (first_on date, customer_id bigint, rfm_segment text, PRIMARY KEY (first_on, customer_id))
