-- Purpose: what everybody who ever bought or signed has brought and may bring, in hundredths of the currency's unit, so
-- that sums are whole numbers. Its twin for a day that is stored is ltv_amounts_then.sql.
-- One row per customer with a historic LTV.
-- Reads: temp scored.  Writes: temp ltv_amounts.
DROP TABLE IF EXISTS pg_temp.ltv_amounts
;;
CREATE TEMP TABLE ltv_amounts AS
SELECT customer_id, rfm_segment AS segment, plan, is_active, mrr, last_purchase_on, churn_risk,
       (ltv_historic * 100)::bigint AS historic,
       (ltv_predicted * 100)::bigint AS predicted
  FROM scored
 WHERE ltv_historic IS NOT NULL
