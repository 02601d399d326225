-- Purpose: when paid terms covered a customer without a gap.
-- One row per customer and unbroken cover: the first and the last day covered.
-- Reads: temp known_terms.  Writes: temp contract_cover.
DROP TABLE IF EXISTS pg_temp.contract_cover
;;
CREATE TEMP TABLE contract_cover AS
WITH covered AS (
    SELECT customer_id, starts_on AS from_on, ends_on - 1 AS until_on
      FROM known_terms
     WHERE is_paid AND ends_on > starts_on
), reached AS (
    SELECT *, max(until_on) OVER (
               PARTITION BY customer_id ORDER BY from_on, until_on ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
           ) AS reach
      FROM covered
), numbered AS (
    SELECT *, count(*) FILTER (WHERE reach IS NULL OR from_on > reach + 1) OVER (
               PARTITION BY customer_id ORDER BY from_on, until_on ROWS UNBOUNDED PRECEDING
           ) AS island
      FROM reached
)
SELECT customer_id, min(from_on) AS from_on, max(until_on) AS until_on
  FROM numbered
 GROUP BY customer_id, island
HAVING min(from_on) <= %(as_of)s
;;
ANALYZE contract_cover
