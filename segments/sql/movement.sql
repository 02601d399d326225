-- Purpose: who came and went in the last days of each segment (or of one: segment not null).
-- One row per segment that was ever computed; `since` = that many days before its as_of, or the day it began
-- where that is later: the members it began with did not "enter". Who was merged into another did not go.
-- Parameters: days, zone, segment.  Reads: segments_segment, segments_membership, customers_customer.  Writes: nothing.
WITH spans AS (
    SELECT id AS segment_id, as_of,
           greatest(as_of - %(days)s::int, (created_at AT TIME ZONE %(zone)s)::date) AS since
      FROM segments_segment
     WHERE as_of IS NOT NULL AND (%(segment)s::bigint IS NULL OR id = %(segment)s)
)
SELECT spans.segment_id, spans.since,
       (SELECT count(*) FROM segments_membership AS stay
         WHERE stay.segment_id = spans.segment_id AND stay.entered_on > spans.since) AS entered,
       (SELECT count(*) FROM segments_membership AS stay
         WHERE stay.segment_id = spans.segment_id AND stay.left_on > spans.since
           AND NOT EXISTS (SELECT FROM customers_customer AS merged WHERE merged.id = stay.customer_id AND merged.merged_into_id IS NOT NULL)
       ) AS gone
  FROM spans
