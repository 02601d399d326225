-- Purpose: `activity`, what scores are computed from: that kept of everybody, as of the day of the last run.
-- One row per current customer. Added to the columns of activity.sql: t_days, days from the first purchase to as_of;
-- signed_historic, what paid terms have brought up to as_of; contract_started_on, since when cover is unbroken.
-- Reads: scores_customeractivity.  Writes: temp view activity.
DROP VIEW IF EXISTS pg_temp.activity
;;
CREATE TEMP VIEW activity AS
SELECT a.*,
       %(as_of)s::date - a.first_purchase_on AS t_days,
       a.signed_base + a.mrr * (
           12 * EXTRACT(YEAR FROM (%(as_of)s::date + 1)) + EXTRACT(MONTH FROM (%(as_of)s::date + 1))
           + (EXTRACT(DAY FROM (%(as_of)s::date + 1)) - 1)
             / EXTRACT(DAY FROM date_trunc('month', (%(as_of)s::date + 1)) + INTERVAL '1 month - 1 day')) AS signed_historic,
       CASE WHEN a.mrr > 0 THEN a.covered_from END AS contract_started_on
  FROM scores_customeractivity a
