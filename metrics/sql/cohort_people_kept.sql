-- Purpose: cohort_people.sql from what is kept per customer instead of what was built.
-- One row per customer who began up to as_of. Parameters: those of cohort_people.sql.
-- Reads: metrics_firstday, metrics_revenuespell.  Writes: temp cohort_people.
DROP TABLE IF EXISTS pg_temp.cohort_people
;;
CREATE TEMP TABLE cohort_people AS
WITH revenue_spells AS NOT MATERIALIZED (
    SELECT customer_id, from_on, until_on, mrr, paused FROM metrics_revenuespell
), first_days AS NOT MATERIALIZED (
    SELECT customer_id, bought_on, signed_on, logged_in_on, last_bought_on, last_logged_in_on FROM metrics_firstday
),
--> metrics/sql/cohort_people_body.sql
;;
ANALYZE cohort_people
