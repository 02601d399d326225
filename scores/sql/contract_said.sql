-- Purpose: an empty temp table for what is said of customers under contract; Python copies into it.
-- One row per customer with a figure of his own: codes are his main reasons, weightiest first ("+usage,-tenure").
-- Reads: nothing.  Writes: temp contract_said.
DROP TABLE IF EXISTS pg_temp.contract_said
;;
CREATE TEMP TABLE contract_said (customer_id bigint PRIMARY KEY, churn_risk double precision, codes text)
