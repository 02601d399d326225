-- Purpose: takes due rows for one sender. From the one table only (a join here would give rows twice); a lease in
--          database time, a token that every later write must show.
-- One row per delivery claimed: id.
-- Parameters: campaigns (ids that are running and planned), paused ("campaign:domain" texts), now, most, token, lease.
-- Reads and writes: campaigns_delivery.
WITH due AS MATERIALIZED (
    SELECT id FROM campaigns_delivery
    WHERE state IN ('pending', 'deferred') AND due_at <= %(now)s AND campaign_id = ANY(%(campaigns)s::bigint[])
        AND (campaign_id || ':' || split_part(address, '@', 2)) <> ALL(%(paused)s::text[])
    ORDER BY due_at, id
    LIMIT %(most)s
    FOR UPDATE SKIP LOCKED
)
UPDATE campaigns_delivery AS delivery
SET state = 'claimed', claim_token = %(token)s, attempts = delivery.attempts + 1,
    lease_until = clock_timestamp() + %(lease)s * interval '1 second'
FROM due
WHERE delivery.id = due.id
RETURNING delivery.id
