-- Purpose: gives every treated customer of a campaign his variant, and the messages not sent yet theirs. Safe to repeat:
--     the hash of campaign and customer decides, and what has a variant keeps it.
-- One row per treated customer in the test (enrollment) and per waiting message of the first step (delivery). Who is not
--     in the test gets "?" until the better one is known, and waits until due_at.
-- Parameters: campaign, letters, test_share (percent of the treated in the test; 100: all), due_at, expires_at (of the rest).
-- Reads: campaigns_variant. Reads and writes: campaigns_enrollment, campaigns_delivery.
UPDATE campaigns_enrollment AS enrollment
SET variant = (%(letters)s::text[])[1 + drawn.point * cardinality(%(letters)s::text[]) * 100 / (%(test_share)s::bigint << 32)]
FROM (
    SELECT id, ('x' || left(encode(sha256(convert_to(
        campaign_id || ':variant:' || customer_id, 'UTF8'
    )), 'hex'), 8))::bit(32)::bigint AS point
    FROM campaigns_enrollment
    WHERE campaign_id = %(campaign)s AND arm = 'treated' AND variant = ''
) AS drawn
WHERE enrollment.id = drawn.id AND drawn.point * 100 < %(test_share)s::bigint << 32
;;
UPDATE campaigns_delivery AS delivery
SET variant = CASE enrollment.variant WHEN '' THEN '?' ELSE enrollment.variant END,
    due_at = CASE enrollment.variant WHEN '' THEN %(due_at)s ELSE delivery.due_at END,
    expires_at = CASE enrollment.variant WHEN '' THEN %(expires_at)s ELSE delivery.expires_at END
FROM campaigns_enrollment AS enrollment
WHERE delivery.campaign_id = %(campaign)s AND delivery.state = 'pending' AND delivery.variant = ''
    AND enrollment.campaign_id = delivery.campaign_id AND enrollment.customer_id = delivery.customer_id
    AND enrollment.arm = 'treated'
    AND EXISTS (SELECT FROM campaigns_variant AS variant WHERE variant.step_id = delivery.step_id)
