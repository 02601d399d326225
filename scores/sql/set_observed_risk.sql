-- Purpose: takes the observed risk where the policy asks for it: signed customers and ended contracts always,
-- quiet ones where logins count as activity. Under policy contract nobody keeps the risk of the purchase model.
-- Nobody stood there before: no figure.
-- Reads: temp risk_places.  Writes: temp predictions.
UPDATE predictions SET churn_risk = NULL WHERE %(by_login)s OR NOT %(by_activity)s
;;
INSERT INTO predictions (customer_id, churn_risk)
SELECT p.customer_id, s.risk
  FROM risk_places p
  JOIN unnest(%(share_kinds)s::text[], %(share_buckets)s::integer[], %(share_risks)s::double precision[])
       AS s (kind, bucket, risk) ON s.kind = p.kind AND s.bucket = p.bucket
 WHERE p.day = %(as_of)s AND (p.kind IN ('S', 'E') OR (p.kind = 'Q' AND %(by_login)s))
    ON CONFLICT (customer_id) DO UPDATE SET churn_risk = excluded.churn_risk
;;
ANALYZE predictions
