-- Purpose: writes the whole ledger of a campaign's step before anything is sent. Safe to repeat: what stands, stays.
-- One row per randomised customer (enrollment, coupon) and one per person written to or stopped (delivery). Row count of the last
--     statement: deliveries written.
-- Parameters: campaign, step, channel, offer (null: none), prefix, now, due_at, expires_at; zones, opens, given_up: time zones
--     where it is night or a day of rest, when that ends there, and until when it is tried then.
-- Reads: campaign_audience (audience.sql, same transaction). Writes: campaigns_enrollment, _coupon, _delivery.
-- Secrets: the token has 256 bits, hashed from three random UUIDs. A coupon has 64, in four groups that can be read
--     out on the phone; it is no key to a page.
INSERT INTO campaigns_enrollment (campaign_id, customer_id, arm, stratum, enrolled_at)
SELECT DISTINCT ON (audience.customer_id) %(campaign)s, audience.customer_id,
    CASE audience.verdict WHEN 'ok' THEN 'treated' ELSE 'held_out' END, audience.stratum, %(now)s
FROM campaign_audience AS audience
WHERE audience.verdict IN ('ok', 'held_out')
ORDER BY audience.customer_id
ON CONFLICT DO NOTHING
;;
INSERT INTO campaigns_coupon (offer_id, customer_id, code)
SELECT %(offer)s, one.customer_id, %(prefix)s || substr(one.digits, 1, 4) || '-' || substr(one.digits, 5, 4) || '-'
    || substr(one.digits, 9, 4) || '-' || substr(one.digits, 13, 4)
FROM (
    SELECT enrollment.customer_id, upper(encode(substring(
        sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())) FROM 1 FOR 8
    ), 'hex')) AS digits
    FROM campaigns_enrollment AS enrollment
    WHERE enrollment.campaign_id = %(campaign)s AND enrollment.arm = 'treated' AND %(offer)s::bigint IS NOT NULL
    ORDER BY enrollment.customer_id
    OFFSET 0
) AS one
ON CONFLICT DO NOTHING
;;
INSERT INTO campaigns_delivery
    (campaign_id, step_id, customer_id, contact_id, channel, address, state, reason, message_key, token, planned_at,
     due_at, expires_at, attempts, reply)
SELECT %(campaign)s, %(step)s, audience.customer_id, audience.contact_id, %(channel)s, audience.address,
    CASE audience.verdict WHEN 'ok' THEN CASE WHEN quiet.zone IS NULL THEN 'pending' ELSE 'deferred' END WHEN 'held_out' THEN 'held_out' ELSE 'suppressed' END,
    CASE WHEN audience.verdict = 'ok' AND quiet.zone IS NOT NULL THEN 'quiet'
        WHEN audience.verdict IN ('ok', 'held_out') THEN '' ELSE audience.verdict END,
    gen_random_uuid(),
    rtrim(translate(encode(sha256(
        uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())
    ), 'base64'), '+/', '-_'), '='),
    %(now)s, coalesce(quiet.opens_at, %(due_at)s), coalesce(quiet.given_up_at, %(expires_at)s), 0, ''
FROM campaign_audience AS audience
LEFT JOIN unnest(%(zones)s::text[], %(opens)s::timestamptz[], %(given_up)s::timestamptz[])
    AS quiet (zone, opens_at, given_up_at) ON quiet.zone = audience.time_zone
ORDER BY audience.customer_id
ON CONFLICT DO NOTHING
