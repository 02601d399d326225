-- Purpose: writes how a row ended (or when it is tried again), and tells the customer's timeline. Only the holder of
--          the claim can; a row taken away meanwhile stays as it is.
-- One row per delivery settled (0 or 1). Parameters: id, token, state, reason, reply, due_at (null: as it is),
--     event (failed, unknown; empty: none).
-- Reads and writes: campaigns_delivery; writes customers_event.
WITH settled AS (
    UPDATE campaigns_delivery
    SET state = %(state)s, reason = %(reason)s, reply = %(reply)s, lease_until = NULL,
        attempts = attempts - CASE %(state)s WHEN 'pending' THEN 1 ELSE 0 END,
        due_at = coalesce(%(due_at)s::timestamptz, due_at),
        settled_at = CASE WHEN %(state)s IN ('pending', 'deferred') THEN NULL ELSE clock_timestamp() END,
        claim_token = CASE WHEN %(state)s IN ('pending', 'deferred') THEN NULL ELSE claim_token END
    WHERE id = %(id)s AND claim_token = %(token)s AND state IN ('claimed', 'sending')
    RETURNING id, campaign_id, step_id, customer_id, contact_id, settled_at, channel
)
INSERT INTO customers_event (customer_id, contact_id, kind, at, data)
SELECT settled.customer_id, settled.contact_id,
    CASE settled.channel WHEN 'mail' THEN 'mail_' ELSE 'message_' END || %(event)s, settled.settled_at,
    jsonb_build_object(
        'campaign', settled.campaign_id, 'step', settled.step_id, 'delivery', settled.id, 'channel', settled.channel
    )
FROM settled
WHERE %(event)s <> ''
