-- Purpose: those amounts with every dimension they are cut by, as it is at the end of a day ('' = none).
-- The cohort is that of cohorts.sql: the month of the first purchase, or first paid term, as the policy has it.
-- One row per customer of ltv_amounts. Parameters: as_of, by_activity, by_contract.
-- Reads: temp ltv_amounts, scored, contract_cover; customers_customer, customers_dimensionchange,
-- segments_customertier, segments_pasttier.
-- Writes: temp ltv_facts.
DROP TABLE IF EXISTS pg_temp.ltv_facts
;;
CREATE TEMP TABLE ltv_facts AS
WITH changed AS (
    SELECT DISTINCT ON (customer_id, dimension) customer_id, dimension, value
      FROM customers_dimensionchange
     WHERE since IS NULL OR since <= %(as_of)s
     ORDER BY customer_id, dimension, since DESC NULLS LAST
), dated AS (
    SELECT customer_id,
           max(value) FILTER (WHERE dimension = 'owner') AS owner,
           max(value) FILTER (WHERE dimension = 'industry') AS industry,
           max(value) FILTER (WHERE dimension = 'region') AS region
      FROM changed
     GROUP BY customer_id
), tiers AS (
    SELECT customer_id, tier FROM segments_customertier WHERE since <= %(as_of)s
     UNION ALL
    SELECT customer_id, tier FROM segments_pasttier WHERE since <= %(as_of)s AND until > %(as_of)s
), signed AS (
    SELECT customer_id, min(from_on) AS from_on FROM contract_cover WHERE %(by_contract)s GROUP BY customer_id
)
SELECT a.customer_id, a.historic, a.predicted, a.is_active, a.mrr, a.last_purchase_on, a.churn_risk,
       COALESCE(d.owner, c.owner_id::text, '') AS owner,
       a.segment,
       COALESCE(d.industry, c.industry) AS industry,
       COALESCE(d.region, c.region) AS region,
       a.plan,
       COALESCE(t.tier, '') AS tier,
       COALESCE(to_char(b.began_on, 'YYYY-MM'), '') AS cohort,
       b.began_on,
       c.acquired_via AS via,
       f.first_purchase_on IS NOT NULL AS has_bought
  FROM ltv_amounts a
  JOIN customers_customer c ON c.id = a.customer_id
  LEFT JOIN scored f ON f.customer_id = a.customer_id
  LEFT JOIN dated d ON d.customer_id = a.customer_id
  LEFT JOIN tiers t ON t.customer_id = a.customer_id
  LEFT JOIN signed s ON s.customer_id = a.customer_id
 CROSS JOIN LATERAL (
       SELECT LEAST(CASE WHEN %(by_activity)s THEN f.first_purchase_on END, s.from_on) AS began_on
       ) b
;;
ANALYZE ltv_facts
