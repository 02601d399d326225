-- Purpose: what stood at the end of a day, from the stored snapshot of it, or (is_live) from the scores of the last run:
-- who is active, LTV so far and to come, revenue at risk; as figures.sql and ltv.sql have them.
-- One row for everybody (segment NULL) and one per RFM segment ('' = not scored).
-- Parameters: as_of, is_live.  Reads: scores_scoresnapshot, scores_score, scores_prediction, customers_customer.
-- Writes: nothing.
WITH stored AS (
    SELECT rfm_segment, is_active, mrr, ltv_historic, churn_risk, ltv_predicted
      FROM scores_scoresnapshot
     WHERE NOT %(is_live)s::boolean AND as_of = %(as_of)s::date
     UNION ALL
    SELECT s.rfm_segment, s.is_active, s.mrr, s.ltv_historic, p.churn_risk, p.ltv_predicted
      FROM scores_score s
      JOIN customers_customer c ON c.id = s.customer_id AND c.archived_at IS NULL
      LEFT JOIN scores_prediction p ON p.customer_id = s.customer_id
     WHERE %(is_live)s::boolean AND s.lifecycle <> 'prospect'
)
SELECT CASE WHEN grouping(rfm_segment) = 0 THEN rfm_segment END AS segment,
       count(*) AS everybody,
       count(ltv_historic) AS customers,
       count(*) FILTER (WHERE is_active) AS active,
       count(*) FILTER (WHERE is_active AND churn_risk >= 0.5) AS high_risk,
       sum(ltv_historic) AS historic_total,
       avg(ltv_historic) AS historic_mean,
       CASE WHEN count(ltv_predicted) = count(ltv_historic) THEN avg(ltv_predicted) END AS predicted_mean,
       CASE WHEN bool_and(churn_risk IS NOT NULL AND ltv_predicted IS NOT NULL) FILTER (WHERE is_active)
            THEN sum(churn_risk::numeric * (ltv_predicted - ltv_historic)) FILTER (WHERE is_active)
       END AS at_risk,
       COALESCE(sum(mrr) FILTER (WHERE is_active), 0) AS mrr
  FROM stored
 GROUP BY GROUPING SETS ((), (rfm_segment))
 ORDER BY segment NULLS FIRST
