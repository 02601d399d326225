-- Purpose: of those active at the start of a period, how many are not active at its end, by one dimension.
-- One row per period and group; all periods given are there (an empty one with value NULL counts 0).
-- Parameters: firsts, lasts (days).  Reads: temp standing.
SELECT p.first_on, p.last_on, s.value,
       count(s.first_on) AS at_start,
       count(*) FILTER (WHERE s.is_lost) AS lost
  FROM unnest(%(firsts)s::date[], %(lasts)s::date[]) AS p (first_on, last_on)
  LEFT JOIN standing s ON s.first_on = p.first_on
 GROUP BY p.first_on, p.last_on, s.value
 ORDER BY p.first_on, s.value
