-- Purpose: makes the open memberships of a segment equal to what its rule finds, as intervals of days
-- [entered_on, left_on), and writes who moved as news where that is wanted (is_news).
-- One row per stay. Who left and is back on the same day never left; who entered and left on one day was never in:
-- the news of it becomes void. Whose record was merged into another did not leave, and whom he was merged into did
-- not enter where he was in.
-- Parameters: segment, as_of, now, is_news.  Reads: temp segment_changes (customer_id, is_in: only whose membership
-- is not as the rule finds it), customers_customer.  Writes: segments_membership, segments_movement.
ANALYZE segment_changes
;;
UPDATE segments_movement AS news SET is_void = TRUE
  FROM segment_changes AS change
 WHERE news.segment_id = %(segment)s AND news.customer_id = change.customer_id AND NOT news.is_void
   AND news.moved_on >= %(as_of)s AND news.kind = CASE WHEN change.is_in THEN 'left' ELSE 'entered' END
;;
UPDATE segments_membership AS stay SET left_on = NULL
  FROM segment_changes AS change
 WHERE stay.segment_id = %(segment)s AND stay.customer_id = change.customer_id AND change.is_in
   AND stay.left_on = %(as_of)s
;;
DELETE FROM segments_membership AS stay
 USING segment_changes AS change
 WHERE stay.segment_id = %(segment)s AND stay.customer_id = change.customer_id AND NOT change.is_in
   AND stay.left_on IS NULL AND stay.entered_on >= %(as_of)s
;;
UPDATE segments_membership AS stay SET left_on = %(as_of)s
  FROM segment_changes AS change
 WHERE stay.segment_id = %(segment)s AND stay.customer_id = change.customer_id AND NOT change.is_in
   AND stay.left_on IS NULL
;;
INSERT INTO segments_membership (segment_id, customer_id, entered_on)
SELECT DISTINCT %(segment)s, change.customer_id, %(as_of)s::date
  FROM segment_changes AS change
 WHERE change.is_in AND NOT EXISTS (
       SELECT FROM segments_membership AS stay
        WHERE stay.segment_id = %(segment)s AND stay.customer_id = change.customer_id AND stay.left_on IS NULL)
;;
INSERT INTO segments_movement (segment_id, customer_id, kind, moved_on, moved_at, is_void)
SELECT DISTINCT %(segment)s, change.customer_id, CASE WHEN change.is_in THEN 'entered' ELSE 'left' END,
       %(as_of)s::date, %(now)s::timestamptz, FALSE
  FROM segment_changes AS change
  JOIN customers_customer AS customer ON customer.id = change.customer_id
 WHERE %(is_news)s
   AND EXISTS (
       SELECT FROM segments_membership AS stay
        WHERE stay.segment_id = %(segment)s AND stay.customer_id = change.customer_id
          AND CASE WHEN change.is_in THEN stay.left_on IS NULL AND stay.entered_on = %(as_of)s
                   ELSE stay.left_on = %(as_of)s AND customer.merged_into_id IS NULL END)
   AND NOT (change.is_in AND EXISTS (
       SELECT FROM customers_customer AS merged
         JOIN segments_membership AS stay ON stay.customer_id = merged.id
        WHERE merged.merged_into_id = change.customer_id AND stay.segment_id = %(segment)s
          AND stay.left_on = %(as_of)s))
ON CONFLICT (segment_id, customer_id, moved_on, kind) DO UPDATE SET is_void = FALSE
