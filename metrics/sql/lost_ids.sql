-- Purpose: who is counted as lost in a period by the spells as they are kept now; beside what was counted at closing.
-- One row: ids, in order (one array: a month of a large company is read in one piece).
-- Parameters: first_on, last_on (days of the period).  Reads: metrics_spell.
SELECT COALESCE(array_agg(DISTINCT s.customer_id ORDER BY s.customer_id), '{}') AS ids
  FROM metrics_spell s
 WHERE s.from_on < %(first_on)s AND s.until_on >= %(first_on)s::date - 1 AND s.until_on < %(last_on)s
   AND NOT EXISTS (
       SELECT 1 FROM metrics_spell e
        WHERE e.customer_id = s.customer_id AND e.from_on <= %(last_on)s AND e.until_on >= %(last_on)s
   )
