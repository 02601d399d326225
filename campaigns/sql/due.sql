-- Purpose: what a sender may work at now: by way and campaign, the urgent first.
-- One row per way and running campaign with something due: channel, campaign_id, is_promotion.
-- Parameters: now. Reads: campaigns_campaign, _step, _delivery. Writes: nothing.
SELECT way.channel, campaign.id AS campaign_id, campaign.message_class = 'promotion' AS is_promotion
FROM campaigns_campaign AS campaign
JOIN (SELECT DISTINCT step.campaign_id, step.channel FROM campaigns_step AS step) AS way
    ON way.campaign_id = campaign.id
CROSS JOIN LATERAL (
    SELECT delivery.due_at FROM campaigns_delivery AS delivery
    WHERE delivery.campaign_id = campaign.id AND delivery.channel = way.channel
        AND delivery.state IN ('pending', 'deferred') AND delivery.due_at <= %(now)s AND delivery.variant <> '?'
    ORDER BY delivery.due_at LIMIT 1
) AS first
WHERE campaign.state = 'running'
ORDER BY campaign.priority, first.due_at, campaign.id
