-- Purpose: takes due messages that people carry themselves (letters to post, calls to make), as claim.sql does for senders.
-- One row per delivery claimed: id. Parameters: channel, campaigns (ids, running), now, most, token, lease (seconds).
-- Reads and writes: campaigns_delivery.
WITH due AS MATERIALIZED (
    SELECT id FROM campaigns_delivery
    WHERE state IN ('pending', 'deferred') AND channel = %(channel)s AND due_at <= %(now)s AND variant <> '?'
        AND campaign_id = ANY(%(campaigns)s::bigint[]) AND (expires_at IS NULL OR expires_at > %(now)s)
    ORDER BY due_at, id
    LIMIT %(most)s
    FOR UPDATE SKIP LOCKED
)
UPDATE campaigns_delivery AS delivery
SET state = 'claimed', claim_token = %(token)s::uuid, attempts = delivery.attempts + 1,
    lease_until = clock_timestamp() + %(lease)s * interval '1 second'
FROM due
WHERE delivery.id = due.id
RETURNING delivery.id
