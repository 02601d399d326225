-- Purpose: the movements of monthly amounts added up by period and group.
-- One row per period and group; every period given is there (an empty one with value NULL and sums of 0).
-- Parameters: firsts, lasts (days).  Reads: temp movements.
SELECT p.first_on, p.last_on, m.value,
       count(*) FILTER (WHERE m.was > 0) AS customers,
       COALESCE(sum(m.was), 0) AS at_start,
       COALESCE(sum(m.became) FILTER (WHERE m.move = 'new'), 0) AS new,
       COALESCE(sum(m.became) FILTER (WHERE m.move = 'reactivated'), 0) AS reactivated,
       COALESCE(sum(m.became - m.was) FILTER (WHERE m.move = 'expansion'), 0) AS expansion,
       COALESCE(sum(m.was - m.became) FILTER (WHERE m.move = 'contraction'), 0) AS contraction,
       COALESCE(sum(m.was) FILTER (WHERE m.move = 'churned'), 0) AS churned,
       COALESCE(sum(m.paused), 0) AS paused,
       COALESCE(sum(m.became), 0) AS at_end
  FROM unnest(%(firsts)s::date[], %(lasts)s::date[]) AS p (first_on, last_on)
  LEFT JOIN movements m ON m.first_on = p.first_on
 GROUP BY p.first_on, p.last_on, m.value
 ORDER BY p.first_on, m.value
