-- Purpose: who came and left on each day of a period, for the formula that adds up daily rates.
-- One row per day on which somebody did. Left on day X = active at the end of the day before, not of X.
-- Parameters: first_on, last_on, most (ids kept).  Reads: temp our_spells.
WITH steps AS (
    SELECT from_on AS day, customer_id, FALSE AS is_end FROM our_spells
    UNION ALL
    SELECT until_on + 1, customer_id, TRUE FROM our_spells WHERE until_on < DATE '9999-12-31'
)
SELECT s.day,
       count(*) FILTER (WHERE NOT s.is_end) AS came,
       count(*) FILTER (WHERE s.is_end) AS gone,
       (array_agg(s.customer_id ORDER BY s.customer_id) FILTER (WHERE s.is_end))[1:%(most)s] AS ids
  FROM steps s
 WHERE s.day BETWEEN %(first_on)s AND %(last_on)s
 GROUP BY s.day
 ORDER BY s.day
