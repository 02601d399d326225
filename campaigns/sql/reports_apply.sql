-- Purpose: applies reports to their messages: tells scanners by the company their clicks keep, stamps, settles what
--     nobody knew the fate of, tells the customer's timeline. Safe to repeat; the order of reports makes no difference.
-- One row per report applied: kind, at, provider, detail, the message's channel, address, customer, and
--     whether any message to that customer bounced softly.
-- Parameters: now, most, wait (seconds until a visit is judged), only (report ids; empty: the first that are ripe).
-- Messages that are being handed over, or that somebody else has locked, wait for the next time: their sender has the
--     first word, and there is no deadlock.
-- Reads and writes: campaigns_report, campaigns_delivery, customers_event.
DROP TABLE IF EXISTS reports_now
;;
CREATE TEMPORARY TABLE reports_now ON COMMIT DROP AS
WITH waiting AS (
    SELECT report.id, report.delivery_id
    FROM campaigns_report AS report
    WHERE report.applied_at IS NULL
        AND (report.kind NOT IN ('opened', 'clicked') OR report.received_at <= %(now)s - %(wait)s * interval '1 second')
        AND (cardinality(%(only)s::bigint[]) = 0 OR report.id = ANY(%(only)s::bigint[]))
    ORDER BY report.id
    LIMIT %(most)s
), mine AS (
    SELECT delivery.id FROM campaigns_delivery AS delivery
    WHERE delivery.id IN (SELECT waiting.delivery_id FROM waiting) AND delivery.state <> 'sending'
    ORDER BY delivery.id
    FOR NO KEY UPDATE SKIP LOCKED
)
SELECT waiting.id, waiting.delivery_id
FROM waiting JOIN mine ON mine.id = waiting.delivery_id
;;
UPDATE campaigns_report AS report
SET is_machine = true
WHERE report.delivery_id IN (SELECT chosen.delivery_id FROM reports_now AS chosen)
    AND report.kind = 'clicked' AND NOT report.is_machine
    AND EXISTS (
        SELECT FROM campaigns_report AS other
        WHERE other.delivery_id = report.delivery_id AND other.kind = 'clicked' AND other.link <> report.link
            AND abs(extract(epoch FROM other.at - report.at)) <= CASE other.link WHEN 0 THEN 60 ELSE 3 END
    )
;;
DROP TABLE IF EXISTS reports_told
;;
CREATE TEMPORARY TABLE reports_told ON COMMIT DROP AS
SELECT report.delivery_id, report.kind, report.at, report.is_machine, report.link
FROM campaigns_report AS report
WHERE report.delivery_id IN (SELECT chosen.delivery_id FROM reports_now AS chosen)
    AND (report.kind NOT IN ('opened', 'clicked') OR report.received_at <= %(now)s - %(wait)s * interval '1 second')
;;
UPDATE campaigns_delivery AS delivery
SET opened_at = told.opened_at, machine_opened_at = told.machine_opened_at, clicked_at = told.clicked_at,
    bounced_at = told.bounced_at, complained_at = told.complained_at
FROM (
    SELECT report.delivery_id,
        min(report.at) FILTER (WHERE report.kind = 'opened' AND NOT report.is_machine) AS opened_at,
        min(report.at) FILTER (WHERE report.kind = 'opened' AND report.is_machine) AS machine_opened_at,
        min(report.at) FILTER (WHERE report.kind = 'clicked' AND NOT report.is_machine) AS clicked_at,
        min(report.at) FILTER (WHERE report.kind IN ('bounced', 'soft_bounced', 'rejected', 'blocked')) AS bounced_at,
        min(report.at) FILTER (WHERE report.kind = 'complained') AS complained_at
    FROM reports_told AS report
    GROUP BY report.delivery_id
) AS told
WHERE delivery.id = told.delivery_id
    AND (delivery.opened_at, delivery.machine_opened_at, delivery.clicked_at, delivery.bounced_at,
         delivery.complained_at)
    IS DISTINCT FROM
        (told.opened_at, told.machine_opened_at, told.clicked_at, told.bounced_at, told.complained_at)
;;
-- Whatever was reported of it, it had been handed over; of one that is to be tried again only proof of arrival counts.
WITH settled AS (
    UPDATE campaigns_delivery AS delivery
    SET state = 'accepted', reason = 'reported', settled_at = told.at, lease_until = NULL, claim_token = NULL
    FROM (
        SELECT report.delivery_id, min(report.at) AS at,
            bool_or(report.kind IN ('delivered', 'complained', 'unsubscribed')) AS has_arrived
        FROM reports_told AS report
        GROUP BY report.delivery_id
    ) AS told
    WHERE delivery.id = told.delivery_id
        AND (delivery.state = 'unknown' OR delivery.state = 'deferred' AND told.has_arrived)
    RETURNING delivery.id, delivery.campaign_id, delivery.step_id, delivery.customer_id, delivery.contact_id,
        delivery.settled_at, delivery.channel
)
INSERT INTO customers_event (customer_id, contact_id, kind, at, data)
SELECT settled.customer_id, settled.contact_id, 'mail_accepted', settled.settled_at,
    jsonb_build_object('campaign', settled.campaign_id, 'step', settled.step_id, 'delivery', settled.id,
        'channel', settled.channel)
FROM settled
;;
-- A click that turned out to be a machine's is none.
DELETE FROM customers_event
WHERE line_key IN (
    SELECT md5('report ' || told.delivery_id || ' mail_clicked ' || coalesce(told.link, 0))::uuid
    FROM reports_told AS told
    WHERE told.kind = 'clicked'
    GROUP BY told.delivery_id, told.link
    HAVING bool_and(told.is_machine)
)
;;
-- One event per link a person clicked, and one for coming back or a complaint, at the earliest report of it.
INSERT INTO customers_event (customer_id, contact_id, line_key, kind, at, data)
SELECT delivery.customer_id, delivery.contact_id,
    md5('report ' || delivery.id || ' ' || told.event || ' ' || coalesce(told.link, 0))::uuid,
    told.event, told.at,
    jsonb_strip_nulls(jsonb_build_object(
        'campaign', delivery.campaign_id, 'campaign_name', campaign.name, 'step', delivery.step_id,
        'delivery', delivery.id, 'channel', delivery.channel, 'link', told.link, 'url', link.url
    ))
FROM (
    SELECT report.delivery_id, report.link, min(report.at) AS at,
        CASE report.kind WHEN 'clicked' THEN 'mail_clicked' WHEN 'complained' THEN 'mail_complained'
            ELSE 'mail_bounced' END AS event
    FROM reports_told AS report
    WHERE report.kind IN ('clicked', 'complained', 'bounced', 'soft_bounced', 'rejected', 'blocked')
        AND NOT report.is_machine
    GROUP BY 1, 2, 4
) AS told
JOIN campaigns_delivery AS delivery ON delivery.id = told.delivery_id
JOIN campaigns_campaign AS campaign ON campaign.id = delivery.campaign_id
LEFT JOIN campaigns_link AS link
    ON link.step_id = delivery.step_id AND link.number = told.link
    AND link.variant = CASE WHEN delivery.variant IN ('A', '?') THEN '' ELSE delivery.variant END
ON CONFLICT (line_key) DO UPDATE SET at = EXCLUDED.at WHERE customers_event.at > EXCLUDED.at
;;
WITH done AS (
    UPDATE campaigns_report AS report
    SET applied_at = %(now)s
    FROM reports_now AS chosen
    WHERE report.id = chosen.id
    RETURNING report.id, report.delivery_id, report.kind, report.at, report.provider, report.detail
)
SELECT done.*, delivery.channel, delivery.address, delivery.customer_id,
    EXISTS (
        SELECT FROM campaigns_delivery AS other
        JOIN campaigns_report AS soft ON soft.delivery_id = other.id AND soft.kind = 'soft_bounced'
        WHERE other.customer_id = delivery.customer_id
    ) AS has_soft_bounces
FROM done JOIN campaigns_delivery AS delivery ON delivery.id = done.delivery_id
ORDER BY done.id
