-- Purpose: why customers were lost in a month, and to whom; '' = nobody wrote it down.
-- One row per month and reason (kind 'reason') or competitor (kind 'competitor'), and one for all (kind 'all').
-- Parameters: none.  Reads: temp month_lost.  Writes: nothing.
SELECT first_on,
       CASE WHEN grouping(reason) = 0 THEN 'reason' WHEN grouping(competitor) = 0 THEN 'competitor' ELSE 'all' END AS kind,
       CASE WHEN grouping(reason) = 0 THEN reason WHEN grouping(competitor) = 0 THEN competitor ELSE '' END AS value,
       count(*) AS customers, sum(ltv) AS ltv
  FROM month_lost
 GROUP BY GROUPING SETS ((first_on), (first_on, reason), (first_on, competitor))
 ORDER BY first_on, kind, customers DESC, value
