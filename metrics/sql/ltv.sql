-- Purpose: LTV so far and to come of everybody who ever bought or signed, by one dimension as it is on that day.
-- One row per group (group NULL: everybody). Parameters: dimension, as_of.
-- Reads: temp scored, customers_customer, customers_dimensionchange.
SELECT CASE %(dimension)s
           WHEN '' THEN NULL
           WHEN 'segment' THEN s.rfm_segment
           WHEN 'plan' THEN s.plan
           WHEN 'cohort' THEN to_char(LEAST(s.first_purchase_on, s.contract_started_on), 'YYYY-MM')
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
 WHERE s.ltv_historic IS NOT NULL
 GROUP BY 1
 ORDER BY 1
