-- Purpose: who came and left on each day of periods, for the formula that adds up daily rates.
-- One row per period and day on which somebody did. Left on day X = active at the end of the day before, not of X.
-- Parameters: firsts, lasts (days), most (ids kept).  Reads: temp our_spells.
WITH steps AS (
    SELECT from_on AS day, customer_id, FALSE AS is_end FROM our_spells
    UNION ALL
    SELECT until_on + 1, customer_id, TRUE FROM our_spells WHERE until_on < DATE '9999-12-31'
)
SELECT p.first_on, s.day,
       count(*) FILTER (WHERE NOT s.is_end) AS came,
       count(*) FILTER (WHERE s.is_end) AS gone,
       (array_agg(s.customer_id ORDER BY s.customer_id) FILTER (WHERE s.is_end))[1:%(most)s] AS ids
  FROM unnest(%(firsts)s::date[], %(lasts)s::date[]) AS p (first_on, last_on)
  JOIN steps s ON s.day BETWEEN p.first_on AND p.last_on
 GROUP BY p.first_on, s.day
 ORDER BY p.first_on, s.day
