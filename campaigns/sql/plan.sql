-- Purpose: writes the whole ledger of a campaign's step before anything is sent. Safe to repeat: what stands, stays.
-- One row per randomised customer (enrollment, coupon) and one per matched customer (delivery). Row count of the last
--     statement: deliveries written.
-- Parameters: campaign, step, offer (null: none), prefix, now, due_at, expires_at.
-- Reads: campaign_audience (audience.sql, same transaction). Writes: campaigns_enrollment, _coupon, _delivery.
-- Secrets: the token has 256 bits, hashed from three random UUIDs. A coupon has 64, in four groups that can be read
--     out on the phone; it is no key to a page.
INSERT INTO campaigns_enrollment (campaign_id, customer_id, arm, stratum, enrolled_at)
SELECT %(campaign)s, audience.customer_id, CASE audience.verdict WHEN 'ok' THEN 'treated' ELSE 'held_out' END,
    audience.stratum, %(now)s
FROM campaign_audience AS audience
WHERE audience.verdict IN ('ok', 'held_out')
ORDER BY audience.customer_id
ON CONFLICT DO NOTHING
;;
INSERT INTO campaigns_coupon (offer_id, customer_id, code)
SELECT %(offer)s, audience.customer_id,
    %(prefix)s || upper(rtrim(regexp_replace(encode(substring(
        sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())) FROM 1 FOR 8
    ), 'hex'), '(.{4})', '\1-', 'g'), '-'))
FROM campaign_audience AS audience
WHERE audience.verdict = 'ok' AND %(offer)s::bigint IS NOT NULL
ORDER BY audience.customer_id
ON CONFLICT DO NOTHING
;;
INSERT INTO campaigns_delivery
    (campaign_id, step_id, customer_id, contact_id, channel, address, state, reason, message_key, token, planned_at,
     due_at, expires_at, attempts, reply)
SELECT %(campaign)s, %(step)s, audience.customer_id, audience.contact_id, 'mail', audience.address,
    CASE audience.verdict WHEN 'ok' THEN 'pending' WHEN 'held_out' THEN 'held_out' ELSE 'suppressed' END,
    CASE WHEN audience.verdict IN ('ok', 'held_out') THEN '' ELSE audience.verdict END,
    gen_random_uuid(),
    rtrim(translate(encode(sha256(
        uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())
    ), 'base64'), '+/', '-_'), '='),
    %(now)s, %(due_at)s, %(expires_at)s, 0, ''
FROM campaign_audience AS audience
ORDER BY audience.customer_id
ON CONFLICT DO NOTHING
