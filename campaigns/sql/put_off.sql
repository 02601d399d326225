-- Purpose: gives claimed promotions back until the hours in which they may reach the person.
-- Row count: rows put off. Parameters: ids, opens (a moment for each), token.
-- Reads: campaigns_offer, accounts_installation. Writes: campaigns_delivery. How long it may be tried moves along, but never
--     beyond the end of the offer.
UPDATE campaigns_delivery AS delivery
SET state = 'deferred', reason = 'quiet', claim_token = NULL, lease_until = NULL, attempts = delivery.attempts - 1,
    due_at = quiet.opens_at,
    expires_at = least(
        delivery.expires_at + (quiet.opens_at - delivery.due_at),
        (SELECT (offer.expires_on + 1)::timestamp AT TIME ZONE installation.time_zone
         FROM campaigns_offer AS offer, accounts_installation AS installation
         WHERE offer.campaign_id = delivery.campaign_id)
    )
FROM unnest(%(ids)s::bigint[], %(opens)s::timestamptz[]) AS quiet (id, opens_at)
WHERE delivery.id = quiet.id AND delivery.claim_token = %(token)s::uuid AND delivery.state = 'claimed'
