-- Purpose: how many customers a day's scores speak of.
-- One row.  Reads: temp scored.  Writes: nothing.
SELECT count(*) AS customers,
       count(r) AS scored,
       count(*) FILTER (WHERE is_active) AS active,
       count(*) FILTER (WHERE lifecycle = 'prospect') AS prospects,
       count(*) FILTER (WHERE is_vip) AS vip
  FROM scored
