-- Purpose: what customers are filed under becomes what was just built: only what differs is written, and marks months.
-- Marked are the months on whose first day somebody who is or was then there is filed otherwise; of who joined or came
-- back in a month, also where that holds for the first day of a longer period it may lie in.
-- Parameters: everybody (else those in temp wanted), as_of, is_marked (whether it marks at all).
-- Reads: temp filed, wanted; metrics_spell (as kept already).  Writes: metrics_filed, metrics_stale, temp gone, came.
DROP TABLE IF EXISTS pg_temp.gone, pg_temp.came
;;
CREATE TEMP TABLE gone AS
SELECT k.*
  FROM metrics_filed k
  LEFT JOIN filed f ON f.customer_id = k.customer_id AND f.from_on = k.from_on
 WHERE (%(everybody)s OR k.customer_id IN (SELECT customer_id FROM wanted))
   AND (f.customer_id IS NULL
        OR (f.until_on, f.owner, f.industry, f.region, f.plan, f.tier)
           IS DISTINCT FROM (k.until_on, k.owner, k.industry, k.region, k.plan, k.tier))
;;
CREATE TEMP TABLE came AS
SELECT f.*
  FROM filed f
  LEFT JOIN metrics_filed k ON k.customer_id = f.customer_id AND k.from_on = f.from_on
 WHERE k.id IS NULL
    OR (f.until_on, f.owner, f.industry, f.region, f.plan, f.tier)
       IS DISTINCT FROM (k.until_on, k.owner, k.industry, k.region, k.plan, k.tier)
;;
ANALYZE gone
;;
ANALYZE came
;;
INSERT INTO metrics_stale (kind, month)
WITH who AS (
    SELECT customer_id FROM gone UNION SELECT customer_id FROM came
), days AS (
    SELECT k.customer_id, m::date AS first_on, m::date AS month
      FROM metrics_spell k
      JOIN who w ON w.customer_id = k.customer_id
      CROSS JOIN generate_series(date_trunc('month', k.from_on::timestamp) + interval '1 month',
                                 LEAST(k.until_on, %(as_of)s::date)::timestamp + interval '1 day', interval '1 month') AS m
     WHERE k.from_on <= %(as_of)s
     UNION
    SELECT k.customer_id, (date_trunc('month', k.from_on::timestamp) - make_interval(months => back))::date,
           date_trunc('month', k.from_on::timestamp)::date
      FROM metrics_spell k
      JOIN who w ON w.customer_id = k.customer_id
      CROSS JOIN generate_series(0, 11) AS back
     WHERE k.from_on <= %(as_of)s
)
SELECT DISTINCT 'values', d.month
  FROM days d
  LEFT JOIN metrics_filed k ON k.customer_id = d.customer_id AND d.first_on BETWEEN k.from_on AND k.until_on
  LEFT JOIN filed f ON f.customer_id = d.customer_id AND d.first_on BETWEEN f.from_on AND f.until_on
 WHERE %(is_marked)s
   AND (k.owner, k.industry, k.region, k.plan, k.tier) IS DISTINCT FROM (f.owner, f.industry, f.region, f.plan, f.tier)
;;
DELETE FROM metrics_filed WHERE id IN (SELECT id FROM gone)
;;
INSERT INTO metrics_filed (customer_id, from_on, until_on, owner, industry, region, plan, tier)
SELECT customer_id, from_on, until_on, owner, industry, region, plan, tier FROM came
