-- Purpose: the figures of the first page as the ends of months stored them, for what is said against earlier months.
-- One row per day that was stored: active, mrr, historic_total, predicted_mean (NULL unless there for everybody),
-- at_risk (as figures.sql has it).
-- Parameters: days.  Reads: scores_scoresnapshot.
SELECT as_of,
       count(*) FILTER (WHERE is_active) AS active,
       COALESCE(sum(mrr) FILTER (WHERE is_active), 0) AS mrr,
       sum(ltv_historic) AS historic_total,
       CASE WHEN count(ltv_predicted) = count(ltv_historic) THEN avg(ltv_predicted) END AS predicted_mean,
       CASE WHEN bool_and(churn_risk IS NOT NULL AND ltv_predicted IS NOT NULL) FILTER (WHERE is_active)
            THEN sum(churn_risk::numeric * (ltv_predicted - ltv_historic)) FILTER (WHERE is_active)
       END AS at_risk
  FROM scores_scoresnapshot
 WHERE as_of = ANY (%(days)s::date[])
 GROUP BY as_of
 ORDER BY as_of
