-- Purpose: movements.sql from what is kept per customer instead of what was built; the same rows where that is of as_of.
-- One row per customer. Parameters: first_on, last_on.
-- Reads: metrics_revenuespell, metrics_filed, scores_scoresnapshot.  Writes: temp movements.
DROP TABLE IF EXISTS pg_temp.movements
;;
CREATE TEMP TABLE movements AS
WITH revenue_spells AS NOT MATERIALIZED (
    SELECT customer_id, from_on, until_on, mrr, paused FROM metrics_revenuespell
), filed AS NOT MATERIALIZED (
    SELECT customer_id, from_on, until_on, owner, industry, region, plan, tier FROM metrics_filed
), segment_at_start AS NOT MATERIALIZED (
    SELECT as_of AS eve, customer_id, rfm_segment FROM scores_scoresnapshot
),
--> metrics/sql/movements_body.sql
;;
ANALYZE movements
