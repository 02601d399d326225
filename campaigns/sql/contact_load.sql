-- Purpose: how many promotions each person gets, week by week, against the company's budget: from the ledger (sent and
--     still to be sent) and from campaigns that are planned, as if each reached its whole segment once.
-- One row per week with any: week (its first day), messages, people, at_budget (people with exactly as many as allowed),
--     over_budget.
-- Parameters: zone, first_on, last_on (days, both inside), budget, planned (campaign ids, as many as on_days), on_days.
-- Reads: campaigns_delivery, _campaign, segments_membership. Writes: nothing.
WITH sent AS (
    SELECT delivery.customer_id,
        (coalesce(delivery.sending_at, delivery.due_at) AT TIME ZONE %(zone)s)::date AS day
    FROM campaigns_campaign AS campaign
    JOIN campaigns_delivery AS delivery ON delivery.campaign_id = campaign.id
    WHERE campaign.message_class = 'promotion' AND campaign.launched_at IS NOT NULL
        AND (campaign.trigger <> 'broadcast' OR campaign.launched_at >= %(first_on)s::date - interval '60 days')
        AND campaign.state <> 'cancelled'
        AND delivery.state IN ('pending', 'claimed', 'sending', 'deferred', 'accepted', 'unknown')
), planned AS (
    SELECT membership.customer_id, wanted.day
    FROM unnest(%(planned)s::bigint[], %(on_days)s::date[]) AS wanted (campaign_id, day)
    JOIN campaigns_campaign AS campaign ON campaign.id = wanted.campaign_id
    JOIN segments_membership AS membership
        ON membership.segment_id = campaign.segment_id AND membership.left_on IS NULL
), each AS (
    SELECT date_trunc('week', one.day)::date AS week, one.customer_id, count(*) AS messages
    FROM (SELECT * FROM sent UNION ALL SELECT * FROM planned) AS one
    WHERE one.day BETWEEN %(first_on)s::date AND %(last_on)s::date
    GROUP BY 1, 2
)
SELECT each.week, sum(each.messages)::bigint AS messages, count(*) AS people,
    count(*) FILTER (WHERE each.messages = %(budget)s::int) AS at_budget,
    count(*) FILTER (WHERE each.messages > %(budget)s::int) AS over_budget
FROM each
GROUP BY each.week
ORDER BY each.week
