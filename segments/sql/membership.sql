-- Purpose: makes the open memberships of a segment equal to temp matched, as intervals of days [entered_on, left_on).
-- One row per stay. Who left and is back on the same day never left; who entered and left on one day was never in.
-- Parameters: segment, as_of.  Reads: temp segment_matched.  Writes: segments_membership.
UPDATE segments_membership AS stay SET left_on = NULL
 WHERE stay.segment_id = %(segment)s AND stay.left_on = %(as_of)s
   AND EXISTS (SELECT 1 FROM segment_matched AS matched WHERE matched.customer_id = stay.customer_id)
;;
DELETE FROM segments_membership AS stay
 WHERE stay.segment_id = %(segment)s AND stay.left_on IS NULL AND stay.entered_on >= %(as_of)s
   AND NOT EXISTS (SELECT 1 FROM segment_matched AS matched WHERE matched.customer_id = stay.customer_id)
;;
UPDATE segments_membership AS stay SET left_on = %(as_of)s
 WHERE stay.segment_id = %(segment)s AND stay.left_on IS NULL
   AND NOT EXISTS (SELECT 1 FROM segment_matched AS matched WHERE matched.customer_id = stay.customer_id)
;;
INSERT INTO segments_membership (segment_id, customer_id, entered_on)
SELECT %(segment)s, matched.customer_id, %(as_of)s
  FROM segment_matched AS matched
 WHERE NOT EXISTS (
       SELECT 1 FROM segments_membership AS stay
        WHERE stay.segment_id = %(segment)s AND stay.customer_id = matched.customer_id AND stay.left_on IS NULL)
