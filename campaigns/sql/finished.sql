-- Purpose: running campaigns that are planned and have nothing left to send become finished. A triggered one never does by
--     itself; a series once nobody is on the way.
-- One row per campaign closed: id. Reads: campaigns_delivery, campaigns_journey. Writes: campaigns_campaign.
UPDATE campaigns_campaign AS campaign
SET state = 'finished', note = '', version = campaign.version + 1
WHERE campaign.state = 'running' AND campaign.planned_to IS NOT NULL AND campaign.trigger = 'broadcast'
    AND NOT EXISTS (
        SELECT FROM campaigns_journey AS journey WHERE journey.campaign_id = campaign.id AND journey.state = 'active'
    )
    AND NOT EXISTS (
        SELECT FROM campaigns_delivery AS delivery
        WHERE delivery.campaign_id = campaign.id AND delivery.state IN ('pending', 'claimed', 'sending', 'deferred')
    )
RETURNING campaign.id
