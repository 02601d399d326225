-- Purpose: rows of senders that died. Claimed only: back to the queue. Being handed over: where the other side knows our key
--          and still remembers it, back to the queue with the same key; else nobody can know: "unknown", and never again by
--          itself. Rows that waited too long: expired, or unknown where they may have arrived.
-- Parameters: now, keyed (ways whose other side knows our key), remembers (hours). Reads and writes: campaigns_delivery;
--     writes customers_event.
UPDATE campaigns_delivery
SET state = 'pending', claim_token = NULL, lease_until = NULL
WHERE state = 'claimed' AND lease_until < clock_timestamp()
;;
UPDATE campaigns_delivery
SET state = 'deferred', reason = 'no_answer', claim_token = NULL, lease_until = NULL, due_at = %(now)s
WHERE state = 'sending' AND lease_until < clock_timestamp() AND channel = ANY(%(keyed)s::text[])
    AND sending_at > clock_timestamp() - %(remembers)s * interval '1 hour'
;;
WITH lost AS (
    UPDATE campaigns_delivery
    SET state = 'unknown', reason = 'no_answer', claim_token = NULL, lease_until = NULL,
        settled_at = clock_timestamp()
    WHERE id IN (
        -- A lease may end between the statement above and this one: the ways with a key are asked for again.
        SELECT id FROM campaigns_delivery
        WHERE state = 'sending' AND lease_until < clock_timestamp()
            AND (channel <> ALL(%(keyed)s::text[])
                OR sending_at <= clock_timestamp() - %(remembers)s * interval '1 hour')
        UNION ALL
        SELECT id FROM campaigns_delivery
        WHERE state IN ('pending', 'deferred') AND reason = 'no_answer'
            AND (channel <> ALL(%(keyed)s::text[]) OR expires_at <= %(now)s
                OR sending_at <= clock_timestamp() - %(remembers)s * interval '1 hour')
    ) AND (state = 'sending' AND lease_until < clock_timestamp() OR state IN ('pending', 'deferred'))
    RETURNING id, campaign_id, step_id, customer_id, contact_id, settled_at, channel
)
INSERT INTO customers_event (customer_id, contact_id, kind, at, data)
SELECT lost.customer_id, lost.contact_id,
    CASE lost.channel WHEN 'mail' THEN 'mail_unknown' ELSE 'message_unknown' END, lost.settled_at,
    jsonb_build_object('campaign', lost.campaign_id, 'step', lost.step_id, 'delivery', lost.id, 'channel', lost.channel)
FROM lost
;;
UPDATE campaigns_delivery
SET state = 'expired', settled_at = clock_timestamp()
WHERE state IN ('pending', 'deferred') AND expires_at <= %(now)s
