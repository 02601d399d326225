-- Purpose: what the night stored, in the form of scores/sql/scored.sql, so that a figure read from either is the same.
-- One row per current customer. Parameters: as_of (the day the scores speak of).
-- Reads: scores_score, scores_prediction, customers_customer.  Writes: temp scored.
DROP TABLE IF EXISTS pg_temp.scored
;;
CREATE TEMP TABLE scored AS
SELECT s.customer_id,
       s.first_purchase_on, s.last_purchase_on, s.last_login_on, s.last_activity_on,
       CASE WHEN s.r IS NOT NULL THEN %(as_of)s::date - s.last_purchase_on END AS recency_days,
       s.frequency, s.monetary, s.repeat_days, s.repeat_value,
       s.r, s.f, s.m, s.rfm_segment, s.is_vip,
       s.lifecycle, s.lifecycle_since, s.is_active,
       s.plan, s.mrr, s.renews_on, s.notice_due_on, s.notice_given_on, s.contract_started_on, s.ltv_historic,
       p.p_alive, p.expected_purchases_365d, p.expected_value, p.churn_risk, p.next_purchase_days, p.ltv_predicted,
       p.reasons
  FROM scores_score s
  JOIN customers_customer c ON c.id = s.customer_id AND c.archived_at IS NULL
  LEFT JOIN scores_prediction p ON p.customer_id = s.customer_id
;;
ANALYZE scored
