-- Purpose: whom a broadcast is meant for, in a table of this transaction: campaign_chosen. audience.sql judges them.
-- One row per customer in the segment now: customer_id.
-- Parameters: segment. Reads: segments_membership. Writes: nothing that stays.
DROP TABLE IF EXISTS campaign_chosen
;;
CREATE TEMPORARY TABLE campaign_chosen ON COMMIT DROP AS
SELECT membership.customer_id
FROM segments_membership AS membership
WHERE membership.segment_id = %(segment)s AND membership.left_on IS NULL
;;
ANALYZE campaign_chosen
