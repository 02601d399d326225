-- Purpose: the active customers with most to lose: churn risk × LTV, largest first.
-- One row per customer. Parameters: most (how many).  Reads: temp scored.
SELECT customer_id
  FROM scored
 WHERE is_active AND churn_risk > 0
 ORDER BY churn_risk * GREATEST(COALESCE(ltv_predicted, ltv_historic, 0), 0) DESC, customer_id
 LIMIT %(most)s
