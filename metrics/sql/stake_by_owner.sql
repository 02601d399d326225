-- Purpose: of each owner, the active customers with most to lose: churn risk × LTV, as most_at_stake.sql has it.
-- One row per customer. Parameters: most (how many of an owner).  Reads: temp scored; customers_customer.
SELECT owner_id, customer_id
  FROM (SELECT c.owner_id, s.customer_id,
               row_number() OVER (
                   PARTITION BY c.owner_id
                   ORDER BY s.churn_risk * GREATEST(COALESCE(s.ltv_predicted, s.ltv_historic, 0), 0) DESC,
                            s.customer_id) AS place
          FROM scored s
          JOIN customers_customer c ON c.id = s.customer_id
         WHERE s.is_active AND s.churn_risk > 0 AND c.owner_id IS NOT NULL) AS ranked
 WHERE place <= %(most)s
 ORDER BY owner_id, place
