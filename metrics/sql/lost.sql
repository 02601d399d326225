-- Purpose: the customers behind "lost", since when they are not active, and why as far as a contract says.
-- One row per customer lost in the periods of temp standing. Parameters: every_group, value (one group's).
-- Reads: temp standing, active_spells, known_terms.
SELECT g.customer_id, g.value,
       (SELECT max(s.until_on) + 1 FROM active_spells s
         WHERE s.customer_id = g.customer_id AND s.until_on < g.last_on) AS since,
       (SELECT t.reason FROM known_terms t WHERE t.customer_id = g.customer_id AND t.reason <> ''
         ORDER BY t.ends_on DESC LIMIT 1) AS reason,
       (SELECT t.competitor FROM known_terms t WHERE t.customer_id = g.customer_id AND t.competitor <> ''
         ORDER BY t.ends_on DESC LIMIT 1) AS competitor
  FROM standing g
 WHERE g.is_lost AND (%(every_group)s OR g.value IS NOT DISTINCT FROM %(value)s)
 ORDER BY since, g.customer_id
