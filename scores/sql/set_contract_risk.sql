-- Purpose: takes what is said of customers under contract, with their reasons and the facts these speak of. Notice
-- given and too few such cases seen to know better: as by purchases where these count, else surely gone.
-- Reads: temp contract_said, contract_features.  Writes: temp predictions.
INSERT INTO predictions (customer_id, churn_risk, reasons)
SELECT s.customer_id, s.churn_risk,
       jsonb_build_object(
           'codes', to_jsonb(string_to_array(s.codes, ',')),
           'facts', jsonb_strip_nulls(to_jsonb(f) - ARRAY['day', 'customer_id', 'kind', 'lost']))
  FROM contract_said s
  JOIN contract_features f ON f.customer_id = s.customer_id AND f.day = %(as_of)s
    ON CONFLICT (customer_id) DO UPDATE
   SET churn_risk = COALESCE(excluded.churn_risk, predictions.churn_risk, 1), reasons = excluded.reasons
;;
UPDATE predictions SET churn_risk = 1 WHERE churn_risk IS NULL AND reasons IS NOT NULL
;;
ANALYZE predictions
