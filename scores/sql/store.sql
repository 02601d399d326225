-- Purpose: makes the stored scores and predictions equal to temp scored, writing only rows that differ.
-- The segment before and the day of the change are kept; rfm_by_cutoffs: he bought and returned nothing since,
-- only the limits between the scores moved (or time went by).
-- Reads: temp scored.  Writes: scores_score, scores_prediction.
DELETE FROM scores_score s WHERE NOT EXISTS (SELECT 1 FROM scored t WHERE t.customer_id = s.customer_id)
;;
UPDATE scores_score s
   SET as_of = %(as_of)s,
       rfm_previous = CASE WHEN s.rfm_segment <> t.rfm_segment THEN s.rfm_segment ELSE s.rfm_previous END,
       rfm_changed_on = CASE WHEN s.rfm_segment <> t.rfm_segment THEN %(as_of)s ELSE s.rfm_changed_on END,
       rfm_by_cutoffs = CASE
           WHEN s.rfm_segment = t.rfm_segment THEN s.rfm_by_cutoffs
           ELSE s.last_purchase_on IS NOT DISTINCT FROM t.last_purchase_on
                AND s.frequency = t.frequency AND s.monetary = t.monetary
       END,
       first_purchase_on = t.first_purchase_on, last_purchase_on = t.last_purchase_on,
       last_login_on = t.last_login_on, last_activity_on = t.last_activity_on,
       frequency = t.frequency, monetary = t.monetary,
       repeat_days = t.repeat_days, repeat_value = t.repeat_value,
       r = t.r, f = t.f, m = t.m, rfm_segment = t.rfm_segment, is_vip = t.is_vip,
       lifecycle = t.lifecycle, lifecycle_since = t.lifecycle_since, is_active = t.is_active,
       plan = t.plan, mrr = t.mrr, renews_on = t.renews_on, notice_due_on = t.notice_due_on,
       notice_given_on = t.notice_given_on, contract_started_on = t.contract_started_on,
       ltv_historic = t.ltv_historic
  FROM scored t
 WHERE t.customer_id = s.customer_id
   AND (s.first_purchase_on, s.last_purchase_on, s.last_login_on, s.last_activity_on, s.frequency, s.monetary,
        s.repeat_days, s.repeat_value, s.r, s.f, s.m, s.rfm_segment, s.is_vip,
        s.lifecycle, s.lifecycle_since, s.is_active, s.plan, s.mrr, s.renews_on, s.notice_due_on,
        s.notice_given_on, s.contract_started_on, s.ltv_historic)
       IS DISTINCT FROM
       (t.first_purchase_on, t.last_purchase_on, t.last_login_on, t.last_activity_on, t.frequency, t.monetary,
        t.repeat_days, t.repeat_value, t.r, t.f, t.m, t.rfm_segment, t.is_vip,
        t.lifecycle, t.lifecycle_since, t.is_active, t.plan, t.mrr, t.renews_on, t.notice_due_on,
        t.notice_given_on, t.contract_started_on, t.ltv_historic)
;;
WITH fresh AS MATERIALIZED (  -- not an anti-join: on tables that were empty when analysed it grows with the square
    SELECT customer_id FROM scored EXCEPT SELECT customer_id FROM scores_score
)
INSERT INTO scores_score (
    customer_id, as_of, rfm_previous, rfm_changed_on, rfm_by_cutoffs,
    first_purchase_on, last_purchase_on, last_login_on, last_activity_on, frequency, monetary,
    repeat_days, repeat_value, r, f, m, rfm_segment, is_vip, lifecycle, lifecycle_since, is_active,
    plan, mrr, renews_on, notice_due_on, notice_given_on, contract_started_on, ltv_historic)
SELECT customer_id, %(as_of)s, '', NULL, FALSE,
       first_purchase_on, last_purchase_on, last_login_on, last_activity_on, frequency, monetary,
       repeat_days, repeat_value, r, f, m, rfm_segment, is_vip, lifecycle, lifecycle_since, is_active,
       plan, mrr, renews_on, notice_due_on, notice_given_on, contract_started_on, ltv_historic
  FROM scored t
  JOIN fresh USING (customer_id)
;;
DELETE FROM scores_prediction p
 WHERE NOT EXISTS (SELECT 1 FROM scored t WHERE t.customer_id = p.customer_id AND t.lifecycle <> 'prospect')
;;
UPDATE scores_prediction p
   SET as_of = %(as_of)s,
       p_alive = t.p_alive, expected_purchases_365d = t.expected_purchases_365d, expected_value = t.expected_value,
       churn_risk = t.churn_risk, next_purchase_days = t.next_purchase_days, ltv_predicted = t.ltv_predicted,
       reasons = t.reasons
  FROM scored t
 WHERE t.customer_id = p.customer_id
   AND (p.p_alive, p.expected_purchases_365d, p.expected_value, p.churn_risk, p.next_purchase_days, p.ltv_predicted,
        p.reasons)
       IS DISTINCT FROM
       (t.p_alive, t.expected_purchases_365d, t.expected_value, t.churn_risk, t.next_purchase_days, t.ltv_predicted,
        t.reasons)
;;
WITH fresh AS MATERIALIZED (
    SELECT customer_id FROM scored EXCEPT SELECT customer_id FROM scores_prediction
)
INSERT INTO scores_prediction (
    customer_id, as_of, p_alive, expected_purchases_365d, expected_value, churn_risk, next_purchase_days, ltv_predicted,
    reasons)
SELECT customer_id, %(as_of)s,
       p_alive, expected_purchases_365d, expected_value, churn_risk, next_purchase_days, ltv_predicted, reasons
  FROM scored t
  JOIN fresh USING (customer_id)
 WHERE t.lifecycle <> 'prospect'
