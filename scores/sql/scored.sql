-- Purpose: all figures of a day side by side; what is stored, exported and reported is read from here.
-- One row per current customer. Scored (has r) are those who bought within RFM's window.
--   ltv_historic   inactivity: purchases net of refunds; contract: what terms have brought; either: both together
--   ltv_predicted  inactivity: historic + expected purchases of 365 days × expected value × (1 − refund_share);
--                  contract: historic + MRR × months_to_come for who is active, historic alone for the rest
-- The margin multiplies both. NULL factors (no model, no full month) leave no figure where they are needed; nor does
-- a model at the edge of having a mean (q just above 1), whose values would be beyond all money.
-- Reads: temp activity, rfm, lifecycles, predictions.  Writes: temp scored.
DROP TABLE IF EXISTS pg_temp.scored
;;
CREATE TEMP TABLE scored AS
SELECT a.customer_id,
       a.first_purchase_on, a.last_purchase_on, a.last_login_on,
       COALESCE(a.last_activity_on, GREATEST(a.last_purchase_on, a.last_login_on)) AS last_activity_on,
       g.recency_days,
       COALESCE(g.frequency, 0) AS frequency,
       COALESCE(g.monetary, 0)::numeric(20, 2) AS monetary,
       a.x AS repeat_days,
       CASE WHEN a.x > 0 THEN round(a.repeat_amount / a.x, 2) END AS repeat_value,
       g.r, g.f, g.m,
       COALESCE(g.rfm_segment, '') AS rfm_segment,
       COALESCE(g.is_vip, FALSE) AS is_vip,
       l.lifecycle, l.lifecycle_since,
       COALESCE(l.is_active, FALSE) AS is_active,
       a.plan,
       a.mrr,
       a.renews_on, a.notice_due_on, a.notice_given_on, a.contract_started_on,
       CASE WHEN w.is_worth THEN round(%(margin)s::numeric * w.so_far, 2) END AS ltv_historic,
       p.p_alive, p.expected_purchases_365d, p.expected_value, p.churn_risk, p.next_purchase_days,
       p.reasons,
       CASE WHEN w.is_worth AND abs(%(margin)s::numeric * (w.so_far + w.to_buy + w.to_pay)) < 1e15
            THEN round(%(margin)s::numeric * (w.so_far + w.to_buy + w.to_pay), 2) END AS ltv_predicted
  FROM activity a
  JOIN lifecycles l ON l.customer_id = a.customer_id
  LEFT JOIN rfm g ON g.customer_id = a.customer_id
  LEFT JOIN predictions p ON p.customer_id = a.customer_id
 CROSS JOIN LATERAL (
       SELECT (%(by_activity)s AND a.first_purchase_on IS NOT NULL)
                  OR (%(by_contract)s AND a.signed_historic IS NOT NULL) AS is_worth,
              CASE WHEN %(by_activity)s AND a.first_purchase_on IS NOT NULL THEN a.net ELSE 0 END
                  + CASE WHEN %(by_contract)s THEN COALESCE(a.signed_historic, 0) ELSE 0 END AS so_far,
              CASE WHEN %(by_activity)s AND a.first_purchase_on IS NOT NULL
                   THEN (p.expected_purchases_365d * p.expected_value)::numeric * (1 - %(refund_share)s::numeric)
                   ELSE 0 END AS to_buy,
              CASE WHEN NOT %(by_contract)s OR a.mrr = 0 OR NOT l.is_active THEN 0
                   ELSE a.mrr * %(months_to_come)s::double precision::numeric END AS to_pay
       ) w
;;
ANALYZE scored (customer_id)
