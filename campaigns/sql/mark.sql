-- Purpose: in one commit, settles the mails accepted before and asks leave to hand over the next, one per connection:
--          everything that may have changed since planning is read again here.
-- One row per delivery whose claim still holds: id, state (sending, or where the row went instead). None: taken away.
-- Parameters: settled (ids), replies (the server's words, as many), ids, token, lease (seconds for DATA), now.
-- Reads: campaigns_campaign, _domainpause, customers_customer, _consent, _suppression, accounts_installation.
-- Writes: campaigns_delivery, customers_event. Both statements travel together: no ";;" between them on purpose.
WITH settled AS (
    UPDATE campaigns_delivery AS delivery
    SET state = 'accepted', reason = '', reply = done.words, settled_at = clock_timestamp(), lease_until = NULL
    FROM unnest(%(settled)s::bigint[], %(replies)s::text[]) AS done (id, words)
    WHERE delivery.id = done.id AND delivery.claim_token = %(token)s AND delivery.state = 'sending'
    RETURNING delivery.id, delivery.campaign_id, delivery.step_id, delivery.customer_id, delivery.contact_id,
        delivery.settled_at
)
INSERT INTO customers_event (customer_id, contact_id, kind, at, data)
SELECT settled.customer_id, settled.contact_id, 'mail_accepted', settled.settled_at,
    jsonb_build_object('campaign', settled.campaign_id, 'step', settled.step_id, 'delivery', settled.id)
FROM settled;

UPDATE campaigns_delivery AS delivery
SET state = verdict.state,
    reason = verdict.reason,
    sending_at = CASE WHEN verdict.state = 'sending' THEN clock_timestamp() ELSE delivery.sending_at END,
    settled_at = CASE WHEN verdict.state IN ('suppressed', 'cancelled', 'expired') THEN clock_timestamp() END,
    claim_token = CASE WHEN verdict.state = 'pending' THEN NULL ELSE delivery.claim_token END,
    attempts = delivery.attempts - CASE WHEN verdict.state = 'pending' THEN 1 ELSE 0 END,
    lease_until = CASE WHEN verdict.state = 'sending' THEN clock_timestamp() + %(lease)s * interval '1 second' END
FROM (
    SELECT mine.id,
        CASE
            WHEN campaign.state IN ('cancelled', 'draft') THEN 'cancelled'
            WHEN mine.expires_at <= %(now)s THEN 'expired'
            WHEN stop.reason IS NOT NULL OR entry.state = 'withdrawn' THEN 'suppressed'
            WHEN campaign.message_class = 'promotion' AND entry.state IS NULL THEN 'suppressed'
            WHEN customer.archived_at IS NOT NULL THEN 'suppressed'
            WHEN campaign.state <> 'running' OR installation.sending_stopped <> '' THEN 'pending'
            WHEN pause.id IS NOT NULL THEN 'pending'
            ELSE 'sending'
        END AS state,
        CASE
            WHEN campaign.state IN ('cancelled', 'draft') OR mine.expires_at <= %(now)s THEN ''
            WHEN stop.reason IS NOT NULL THEN stop.reason
            WHEN entry.state = 'withdrawn' THEN 'refused'
            WHEN campaign.message_class = 'promotion' AND entry.state IS NULL THEN 'no_consent'
            WHEN customer.archived_at IS NOT NULL THEN 'archived'
            ELSE ''
        END AS reason
    FROM campaigns_delivery AS mine
    JOIN campaigns_campaign AS campaign ON campaign.id = mine.campaign_id
    JOIN customers_customer AS customer ON customer.id = mine.customer_id
    JOIN accounts_installation AS installation ON installation.id = 1
    LEFT JOIN campaigns_domainpause AS pause
        ON pause.campaign_id = mine.campaign_id AND pause.domain = split_part(mine.address, '@', 2)
        AND pause.lifted_at IS NULL
    LEFT JOIN LATERAL (
        SELECT suppression.reason FROM customers_suppression AS suppression
        WHERE suppression.channel = mine.channel AND suppression.address = mine.address
            AND suppression.lifted_at IS NULL
        ORDER BY array_position(ARRAY['complained', 'refused', 'bounced']::text[], suppression.reason::text) LIMIT 1
    ) AS stop ON true
    LEFT JOIN LATERAL (
        SELECT consent.state FROM customers_consent AS consent
        WHERE consent.channel = mine.channel AND consent.address = mine.address
        ORDER BY consent.id DESC LIMIT 1
    ) AS entry ON true
    WHERE mine.id = ANY(%(ids)s::bigint[])
) AS verdict
WHERE delivery.id = verdict.id AND delivery.state = 'claimed' AND delivery.claim_token = %(token)s
    AND delivery.lease_until > clock_timestamp()
RETURNING delivery.id, delivery.state
