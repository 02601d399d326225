-- Purpose: how many VIPs (M score 5) stand in each cell of recency × frequency. One row per cell that has any customer.
-- Reads: temp scored.  Writes: nothing.
SELECT r, f, count(*) FILTER (WHERE m = 5) AS vip
  FROM scored
 WHERE r IS NOT NULL AND f IS NOT NULL
 GROUP BY r, f
 ORDER BY r DESC, f DESC
