-- Purpose: how many customers began in a month by one way of winning them, and what they brought and may bring.
-- One row per month and way. Amounts in hundredths; to_come is NULL where somebody has no prediction.
-- Reads: temp ltv_facts.  Writes: nothing.
SELECT cohort, via,
       count(*) AS customers,
       sum(historic) AS historic,
       CASE WHEN count(predicted) = count(*) THEN sum(predicted - historic) END AS to_come
  FROM ltv_facts
 WHERE cohort <> ''
 GROUP BY cohort, via
 ORDER BY cohort, via
