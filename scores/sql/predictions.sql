-- Purpose: an empty temp table for what the models say; Python copies into it, observed risk then completes it.
-- One row per customer with a figure.
-- Reads: nothing.  Writes: temp predictions.
DROP TABLE IF EXISTS pg_temp.predictions
;;
CREATE TEMP TABLE predictions (
    customer_id bigint PRIMARY KEY,
    p_alive double precision,
    expected_purchases_365d double precision,
    expected_value double precision,
    churn_risk double precision,
    next_purchase_days double precision,
    reasons jsonb
)
