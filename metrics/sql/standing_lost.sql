-- Purpose: everybody lost in the months of temp standing: last active day, reason and competitor as far as a contract
-- says, LTV at the month's end; the parts of `lost` in churn.sql.
-- One row per month and customer. Parameters: none.
-- Reads: temp standing, active_spells, known_terms; scores_scoresnapshot, scores_score.  Writes: temp month_lost.
DROP TABLE IF EXISTS pg_temp.month_lost
;;
CREATE TEMP TABLE month_lost AS
SELECT g.first_on, g.customer_id,
       (SELECT max(s.until_on) FROM active_spells s
         WHERE s.customer_id = g.customer_id AND s.until_on < g.last_on) AS last_on,
       COALESCE((SELECT t.reason FROM known_terms t WHERE t.customer_id = g.customer_id AND t.reason <> ''
                  ORDER BY t.ends_on DESC LIMIT 1), '') AS reason,
       COALESCE((SELECT t.competitor FROM known_terms t WHERE t.customer_id = g.customer_id AND t.competitor <> ''
                  ORDER BY t.ends_on DESC LIMIT 1), '') AS competitor,
       COALESCE(n.ltv_historic, c.ltv_historic, 0) AS ltv
  FROM standing g
  LEFT JOIN scores_scoresnapshot n ON n.as_of = g.last_on AND n.customer_id = g.customer_id
  LEFT JOIN scores_score c ON c.customer_id = g.customer_id
 WHERE g.is_lost
