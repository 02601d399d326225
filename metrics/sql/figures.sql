-- Purpose: the figures of a day that stand on the first page.
--   at_risk        Σ over who is active: churn risk × what the next 12 months may bring (predicted − historic LTV);
--                  NULL without predictions for everybody active
--   high_risk      active with a churn risk of at least one half
--   mrr            monthly amounts of who is active
--   renewals       deadline for giving notice within 90 days, no notice given; renewals_mrr: their monthly amounts
-- One row. Parameters: as_of.  Reads: temp scored.
SELECT count(*) AS customers,
       count(*) FILTER (WHERE is_active) AS active,
       count(*) FILTER (WHERE lifecycle = 'prospect') AS prospects,
       count(*) FILTER (WHERE is_active AND churn_risk >= 0.5) AS high_risk,
       CASE WHEN bool_and(churn_risk IS NOT NULL AND ltv_predicted IS NOT NULL) FILTER (WHERE is_active)
            THEN sum(churn_risk::numeric * (ltv_predicted - ltv_historic)) FILTER (WHERE is_active)
       END AS at_risk,
       COALESCE(sum(mrr) FILTER (WHERE is_active), 0) AS mrr,
       count(*) FILTER (WHERE notice_due_on BETWEEN %(as_of)s AND %(as_of)s::date + 90
                          AND notice_given_on IS NULL) AS renewals,
       COALESCE(sum(mrr) FILTER (WHERE notice_due_on BETWEEN %(as_of)s AND %(as_of)s::date + 90
                                   AND notice_given_on IS NULL), 0) AS renewals_mrr
  FROM scored
