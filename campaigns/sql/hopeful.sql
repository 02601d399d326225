-- Purpose: notes in campaign_going whom the channel judged in campaign_audience may still reach.
-- One row per journey that it may. Parameters: hopeless (verdicts that hold for good).
-- Reads: campaign_audience. Writes: campaign_going (both of this transaction).
UPDATE campaign_going AS going
SET is_hopeless = false
FROM campaign_audience AS audience
WHERE audience.customer_id = going.customer_id AND audience.verdict <> ALL(%(hopeless)s::text[])
