-- Purpose: the figures of a day that stand on the first page, of everybody or by the owner of that day.
--   at_risk        Σ over who is active: churn risk × what the next 12 months may bring (predicted − historic LTV);
--                  NULL without predictions for everybody active
--   high_risk      active with a churn risk of at least one half
--   slipping       active, but quiet for longer than is usual (the stages before leaving)
--   mrr            monthly amounts of who is active
--   renewals       deadline for giving notice within 90 days, no notice given; renewals_mrr: their monthly amounts
-- One row per group (value NULL: everybody). Parameters: as_of, dimension ('' or owner).
-- Reads: temp scored; by owner customers_customer, customers_dimensionchange.
SELECT CASE %(dimension)s WHEN 'owner' THEN COALESCE(
               (SELECT d.value FROM customers_dimensionchange d
                 WHERE d.customer_id = s.customer_id AND d.dimension = 'owner'
                   AND (d.since IS NULL OR d.since <= %(as_of)s)
                 ORDER BY d.since DESC NULLS LAST LIMIT 1),
               c.owner_id::text, '')
       END AS value,
       count(*) AS customers,
       count(*) FILTER (WHERE is_active) AS active,
       count(*) FILTER (WHERE lifecycle = 'prospect') AS prospects,
       count(*) FILTER (WHERE is_active AND churn_risk >= 0.5) AS high_risk,
       count(*) FILTER (WHERE lifecycle IN ('slipping', 'pre_dormant', 'unused')) AS slipping,
       CASE WHEN bool_and(churn_risk IS NOT NULL AND ltv_predicted IS NOT NULL) FILTER (WHERE is_active)
            THEN sum(churn_risk::numeric * (ltv_predicted - ltv_historic)) FILTER (WHERE is_active)
       END AS at_risk,
       COALESCE(sum(mrr) FILTER (WHERE is_active), 0) AS mrr,
       count(*) FILTER (WHERE notice_due_on BETWEEN %(as_of)s AND %(as_of)s::date + 90
                          AND notice_given_on IS NULL) AS renewals,
       COALESCE(sum(mrr) FILTER (WHERE notice_due_on BETWEEN %(as_of)s AND %(as_of)s::date + 90
                                   AND notice_given_on IS NULL), 0) AS renewals_mrr
  FROM scored s
  LEFT JOIN customers_customer c ON %(dimension)s = 'owner' AND c.id = s.customer_id
 GROUP BY 1
 ORDER BY 1
