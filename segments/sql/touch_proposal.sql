-- Purpose: where rules of a touch model could begin: the LTV that a twentieth and a fifth of the active customers reach.
-- One row.  Reads: scores_score, scores_prediction.  Writes: nothing.
SELECT percentile_disc(0.95) WITHIN GROUP (ORDER BY ltv) AS high, percentile_disc(0.80) WITHIN GROUP (ORDER BY ltv) AS low
  FROM (
    SELECT COALESCE(p.ltv_predicted, s.ltv_historic) AS ltv
      FROM scores_score AS s LEFT JOIN scores_prediction AS p ON p.customer_id = s.customer_id
     WHERE s.is_active
  ) AS active
 WHERE ltv > 0
