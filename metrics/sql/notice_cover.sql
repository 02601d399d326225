-- Purpose: when paid terms covered a customer if the day on which notice was given ended them: who gives notice is
-- not under contract at the end of that day. What ends without notice ends as elsewhere (with month_end a day early,
-- which spells.sql takes off again; so a notice counts from its own day under either setting).
-- One row per customer and unbroken cover, as in contract_cover.sql, whose table it replaces.
-- Parameters: as_of, month_end.  Reads: temp known_terms.  Writes: temp contract_cover.
DROP TABLE IF EXISTS pg_temp.contract_cover
;;
CREATE TEMP TABLE contract_cover AS
WITH terms AS (
    SELECT customer_id, starts_on,
           LEAST(ends_on, cancelled_on + CASE WHEN %(month_end)s THEN 1 ELSE 0 END) AS ends_on
      FROM known_terms
     WHERE is_paid
), covers AS (
    SELECT customer_id, unnest(range_agg(daterange(starts_on, ends_on))) AS days
      FROM terms
     WHERE ends_on > starts_on
     GROUP BY customer_id
)
SELECT customer_id, lower(days) AS from_on, upper(days) - 1 AS until_on
  FROM covers
 WHERE lower(days) <= %(as_of)s
;;
ANALYZE contract_cover
