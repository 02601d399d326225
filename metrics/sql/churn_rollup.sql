-- Purpose: the rows of one period in the table of churn: by nothing, by each cut and by any two, in one pass; then by
-- saved segments, alone and with each other cut: who was in several at the period's start counts in each.
-- One row per group, or pair of groups. Parameters: first_on, months.
-- Reads: temp standing; segments_membership, segments_segment.  Writes: metrics_churnrollup.
INSERT INTO metrics_churnrollup (first, months, dimension, "group", second, second_group, at_start, lost, joined, won_back)
WITH counted AS (
    SELECT array_positions(ARRAY[GROUPING(owner) = 0, GROUPING(segment) = 0, GROUPING(industry) = 0,
                           GROUPING(region) = 0, GROUPING(plan) = 0, GROUPING(tier) = 0, GROUPING(cohort) = 0], TRUE) AS at,
           ARRAY[owner::text, segment, industry, region, plan, tier, cohort] AS of,
           count(*) FILTER (WHERE was_there) AS at_start,
           count(*) FILTER (WHERE is_lost) AS lost,
           count(*) FILTER (WHERE has_joined) AS joined,
           count(*) FILTER (WHERE is_won_back) AS won_back
      FROM standing
     GROUP BY GROUPING SETS (
           (),
           (owner), (segment), (industry), (region), (plan), (tier), (cohort),
           (owner, segment), (owner, industry), (owner, region), (owner, plan), (owner, tier), (owner, cohort),
           (segment, industry), (segment, region), (segment, plan), (segment, tier), (segment, cohort),
           (industry, region), (industry, plan), (industry, tier), (industry, cohort), (region, plan), (region, tier),
           (region, cohort), (plan, tier), (plan, cohort), (tier, cohort))
)
SELECT %(first_on)s, %(months)s, COALESCE(names[at[1]], ''), COALESCE(of[at[1]], ''),
       COALESCE(names[at[2]], ''), COALESCE(of[at[2]], ''), at_start, lost, joined, won_back
  FROM counted
  CROSS JOIN (SELECT ARRAY['owner', 'segment', 'industry', 'region', 'plan', 'tier', 'cohort'] AS names) AS called
;;
INSERT INTO metrics_churnrollup (first, months, dimension, "group", second, second_group, at_start, lost, joined, won_back)
WITH members AS (
    SELECT s.*, g.slug AS member
      FROM standing s
      JOIN segments_membership m ON m.customer_id = s.customer_id AND m.entered_on < %(first_on)s
           AND (m.left_on IS NULL OR m.left_on >= %(first_on)s)
      JOIN segments_segment g ON g.id = m.segment_id
), counted AS (
    SELECT member,
           array_position(ARRAY[GROUPING(owner) = 0, GROUPING(segment) = 0, GROUPING(industry) = 0,
                          GROUPING(region) = 0, GROUPING(plan) = 0, GROUPING(tier) = 0, GROUPING(cohort) = 0], TRUE) AS at,
           ARRAY[owner::text, segment, industry, region, plan, tier, cohort] AS of,
           count(*) FILTER (WHERE was_there) AS at_start,
           count(*) FILTER (WHERE is_lost) AS lost,
           count(*) FILTER (WHERE has_joined) AS joined,
           count(*) FILTER (WHERE is_won_back) AS won_back
      FROM members
     GROUP BY GROUPING SETS (
           (member), (member, owner), (member, segment), (member, industry), (member, region), (member, plan), (member, tier), (member, cohort))
)
SELECT %(first_on)s, %(months)s,
       CASE WHEN at <= 2 THEN names[at] ELSE 'membership' END, CASE WHEN at <= 2 THEN of[at] ELSE member END,
       CASE WHEN at <= 2 THEN 'membership' ELSE COALESCE(names[at], '') END,
       CASE WHEN at <= 2 THEN member ELSE COALESCE(of[at], '') END,
       at_start, lost, joined, won_back
  FROM counted
  CROSS JOIN (SELECT ARRAY['owner', 'segment', 'industry', 'region', 'plan', 'tier', 'cohort'] AS names) AS called
