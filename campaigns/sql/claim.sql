-- Purpose: takes due rows of one campaign for one sender. From the one table only (a join here would give rows twice); a
--          lease in database time, a token that every later write must show.
-- One row per delivery claimed: id.
-- Parameters: campaign, channel, is_keyed (may hand over again what is in doubt), paused (mail domains), now, most, token,
--     lease.
-- Reads and writes: campaigns_delivery.
WITH due AS MATERIALIZED (
    SELECT id FROM campaigns_delivery
    WHERE state IN ('pending', 'deferred') AND campaign_id = %(campaign)s::bigint AND channel = %(channel)s::text
        AND due_at <= %(now)s::timestamptz AND variant <> '?' AND (%(is_keyed)s::boolean OR reason <> 'no_answer')
        AND (expires_at IS NULL OR expires_at > %(now)s::timestamptz)
        AND (cardinality(%(paused)s::text[]) = 0 OR split_part(address, '@', 2) <> ALL(%(paused)s::text[]))
    ORDER BY due_at, id
    LIMIT %(most)s::int
    FOR UPDATE SKIP LOCKED
)
UPDATE campaigns_delivery AS delivery
SET state = 'claimed', claim_token = %(token)s::uuid, attempts = delivery.attempts + 1,
    lease_until = clock_timestamp() + %(lease)s::float8 * interval '1 second'
FROM due
WHERE delivery.id = due.id
RETURNING delivery.id
