-- Purpose: ends the journeys of those in campaign_going to whom an exit of the campaign applies, and what of them still
--     waits in the ledger.
-- One row per journey that ends here. Row count of the last statement: how many.
-- Parameters: campaign, segment, exits (events that end a journey of this campaign, the weightiest first), is_over (what
--     is offered has ended), now.
-- Reads: campaign_going, customers_customer, segments_membership.
-- Writes: campaigns_journey, campaigns_delivery; campaign_going loses them.
UPDATE campaigns_journey AS journey
SET state = 'exited', reason = ended.reason, left_at = %(now)s
FROM (
    SELECT found.id, (array_agg(found.reason ORDER BY array_position(%(exits)s::text[], found.reason)))[1] AS reason
    FROM (
        SELECT going.id, 'gone' AS reason
        FROM campaign_going AS going
        JOIN customers_customer AS customer ON customer.id = going.customer_id
        WHERE customer.archived_at IS NOT NULL OR customer.merged_into_id IS NOT NULL OR customer.erased_at IS NOT NULL
        UNION ALL
        SELECT going.id, 'goal' FROM campaign_going AS going WHERE going.has_reached
        UNION ALL
        SELECT going.id, 'left_segment'
        FROM campaign_going AS going
        WHERE NOT EXISTS (
            SELECT FROM segments_membership AS membership
            WHERE membership.segment_id = %(segment)s AND membership.customer_id = going.customer_id
                AND membership.left_on IS NULL
        )
        UNION ALL
        SELECT going.id, 'offer_over' FROM campaign_going AS going WHERE %(is_over)s
    ) AS found
    WHERE found.reason = ANY(%(exits)s::text[])
    GROUP BY found.id
) AS ended
WHERE journey.id = ended.id AND journey.state IN ('active', 'finished')
;;
UPDATE campaigns_delivery AS delivery
SET state = 'cancelled', reason = journey.reason, claim_token = NULL, lease_until = NULL, settled_at = %(now)s
FROM campaign_going AS going
JOIN campaigns_journey AS journey ON journey.id = going.id AND journey.state = 'exited'
WHERE delivery.customer_id = journey.customer_id AND delivery.campaign_id = %(campaign)s
    AND delivery.entry = journey.entry AND delivery.state IN ('pending', 'claimed', 'deferred')
;;
DELETE FROM campaign_going AS going
USING campaigns_journey AS journey
WHERE journey.id = going.id AND journey.state = 'exited'
