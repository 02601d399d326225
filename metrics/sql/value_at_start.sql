-- Purpose: the value a customer (e.customer_id) had in the cut asked.cut at the start of a period: a part of
-- reasons_body.sql, never run alone; the same as standing.sql, for one customer after another. One value; of saved segments, in which he
-- may be in several, the one asked for (asked.value) or NULL.
-- Parameters: first_on, by_activity, by_contract.
-- Reads: filed, first_days, segment_at_start (built or kept: kept.sql), segments_membership, segments_segment.
(SELECT CASE asked.cut
    WHEN 'segment' THEN COALESCE((
        SELECT g.rfm_segment FROM segment_at_start g
         WHERE g.customer_id = e.customer_id AND g.eve = %(first_on)s::date - 1), '')
    WHEN 'membership' THEN (
        SELECT g.slug FROM segments_membership m JOIN segments_segment g ON g.id = m.segment_id
         WHERE m.customer_id = e.customer_id AND g.slug = asked.value AND m.entered_on < %(first_on)s
           AND (m.left_on IS NULL OR m.left_on >= %(first_on)s) LIMIT 1)
    WHEN 'cohort' THEN COALESCE((
        SELECT to_char(LEAST(CASE WHEN %(by_activity)s THEN d.bought_on END,
                             CASE WHEN %(by_contract)s THEN d.signed_on END), 'YYYY-MM')
          FROM first_days d WHERE d.customer_id = e.customer_id), '')
    ELSE COALESCE((
        SELECT CASE asked.cut WHEN 'owner' THEN f.owner WHEN 'industry' THEN f.industry WHEN 'region' THEN f.region
                              WHEN 'plan' THEN f.plan WHEN 'tier' THEN f.tier END
          FROM filed f
         WHERE f.customer_id = e.customer_id AND %(first_on)s::date BETWEEN f.from_on AND f.until_on), '')
END)
