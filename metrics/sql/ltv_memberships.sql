-- Purpose: as ltv_cube.sql, by saved segment and by saved segment and one more dimension, of that day's members.
-- One row per group of each cut. A customer stands in each of his segments, so that the groups overlap.
-- Parameters: as_of.
-- Reads: temp ltv_facts; segments_membership, segments_segment.  Writes: nothing.
WITH members AS (
    SELECT s.slug AS membership, f.*
      FROM segments_membership m
      JOIN segments_segment s ON s.id = m.segment_id
      JOIN ltv_facts f ON f.customer_id = m.customer_id
     WHERE m.entered_on <= %(as_of)s AND (m.left_on IS NULL OR m.left_on > %(as_of)s)
)
SELECT GROUPING(owner, segment, industry, region, plan, tier, cohort, via) AS mask,
       membership, owner, segment, industry, region, plan, tier, cohort, via,
       count(*) AS customers,
       sum(historic) AS historic,
       CASE WHEN count(predicted) = count(*) THEN sum(predicted - historic) END AS to_come
  FROM members
 GROUP BY GROUPING SETS (
           (membership), (membership, owner), (membership, segment), (membership, industry),
           (membership, region), (membership, plan), (membership, tier), (membership, cohort), (membership, via)
       )
