-- Purpose: takes due messages for one sender, oldest first; a lease left by a killed worker is free again when it ends.
-- One row per message claimed: id. Parameters: now, most, token, lease (seconds).
-- Reads: accounts_webhookendpoint. Writes: accounts_webhookmessage.
WITH due AS MATERIALIZED (
    SELECT message.id FROM accounts_webhookmessage AS message
    JOIN accounts_webhookendpoint AS endpoint ON endpoint.id = message.endpoint_id
    WHERE message.state = 'waiting' AND message.next_at <= %(now)s AND endpoint.is_active
      AND (message.lease_until IS NULL OR message.lease_until < clock_timestamp())
    ORDER BY message.next_at, message.id
    LIMIT %(most)s
    FOR UPDATE OF message SKIP LOCKED
)
UPDATE accounts_webhookmessage AS message
SET claim_token = %(token)s, attempts = message.attempts + 1,
    lease_until = clock_timestamp() + %(lease)s * interval '1 second'
FROM due
WHERE message.id = due.id
RETURNING message.id
