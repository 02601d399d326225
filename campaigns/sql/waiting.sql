-- Purpose: people of one campaign whose message has waited (for the morning, for a server) and is about to go out: what
--     may have ended their journey meanwhile is looked at once more. Table campaign_going, like going.sql.
-- One row per journey still on its way, or that was through with that message.
-- Parameters: campaign, written_before, due_before (moments), most.
-- Reads: campaigns_delivery, campaigns_journey. Writes: nothing that stays.
DROP TABLE IF EXISTS campaign_going
;;
CREATE TEMPORARY TABLE campaign_going ON COMMIT DROP AS
SELECT journey.id, journey.customer_id, journey.entry, journey.edition, journey.position, journey.entered_at,
    false AS has_reached, true AS is_met, true AS is_hopeless
FROM campaigns_journey AS journey
WHERE journey.campaign_id = %(campaign)s AND journey.state IN ('active', 'finished')
    AND (journey.customer_id, journey.entry) IN (
        SELECT delivery.customer_id, delivery.entry
        FROM campaigns_delivery AS delivery
        WHERE delivery.campaign_id = %(campaign)s AND delivery.state IN ('pending', 'deferred')
            AND delivery.due_at <= %(due_before)s AND delivery.planned_at <= %(written_before)s
        ORDER BY delivery.due_at, delivery.id
        LIMIT %(most)s
    )
FOR UPDATE SKIP LOCKED
