-- Purpose: everybody in the segment now has the same cause to enter a series: table campaign_causes of this transaction.
-- One row per customer: customer_id, cause. Parameters: segment, cause.
-- Reads: segments_membership. Writes: nothing that stays.
DROP TABLE IF EXISTS campaign_causes
;;
CREATE TEMPORARY TABLE campaign_causes ON COMMIT DROP AS
SELECT membership.customer_id, %(cause)s::text AS cause
FROM segments_membership AS membership
WHERE membership.segment_id = %(segment)s AND membership.left_on IS NULL
