-- Purpose: why those lost in the periods of temp standing left, as far as their contracts say ('' = not said).
-- One row per reason: customers, worth (their historic LTV); the most customers first.
-- Reads: temp standing, known_terms, scored.
SELECT why.reason, count(*) AS customers, COALESCE(sum(s.ltv_historic), 0) AS worth
  FROM standing g
  CROSS JOIN LATERAL (
      SELECT COALESCE((SELECT t.reason FROM known_terms t WHERE t.customer_id = g.customer_id AND t.reason <> ''
                        ORDER BY t.ends_on DESC LIMIT 1), '') AS reason) AS why
  JOIN scored s ON s.customer_id = g.customer_id
 WHERE g.is_lost
 GROUP BY why.reason
 ORDER BY count(*) DESC, why.reason
