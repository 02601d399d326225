-- Purpose: the middle and the ends of historic LTV: what the bands of the histogram are chosen from.
--   top_count, top_total, top_from   the hundredth part with the most (at least one customer), in sum, and the least of them
-- One row. Amounts in hundredths.
-- Reads: temp ltv_facts.  Writes: nothing.
WITH ranked AS (
    SELECT historic, row_number() OVER (ORDER BY historic DESC, customer_id) AS place, count(*) OVER () AS everybody
      FROM ltv_facts
)
SELECT count(*) AS customers,
       sum(historic) AS total,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY historic) AS median,
       percentile_disc(0.95) WITHIN GROUP (ORDER BY historic) AS p95,
       min(historic) AS least,
       count(*) FILTER (WHERE place <= ceil(everybody / 100.0)) AS top_count,
       sum(historic) FILTER (WHERE place <= ceil(everybody / 100.0)) AS top_total,
       min(historic) FILTER (WHERE place <= ceil(everybody / 100.0)) AS top_from
  FROM ranked
