-- Purpose: the customers who brought the most.
-- One row per customer, the most first. Amounts in hundredths. Parameters: most (rows).
-- Reads: temp ltv_facts.  Writes: nothing.
SELECT customer_id, historic, predicted - historic AS to_come, last_purchase_on, churn_risk, is_active
  FROM ltv_facts
 ORDER BY historic DESC, customer_id
 LIMIT %(most)s
