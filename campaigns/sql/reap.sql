-- Purpose: rows of senders that died. Claimed only: back to the queue. Being handed over: nobody can know, "unknown",
--          and never again by itself. Rows that waited too long: expired.
-- Parameters: now. Reads and writes: campaigns_delivery; writes customers_event.
UPDATE campaigns_delivery
SET state = 'pending', claim_token = NULL, lease_until = NULL
WHERE state = 'claimed' AND lease_until < clock_timestamp()
;;
WITH lost AS (
    UPDATE campaigns_delivery
    SET state = 'unknown', reason = 'no_answer', claim_token = NULL, lease_until = NULL,
        settled_at = clock_timestamp()
    WHERE state = 'sending' AND lease_until < clock_timestamp()
    RETURNING id, campaign_id, step_id, customer_id, contact_id, settled_at
)
INSERT INTO customers_event (customer_id, contact_id, kind, at, data)
SELECT lost.customer_id, lost.contact_id, 'mail_unknown', lost.settled_at,
    jsonb_build_object('campaign', lost.campaign_id, 'step', lost.step_id, 'delivery', lost.id)
FROM lost
;;
UPDATE campaigns_delivery
SET state = 'expired', settled_at = clock_timestamp()
WHERE state IN ('pending', 'deferred') AND expires_at <= %(now)s
