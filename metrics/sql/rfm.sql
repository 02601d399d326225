-- Purpose: the grid of recency × frequency. One row per cell, also empty ones.
-- Parameters: cells_r, cells_f, cells_segment (25 each).  Reads: temp scored.
SELECT cell.r, cell.f, cell.segment, count(s.customer_id) AS customers, COALESCE(sum(s.monetary), 0) AS monetary
  FROM unnest(%(cells_r)s::int[], %(cells_f)s::int[], %(cells_segment)s::text[]) AS cell (r, f, segment)
  LEFT JOIN scored s ON s.r = cell.r AND s.f = cell.f
 GROUP BY cell.r, cell.f, cell.segment
 ORDER BY cell.r DESC, cell.f DESC
