-- Purpose: as ltv_amounts.sql, as a night stored it of an earlier day.
-- One row per customer with a historic LTV. Parameters: as_of (a day that is stored).
-- Reads: scores_scoresnapshot, customers_customer.  Writes: temp ltv_amounts.
DROP TABLE IF EXISTS pg_temp.ltv_amounts
;;
CREATE TEMP TABLE ltv_amounts AS
SELECT s.customer_id, s.rfm_segment AS segment, s.plan, s.is_active, s.mrr,
       NULL::date AS last_purchase_on, s.churn_risk,
       (s.ltv_historic * 100)::bigint AS historic,
       (s.ltv_predicted * 100)::bigint AS predicted
  FROM scores_scoresnapshot s
  JOIN customers_customer c ON c.id = s.customer_id
 WHERE s.as_of = %(as_of)s AND s.ltv_historic IS NOT NULL
