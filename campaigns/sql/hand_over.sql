-- Purpose: writes down that a list was carried out (posted): its messages are accepted, and the timelines say so.
-- One row per delivery. Parameters: campaign, channel, token, at (when it went out), words (kept as the reply), by (user).
-- Reads and writes: campaigns_delivery; writes customers_event.
WITH settled AS (
    UPDATE campaigns_delivery
    SET state = 'accepted', reason = '', reply = %(words)s, settled_at = %(at)s, settled_by_id = %(by)s
    WHERE campaign_id = %(campaign)s AND channel = %(channel)s AND claim_token = %(token)s::uuid AND state = 'sending'
    RETURNING id, campaign_id, step_id, customer_id, contact_id, settled_at, channel
)
INSERT INTO customers_event (customer_id, contact_id, kind, at, data)
SELECT settled.customer_id, settled.contact_id, 'message_accepted', settled.settled_at,
    jsonb_build_object(
        'campaign', settled.campaign_id, 'step', settled.step_id, 'delivery', settled.id, 'channel', settled.channel
    )
FROM settled
