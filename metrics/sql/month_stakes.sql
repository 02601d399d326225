-- Purpose: the active customers at the end of a day with most revenue at risk: churn risk × what the next 12 months may
-- bring, largest first; the parts of `at_risk` of month_standing.sql.
-- One row per customer. Parameters: as_of, is_live, most.
-- Reads: scores_scoresnapshot, scores_score, scores_prediction, customers_customer.  Writes: nothing.
WITH stored AS (
    SELECT customer_id, ltv_historic, churn_risk, ltv_predicted
      FROM scores_scoresnapshot
     WHERE NOT %(is_live)s::boolean AND as_of = %(as_of)s::date AND is_active
     UNION ALL
    SELECT s.customer_id, s.ltv_historic, p.churn_risk, p.ltv_predicted
      FROM scores_score s
      JOIN customers_customer c ON c.id = s.customer_id AND c.archived_at IS NULL
      JOIN scores_prediction p ON p.customer_id = s.customer_id
     WHERE %(is_live)s::boolean AND s.is_active
)
SELECT customer_id, churn_risk AS risk, ltv_historic AS ltv,
       churn_risk::numeric * (ltv_predicted - ltv_historic) AS at_risk
  FROM stored
 WHERE churn_risk > 0 AND ltv_predicted > ltv_historic
 ORDER BY at_risk DESC, customer_id
 LIMIT %(most)s
