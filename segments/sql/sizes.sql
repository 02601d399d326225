-- Purpose: on which days customers entered and left segments (or one: segment not null), to draw how large they were.
-- One row per segment and day on which anybody moved.
-- Parameters: segment, since (exclusive).  Reads: segments_membership.  Writes: nothing.
SELECT segment_id, day, sum(entered)::int AS entered, sum(gone)::int AS gone
  FROM (
    SELECT segment_id, entered_on AS day, count(*) AS entered, 0 AS gone
      FROM segments_membership
     WHERE entered_on > %(since)s AND (%(segment)s::bigint IS NULL OR segment_id = %(segment)s)
     GROUP BY segment_id, entered_on
     UNION ALL
    SELECT segment_id, left_on, 0, count(*)
      FROM segments_membership
     WHERE left_on > %(since)s AND (%(segment)s::bigint IS NULL OR segment_id = %(segment)s)
     GROUP BY segment_id, left_on
  ) AS moves
 GROUP BY segment_id, day
