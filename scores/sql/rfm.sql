-- Purpose: recency, frequency and monetary scored 1–5 (5 best), and the segment of R × F.
-- One row per customer who bought within the window. p = customers strictly worse ÷ (scored − 1), in whole
-- numbers, so equal values score alike whatever the order of rows; the best value always scores 5; where all
-- values are equal (also one customer alone) all score 3. Where the company set its own cut-offs (four ascending
-- figures, else NULL): 1 + number reached; width_bucket counts those ≤ a value, so recency counts those below it.
-- Reads: temp activity; the 25 cells and the cut-offs from the settings.  Writes: temp rfm.
DROP TABLE IF EXISTS pg_temp.rfm
;;
CREATE TEMP TABLE rfm AS
WITH bought AS (
    SELECT customer_id,
           %(as_of)s::date - last_purchase_on AS recency_days,
           orders_in_window AS frequency,
           net_in_window AS monetary
      FROM activity
     WHERE orders_in_window > 0
), limits AS (
    SELECT count(*) AS scored,
           min(recency_days) AS best_r, max(recency_days) AS worst_r,
           max(frequency) AS best_f, min(frequency) AS worst_f,
           max(monetary) AS best_m, min(monetary) AS worst_m
      FROM bought
), ranked AS (
    SELECT *,
           rank() OVER (ORDER BY recency_days DESC) - 1 AS worse_r,
           rank() OVER (ORDER BY frequency) - 1 AS worse_f,
           rank() OVER (ORDER BY monetary) - 1 AS worse_m
      FROM bought
), graded AS (
    SELECT k.customer_id, k.recency_days, k.frequency, k.monetary,
           COALESCE(
               5 - width_bucket(recency_days - 1, %(r_cutoffs)s::integer[]),
               CASE WHEN best_r = worst_r THEN 3 WHEN recency_days = best_r THEN 5
                    ELSE LEAST(5, 1 + 5 * worse_r / (scored - 1)) END)::smallint AS r,
           COALESCE(
               1 + width_bucket(frequency, %(f_cutoffs)s::integer[]),
               CASE WHEN best_f = worst_f THEN 3 WHEN frequency = best_f THEN 5
                    ELSE LEAST(5, 1 + 5 * worse_f / (scored - 1)) END)::smallint AS f,
           COALESCE(
               1 + width_bucket(monetary, %(m_cutoffs)s::numeric[]),
               CASE WHEN best_m = worst_m THEN 3 WHEN monetary = best_m THEN 5
                    ELSE LEAST(5, 1 + 5 * worse_m / (scored - 1)) END)::smallint AS m
      FROM ranked k CROSS JOIN limits
)
SELECT g.*, cell.segment AS rfm_segment, g.m = 5 AS is_vip
  FROM graded g
  JOIN unnest(%(cells_r)s, %(cells_f)s, %(cells_segment)s) AS cell (r, f, segment) ON cell.r = g.r AND cell.f = g.f
;;
ANALYZE rfm
