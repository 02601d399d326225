-- Purpose: a sender that is still at work keeps its claim. Row count: rows still its own.
-- Parameters: token, lease (seconds). Reads and writes: campaigns_delivery.
UPDATE campaigns_delivery
SET lease_until = clock_timestamp() + %(lease)s * interval '1 second'
WHERE claim_token = %(token)s AND state = 'claimed' AND lease_until > clock_timestamp()
