-- Purpose: people for whose place their edition has no further step (it became shorter under them) are through.
-- One row per journey. Parameters: edition, position (the last step behind them), now.
-- Reads: campaign_going. Writes: campaigns_journey.
UPDATE campaigns_journey AS journey
SET state = 'finished', left_at = %(now)s
FROM campaign_going AS going
WHERE journey.id = going.id AND going.edition = %(edition)s AND going.position = %(position)s
