-- Purpose: the rows of one period in the table of movements: by nothing and by each cut, in one pass.
-- One row per group. Parameters: first_on, months.  Reads: temp movements.  Writes: metrics_movementrollup.
INSERT INTO metrics_movementrollup (first, months, dimension, "group", customers, at_start, new, reactivated, expansion,
    contraction, churned, paused, at_end)
WITH summed AS (
    SELECT array_position(ARRAY[GROUPING(owner) = 0, GROUPING(segment) = 0, GROUPING(industry) = 0, GROUPING(region) = 0,
                          GROUPING(plan) = 0, GROUPING(tier) = 0, GROUPING(cohort) = 0], TRUE) AS at,
           ARRAY[owner::text, segment, industry, region, plan, tier, cohort] AS of,
           count(*) FILTER (WHERE was > 0) AS customers,
           sum(was) AS at_start,
           sum(became) FILTER (WHERE move = 'new') AS new,
           sum(became) FILTER (WHERE move = 'reactivated') AS reactivated,
           sum(became - was) FILTER (WHERE move = 'expansion') AS expansion,
           sum(was - became) FILTER (WHERE move = 'contraction') AS contraction,
           sum(was) FILTER (WHERE move = 'churned') AS churned,
           sum(paused) AS paused,
           sum(became) AS at_end
      FROM movements
     GROUP BY GROUPING SETS ((), (owner), (segment), (industry), (region), (plan), (tier), (cohort))
)
SELECT %(first_on)s, %(months)s, COALESCE(names[at], ''), COALESCE(of[at], ''), customers, COALESCE(at_start, 0),
       COALESCE(new, 0), COALESCE(reactivated, 0), COALESCE(expansion, 0), COALESCE(contraction, 0), COALESCE(churned, 0),
       COALESCE(paused, 0), COALESCE(at_end, 0)
  FROM summed
  CROSS JOIN (SELECT ARRAY['owner', 'segment', 'industry', 'region', 'plan', 'tier', 'cohort'] AS names) AS called
