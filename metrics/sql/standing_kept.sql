-- Purpose: standing.sql from what is kept per customer instead of what was built; the same rows where that is of as_of.
-- One row per customer. Parameters: first_on, last_on, by_activity, by_contract.
-- Reads: metrics_spell, metrics_filed, metrics_firstday, scores_scoresnapshot.  Writes: temp standing.
DROP TABLE IF EXISTS pg_temp.standing
;;
CREATE TEMP TABLE standing AS
WITH active_spells AS (
    SELECT customer_id, from_on, until_on FROM metrics_spell
), filed AS (
    SELECT customer_id, from_on, until_on, owner, industry, region, plan, tier FROM metrics_filed
), first_days AS (
    SELECT customer_id, bought_on, signed_on, logged_in_on FROM metrics_firstday
), segment_at_start AS (
    SELECT as_of AS eve, customer_id, rfm_segment FROM scores_scoresnapshot
),
--> metrics/sql/standing_body.sql
;;
ANALYZE standing (customer_id)
