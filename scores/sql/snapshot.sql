-- Purpose: keeps what a closed month's last day looked like. What was stored before stays as it was.
-- One row per customer who is not a prospect.
-- Reads: temp scored.  Writes: scores_scoresnapshot.
INSERT INTO scores_scoresnapshot (
    as_of, customer_id, rfm_segment, r, f, m, lifecycle, is_active, plan, mrr, ltv_historic, p_alive, churn_risk,
    expected_purchases_365d, expected_value, ltv_predicted)
SELECT %(as_of)s, customer_id, rfm_segment, r, f, m, lifecycle, is_active, plan, mrr, ltv_historic, p_alive, churn_risk,
       expected_purchases_365d, expected_value, ltv_predicted
  FROM scored
 WHERE lifecycle <> 'prospect'
   AND NOT EXISTS (SELECT 1 FROM scores_scoresnapshot s WHERE s.as_of = %(as_of)s)
