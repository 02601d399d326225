-- Purpose: who bought in a month, and how many of them had bought before that month (リピート率); beside it, month by
-- month in one sum, the same of the last twelve months that are over.
-- One row per month, per way, and of everybody (NULL = all; those are of the twelve months).
-- Parameters: since, until (first and last day of the twelve months).
-- Reads: temp purchase_days, repeat_days.  Writes: nothing.
WITH buyers AS (
    SELECT DISTINCT p.customer_id, date_trunc('month', p.day)::date AS month FROM purchase_days p
), judged AS (
    SELECT b.month, r.via, r.first_on < b.month AS is_back, b.month BETWEEN %(since)s AND %(until)s AS is_late
      FROM buyers b
      JOIN repeat_days r ON r.customer_id = b.customer_id
)
SELECT month, NULL AS via, count(*) AS buyers, count(*) FILTER (WHERE is_back) AS before FROM judged GROUP BY month
 UNION ALL
SELECT NULL, via, count(*), count(*) FILTER (WHERE is_back)
  FROM judged WHERE is_late GROUP BY GROUPING SETS ((via), ())
 ORDER BY 1 NULLS FIRST, 2 NULLS FIRST
