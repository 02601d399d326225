-- Purpose: the conditions on what a customer of spell s is filed under at a period's start, as standing_body.sql has it;
-- part of people_behind.sql. A cut that is not asked for is NULL. OFFSET 0: looked
-- up for one after another along the walk, never all of them first.
-- Reads: metrics_filed, metrics_firstday, scores_scoresnapshot, segments_membership, segments_segment.
   AND (COALESCE(%(of_owner)s, %(of_industry)s, %(of_region)s, %(of_plan)s, %(of_tier)s) IS NULL
        OR EXISTS (
            SELECT FROM metrics_filed f
             WHERE f.customer_id = s.customer_id AND %(first_on)s BETWEEN f.from_on AND f.until_on
               AND (%(of_owner)s IS NULL OR f.owner = %(of_owner)s)
               AND (%(of_industry)s IS NULL OR f.industry = %(of_industry)s)
               AND (%(of_region)s IS NULL OR f.region = %(of_region)s)
               AND (%(of_plan)s IS NULL OR f.plan = %(of_plan)s)
               AND (%(of_tier)s IS NULL OR f.tier = %(of_tier)s)
             OFFSET 0))
   AND (%(of_segment)s IS NULL
        OR %(of_segment)s = COALESCE((
            SELECT g.rfm_segment FROM scores_scoresnapshot g
             WHERE g.as_of = %(first_on)s::date - 1 AND g.customer_id = s.customer_id), ''))
   AND (%(of_membership)s IS NULL
        OR EXISTS (
            SELECT FROM segments_membership m JOIN segments_segment g ON g.id = m.segment_id
             WHERE g.slug = %(of_membership)s AND m.customer_id = s.customer_id
               AND m.entered_on < %(first_on)s AND (m.left_on IS NULL OR m.left_on >= %(first_on)s)
             OFFSET 0))
   AND (%(of_cohort)s IS NULL
        OR %(of_cohort)s = COALESCE((
            SELECT to_char(LEAST(CASE WHEN %(by_activity)s THEN d.bought_on END,
                                 CASE WHEN %(by_contract)s THEN d.signed_on END), 'YYYY-MM')
              FROM metrics_firstday d WHERE d.customer_id = s.customer_id), ''))
