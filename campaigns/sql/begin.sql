-- Purpose: a broadcast of several steps has written the ledger of its first: whoever gets it goes on to the second.
-- One row per treated customer: a journey. Safe to repeat.
-- Parameters: campaign, edition, now, due_at (of step 2).
-- Reads: campaigns_enrollment. Writes: campaigns_journey.
INSERT INTO campaigns_journey
    (campaign_id, customer_id, entry, cause, edition, position, state, reason, entered_at, due_at)
SELECT enrollment.campaign_id, enrollment.customer_id, 1, 'started', %(edition)s, 1, 'active', '', %(now)s, %(due_at)s
FROM campaigns_enrollment AS enrollment
WHERE enrollment.campaign_id = %(campaign)s AND enrollment.arm = 'treated'
ORDER BY enrollment.customer_id
ON CONFLICT DO NOTHING
