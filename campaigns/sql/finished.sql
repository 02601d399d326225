-- Purpose: running campaigns that are planned and have nothing left to send become finished.
-- One row per campaign closed: id. Reads: campaigns_delivery. Writes: campaigns_campaign.
UPDATE campaigns_campaign AS campaign
SET state = 'finished', note = '', version = campaign.version + 1
WHERE campaign.state = 'running' AND campaign.planned_to IS NOT NULL
    AND NOT EXISTS (
        SELECT FROM campaigns_delivery AS delivery
        WHERE delivery.campaign_id = campaign.id AND delivery.state IN ('pending', 'claimed', 'sending', 'deferred')
    )
RETURNING campaign.id
