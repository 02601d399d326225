-- Purpose: customers in ten equal parts by what they brought, the most first: who brings how much of the whole.
-- One row per part (fewer with less than ten customers). Amounts in hundredths; last_id is the last customer of the
-- part in this order, so that the part can be found again where amounts are equal.
-- Reads: temp ltv_facts.  Writes: nothing.
WITH ranked AS (
    SELECT customer_id, historic, predicted, ntile(10) OVER one AS decile
      FROM ltv_facts
    WINDOW one AS (ORDER BY historic DESC, customer_id)
), parts AS (
    SELECT decile,
           count(*) AS customers,
           max(historic) AS highest,
           min(historic) AS lowest,
           sum(historic) AS total,
           CASE WHEN count(predicted) = count(*) THEN sum(predicted - historic) END AS to_come
      FROM ranked
     GROUP BY decile
)
SELECT p.*,
       (SELECT max(r.customer_id) FROM ranked r WHERE r.decile = p.decile AND r.historic = p.lowest) AS last_id
  FROM parts p
 ORDER BY p.decile
