-- Purpose: completes what the models say of the customers just computed by what is stored of all others.
-- One row per customer with a figure.
-- Reads: scores_prediction, temp wanted.  Writes: temp predictions.
INSERT INTO predictions (
    customer_id, p_alive, expected_purchases_365d, expected_value, churn_risk, next_purchase_days, reasons)
SELECT p.customer_id, p.p_alive, p.expected_purchases_365d, p.expected_value, p.churn_risk, p.next_purchase_days,
       p.reasons
  FROM scores_prediction p
 WHERE NOT EXISTS (SELECT 1 FROM wanted w WHERE w.customer_id = p.customer_id)
;;
ANALYZE predictions
