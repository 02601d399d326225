-- Purpose: LTV so far and to come of everybody who ever bought or signed, by one dimension as it is on that day.
-- The cohort is that of cohorts.sql: the month of the first purchase, or first paid term, as the policy has it.
-- One row per group (value NULL: everybody). Parameters: dimension, as_of, by_activity, by_contract.
-- Reads: temp scored, purchase_days, contract_cover; customers_customer, customers_dimensionchange,
-- segments_customertier, segments_pasttier.
WITH began AS (
    SELECT customer_id, to_char(min(day), 'YYYY-MM') AS cohort
      FROM (SELECT customer_id, day FROM purchase_days WHERE %(by_activity)s
            UNION ALL
            SELECT customer_id, from_on FROM contract_cover WHERE %(by_contract)s) AS first_days
     WHERE %(dimension)s = 'cohort'
     GROUP BY customer_id
)
SELECT CASE %(dimension)s
           WHEN '' THEN NULL
           WHEN 'segment' THEN s.rfm_segment
           WHEN 'plan' THEN s.plan
           WHEN 'tier' THEN COALESCE(
               (SELECT t.tier FROM segments_customertier t WHERE t.customer_id = s.customer_id AND t.since <= %(as_of)s),
               (SELECT t.tier FROM segments_pasttier t
                 WHERE t.customer_id = s.customer_id AND t.since <= %(as_of)s AND t.until > %(as_of)s), '')
           WHEN 'cohort' THEN COALESCE(b.cohort, '')
           ELSE COALESCE(
               (SELECT d.value FROM customers_dimensionchange d
                 WHERE d.customer_id = s.customer_id AND d.dimension = %(dimension)s
                   AND (d.since IS NULL OR d.since <= %(as_of)s)
                 ORDER BY d.since DESC NULLS LAST LIMIT 1),
               CASE %(dimension)s
                   WHEN 'owner' THEN COALESCE(c.owner_id::text, '')
                   WHEN 'industry' THEN c.industry
                   WHEN 'region' THEN c.region
               END)
       END AS value,
       count(*) AS customers,
       sum(s.ltv_historic) AS historic_total,
       avg(s.ltv_historic) AS historic_mean,
       CASE WHEN count(s.ltv_predicted) = count(*) THEN avg(s.ltv_predicted) END AS predicted_mean
  FROM scored s
  JOIN customers_customer c ON c.id = s.customer_id
  LEFT JOIN began b ON b.customer_id = s.customer_id
 WHERE s.ltv_historic IS NOT NULL
 GROUP BY 1
 ORDER BY 1
