-- Purpose: takes the observed risk where the policy asks for it: signed customers and ended contracts always,
-- quiet ones where logins count as activity. Under policy contract nobody keeps the risk of the purchase model.
-- Reads: temp observed_risk.  Writes: temp predictions.
UPDATE predictions SET churn_risk = NULL WHERE %(by_login)s OR NOT %(by_activity)s
;;
INSERT INTO predictions (customer_id, churn_risk)
SELECT customer_id, risk FROM observed_risk WHERE kind <> 'Q' OR %(by_login)s
    ON CONFLICT (customer_id) DO UPDATE SET churn_risk = excluded.churn_risk
;;
ANALYZE predictions
