-- Purpose: cohort_presence.sql with the monthly amounts from what is kept instead of what was built.
-- One row per customer and period. Parameters: those of cohort_presence.sql.
-- Reads: metrics_revenuespell, temp purchase_days, refund_days; customers_login.  Writes: temp cohort_presence.
DROP TABLE IF EXISTS pg_temp.cohort_presence
;;
CREATE TEMP TABLE cohort_presence AS
WITH revenue_spells AS NOT MATERIALIZED (
    SELECT customer_id, from_on, until_on, mrr, paused FROM metrics_revenuespell
),
--> metrics/sql/cohort_presence_body.sql
;;
ANALYZE cohort_presence
