-- Purpose: the step of one place is written into the ledger, and its people go on: to the next step, or they are through.
--     Whoever has no channel left that reaches him leaves. Nobody is left without a row that says what became of him here.
-- One row per message to send or stopped (delivery), per person who skips the step (delivery, suppressed with the reason),
--     per journey. Row count of the last statement: how many went on.
-- Parameters: campaign, step, channel, edition, position (the last step behind them), next_position, next_due_at (null:
--     that was the last step), now, expires_at.
-- Reads: campaign_going, campaign_audience, campaigns_enrollment, campaigns_variant. Writes: campaigns_delivery, campaigns_journey.
INSERT INTO campaigns_delivery
    (campaign_id, step_id, customer_id, contact_id, channel, entry, variant, address, state, reason, message_key, token,
     planned_at, due_at, expires_at, attempts, reply)
SELECT %(campaign)s, %(step)s, audience.customer_id, audience.contact_id, %(channel)s, going.entry,
    CASE WHEN EXISTS (SELECT FROM campaigns_variant AS tested WHERE tested.step_id = %(step)s)
        THEN coalesce(enrollment.variant, '') ELSE '' END,
    audience.address,
    CASE audience.verdict WHEN 'ok' THEN 'pending' ELSE 'suppressed' END,
    CASE audience.verdict WHEN 'ok' THEN '' ELSE audience.verdict END,
    gen_random_uuid(),
    rtrim(translate(encode(sha256(
        uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())
    ), 'base64'), '+/', '-_'), '='),
    %(now)s, %(now)s, %(expires_at)s, 0, ''
FROM campaign_going AS going
JOIN campaign_audience AS audience ON audience.customer_id = going.customer_id
LEFT JOIN campaigns_enrollment AS enrollment
    ON enrollment.campaign_id = %(campaign)s AND enrollment.customer_id = going.customer_id
WHERE going.edition = %(edition)s AND going.position = %(position)s AND going.is_met
ORDER BY audience.customer_id
ON CONFLICT DO NOTHING
;;
INSERT INTO campaigns_delivery
    (campaign_id, step_id, customer_id, channel, entry, address, state, reason, message_key, token, planned_at, due_at,
     expires_at, settled_at, attempts, reply)
SELECT %(campaign)s, %(step)s, going.customer_id, %(channel)s, going.entry, '', 'suppressed',
    CASE WHEN going.is_met THEN 'duplicate_address' ELSE 'condition' END,
    gen_random_uuid(),
    rtrim(translate(encode(sha256(
        uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())
    ), 'base64'), '+/', '-_'), '='),
    %(now)s, %(now)s, %(expires_at)s, %(now)s, 0, ''
FROM campaign_going AS going
WHERE going.edition = %(edition)s AND going.position = %(position)s
    AND NOT EXISTS (
        SELECT FROM campaigns_delivery AS written
        WHERE written.step_id = %(step)s AND written.customer_id = going.customer_id AND written.entry = going.entry
    )
ORDER BY going.customer_id
ON CONFLICT DO NOTHING
;;
UPDATE campaigns_journey AS journey
SET position = %(next_position)s,
    due_at = coalesce(%(next_due_at)s::timestamptz, journey.due_at),
    state = CASE
        WHEN going.is_hopeless AND going.is_met THEN 'exited'
        WHEN %(next_due_at)s::timestamptz IS NULL THEN 'finished'
        ELSE 'active'
    END,
    reason = CASE WHEN going.is_hopeless AND going.is_met THEN 'unreachable' ELSE '' END,
    left_at = CASE
        WHEN (going.is_hopeless AND going.is_met) OR %(next_due_at)s::timestamptz IS NULL THEN %(now)s::timestamptz
    END
FROM campaign_going AS going
WHERE journey.id = going.id AND going.edition = %(edition)s AND going.position = %(position)s
