-- Purpose: the most valuable of those lost in the periods of temp standing, and why as far as a contract says.
-- One row per customer, the highest historic LTV first. Parameters: most (how many).
-- Reads: temp standing, active_spells, known_terms, scored.
SELECT g.customer_id, s.ltv_historic AS worth,
       (SELECT max(a.until_on) + 1 FROM active_spells a
         WHERE a.customer_id = g.customer_id AND a.until_on < g.last_on) AS since,
       (SELECT t.reason FROM known_terms t WHERE t.customer_id = g.customer_id AND t.reason <> ''
         ORDER BY t.ends_on DESC LIMIT 1) AS reason,
       (SELECT t.competitor FROM known_terms t WHERE t.customer_id = g.customer_id AND t.competitor <> ''
         ORDER BY t.ends_on DESC LIMIT 1) AS competitor
  FROM standing g
  JOIN scored s ON s.customer_id = g.customer_id
 WHERE g.is_lost
 ORDER BY s.ltv_historic DESC NULLS LAST, g.customer_id
 LIMIT %(most)s
