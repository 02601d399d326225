-- Purpose: the customers behind "lost", since when they are not active, and why as far as a contract says.
-- One row per customer lost in the period of temp standing. Parameters: last_on, cut, every_group, value (one group's).
-- Reads: temp standing, active_spells, known_terms.
SELECT g.customer_id, g.value,
       (SELECT max(s.until_on) + 1 FROM active_spells s
         WHERE s.customer_id = g.customer_id AND s.until_on < %(last_on)s) AS since,
       (SELECT t.reason FROM known_terms t WHERE t.customer_id = g.customer_id AND t.reason <> ''
         ORDER BY t.ends_on DESC LIMIT 1) AS reason,
       (SELECT t.competitor FROM known_terms t WHERE t.customer_id = g.customer_id AND t.competitor <> ''
         ORDER BY t.ends_on DESC LIMIT 1) AS competitor
  FROM (SELECT customer_id,
               CASE %(cut)s WHEN 'owner' THEN owner WHEN 'segment' THEN segment WHEN 'industry' THEN industry
                            WHEN 'region' THEN region WHEN 'plan' THEN plan WHEN 'tier' THEN tier
                            WHEN 'cohort' THEN cohort END AS value
          FROM standing WHERE is_lost) AS g
 WHERE %(every_group)s OR g.value IS NOT DISTINCT FROM %(value)s
 ORDER BY since, g.customer_id
