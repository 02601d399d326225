-- Purpose: how many were there at the start of a period, how many of them are lost at its end, how many joined or came
-- back, by one or two cuts ('' = none). Who is in several saved segments counts in each.
-- One row per group, or pair of groups (value, other; '' = not cut); one row of zeros where there is nobody and no cut.
-- Parameters: cut, other_cut, first_on.  Reads: temp standing; segments_membership, segments_segment.
SELECT cuts.value, cuts.other,
       count(*) FILTER (WHERE s.was_there) AS at_start,
       count(*) FILTER (WHERE s.is_lost) AS lost,
       count(*) FILTER (WHERE s.has_joined) AS joined,
       count(*) FILTER (WHERE s.is_won_back) AS won_back
  FROM (SELECT NULL AS nobody) AS one
  LEFT JOIN standing s ON TRUE
  LEFT JOIN (
       SELECT m.customer_id, g.slug
         FROM segments_membership m JOIN segments_segment g ON g.id = m.segment_id
        WHERE 'membership' IN (%(cut)s, %(other_cut)s)
          AND m.entered_on < %(first_on)s AND (m.left_on IS NULL OR m.left_on >= %(first_on)s)
       ) AS member ON member.customer_id = s.customer_id
  CROSS JOIN LATERAL (
       SELECT CASE cut WHEN 'owner' THEN s.owner WHEN 'segment' THEN s.segment WHEN 'membership' THEN member.slug
                       WHEN 'industry' THEN s.industry WHEN 'region' THEN s.region WHEN 'plan' THEN s.plan
                       WHEN 'tier' THEN s.tier WHEN 'cohort' THEN s.cohort ELSE '' END AS value,
              CASE other_cut WHEN 'owner' THEN s.owner WHEN 'segment' THEN s.segment WHEN 'membership' THEN member.slug
                       WHEN 'industry' THEN s.industry WHEN 'region' THEN s.region WHEN 'plan' THEN s.plan
                       WHEN 'tier' THEN s.tier WHEN 'cohort' THEN s.cohort ELSE '' END AS other
         FROM (SELECT %(cut)s::text AS cut, %(other_cut)s::text AS other_cut) AS asked) AS cuts
 WHERE cuts.value IS NOT NULL AND cuts.other IS NOT NULL
 GROUP BY cuts.value, cuts.other
 ORDER BY cuts.value, cuts.other
