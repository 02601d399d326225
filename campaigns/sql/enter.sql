-- Purpose: lets people into a series, all in one transaction. Arms are drawn in campaign_entering before.
-- One row per customer randomised now (enrollment), per treated one (coupon, where something is offered), per one held
--     out or not to be reached (a row of the ledger at step 1; entry 0: turned away at the door, may come again), per
--     one who sets out (journey). Row count of the last statement: how many set out.
-- Parameters: campaign, step (the first), channel, edition, offer (null: none), prefix, now, due_at (of step 1),
--     expires_at.
-- Reads: campaign_entering. Writes: campaigns_enrollment, _coupon, _delivery, _journey.
INSERT INTO campaigns_enrollment (campaign_id, customer_id, arm, stratum, variant, enrolled_at)
SELECT %(campaign)s, entering.customer_id, entering.arm, coalesce(score.rfm_segment, ''), '', %(due_at)s
FROM campaign_entering AS entering
LEFT JOIN scores_score AS score ON score.customer_id = entering.customer_id
WHERE entering.verdict = 'ok' AND entering.is_new
ORDER BY entering.customer_id
ON CONFLICT DO NOTHING
;;
INSERT INTO campaigns_coupon (offer_id, customer_id, code)
SELECT %(offer)s, entering.customer_id,
    %(prefix)s || upper(rtrim(regexp_replace(encode(substring(
        sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())) FROM 1 FOR 8
    ), 'hex'), '(.{4})', '\1-', 'g'), '-'))
FROM campaign_entering AS entering
WHERE entering.verdict = 'ok' AND entering.arm = 'treated' AND %(offer)s::bigint IS NOT NULL
ORDER BY entering.customer_id
ON CONFLICT DO NOTHING
;;
INSERT INTO campaigns_delivery
    (campaign_id, step_id, customer_id, channel, entry, address, state, reason, message_key, token, planned_at, due_at,
     expires_at, attempts, reply)
SELECT %(campaign)s, %(step)s, entering.customer_id, %(channel)s, CASE entering.verdict WHEN 'ok' THEN 1 ELSE 0 END, '',
    CASE entering.verdict WHEN 'ok' THEN 'held_out' ELSE 'suppressed' END,
    CASE entering.verdict WHEN 'ok' THEN '' ELSE entering.verdict END,
    gen_random_uuid(),
    rtrim(translate(encode(sha256(
        uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())
    ), 'base64'), '+/', '-_'), '='),
    %(now)s, %(due_at)s, %(expires_at)s, 0, ''
FROM campaign_entering AS entering
WHERE entering.verdict <> 'ok' OR entering.arm = 'held_out'
ORDER BY entering.customer_id
ON CONFLICT DO NOTHING
;;
INSERT INTO campaigns_journey
    (campaign_id, customer_id, entry, cause, edition, position, state, reason, entered_at, due_at)
SELECT %(campaign)s, entering.customer_id, entering.entry, entering.cause, %(edition)s, 0, 'active', '', %(now)s,
    %(due_at)s
FROM campaign_entering AS entering
WHERE entering.verdict = 'ok' AND entering.arm = 'treated'
ORDER BY entering.customer_id
ON CONFLICT DO NOTHING
