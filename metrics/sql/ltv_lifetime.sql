-- Purpose: the monthly amounts of who is active, for "lifetime at today's churn" (amount ÷ churn rate).
-- One row. Reads: temp ltv_facts.  Writes: nothing.
SELECT count(*) AS customers, COALESCE(sum(mrr), 0) AS mrr FROM ltv_facts WHERE is_active AND mrr > 0
