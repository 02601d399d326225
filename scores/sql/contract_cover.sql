-- Purpose: when paid terms covered a customer without a gap.
-- One row per customer and unbroken cover: the first and the last day covered. Ranges that touch become one.
-- Reads: temp known_terms.  Writes: temp contract_cover.
DROP TABLE IF EXISTS pg_temp.contract_cover
;;
CREATE TEMP TABLE contract_cover AS
WITH covers AS (
    SELECT customer_id, unnest(range_agg(daterange(starts_on, ends_on))) AS days
      FROM known_terms
     WHERE is_paid AND ends_on > starts_on
     GROUP BY customer_id
)
SELECT customer_id, lower(days) AS from_on, upper(days) - 1 AS until_on
  FROM covers
 WHERE lower(days) <= %(as_of)s
;;
ANALYZE contract_cover
