-- Purpose: who was lost in a period: active at the end of the day before it, not active at the end of its last day.
-- One row per customer lost. Parameters: first_on, last_on.
-- Reads: temp active_spells, known_terms.
SELECT s.customer_id, s.until_on + 1 AS since,
       (SELECT t.reason FROM known_terms t WHERE t.customer_id = s.customer_id AND t.reason <> ''
         ORDER BY t.ends_on DESC LIMIT 1) AS reason,
       (SELECT t.competitor FROM known_terms t WHERE t.customer_id = s.customer_id AND t.competitor <> ''
         ORDER BY t.ends_on DESC LIMIT 1) AS competitor
  FROM active_spells s
 WHERE s.from_on < %(first_on)s AND s.until_on >= %(first_on)s::date - 1
   AND NOT EXISTS (
       SELECT 1 FROM active_spells e
        WHERE e.customer_id = s.customer_id AND e.from_on <= %(last_on)s AND e.until_on >= %(last_on)s)
 ORDER BY s.customer_id
