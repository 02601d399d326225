-- Purpose: the movements of monthly amounts of a period added up by one cut ('' = none).
-- One row per group (value; '' = not cut); one row of zeros where there is nobody and no cut. Parameters: cut.
-- Reads: temp movements.  Writes: nothing.
SELECT groups.value,
       count(*) FILTER (WHERE m.was > 0) AS customers,
       COALESCE(sum(m.was), 0) AS at_start,
       COALESCE(sum(m.became) FILTER (WHERE m.move = 'new'), 0) AS new,
       COALESCE(sum(m.became) FILTER (WHERE m.move = 'reactivated'), 0) AS reactivated,
       COALESCE(sum(m.became - m.was) FILTER (WHERE m.move = 'expansion'), 0) AS expansion,
       COALESCE(sum(m.was - m.became) FILTER (WHERE m.move = 'contraction'), 0) AS contraction,
       COALESCE(sum(m.was) FILTER (WHERE m.move = 'churned'), 0) AS churned,
       COALESCE(sum(m.paused), 0) AS paused,
       COALESCE(sum(m.became), 0) AS at_end
  FROM (SELECT NULL AS nobody) AS one
  LEFT JOIN movements m ON TRUE
  CROSS JOIN LATERAL (
       SELECT CASE %(cut)s WHEN 'owner' THEN m.owner WHEN 'segment' THEN m.segment WHEN 'industry' THEN m.industry
                           WHEN 'region' THEN m.region WHEN 'plan' THEN m.plan WHEN 'tier' THEN m.tier
                           WHEN 'cohort' THEN m.cohort ELSE '' END AS value) AS groups
 WHERE groups.value IS NOT NULL
 GROUP BY groups.value
 ORDER BY groups.value
