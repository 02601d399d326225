-- Purpose: who began with a trial or a free plan, and whether and when he became a paying customer, as known at as_of.
-- One row per customer whose first term is unpaid, by the day of that one.
--   paid_on   first day of his first paid term (of any contract); days: how long after the trial began
--   state     paid; running (unpaid, and a trial or free plan covers as_of); ended
-- Parameters: as_of.  Reads: temp known_terms.  Writes: temp trial_starts.
DROP TABLE IF EXISTS pg_temp.trial_starts
;;
CREATE TEMP TABLE trial_starts AS
WITH firsts AS (
    SELECT customer_id,
           min(starts_on) FILTER (WHERE NOT is_paid) AS started_on,
           min(starts_on) FILTER (WHERE is_paid) AS paid_on,
           bool_or(NOT is_paid AND ends_on > %(as_of)s) AS is_running
      FROM known_terms
     WHERE starts_on <= %(as_of)s
     GROUP BY customer_id
)
SELECT customer_id, started_on, paid_on, paid_on - started_on AS days,
       CASE WHEN paid_on IS NOT NULL THEN 'paid' WHEN is_running THEN 'running' ELSE 'ended' END AS state
  FROM firsts
 WHERE started_on IS NOT NULL AND (paid_on IS NULL OR paid_on > started_on)
;;
ANALYZE trial_starts
