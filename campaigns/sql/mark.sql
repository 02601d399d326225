-- Purpose: in one commit, settles the messages accepted before and asks leave to hand over the next, one per connection:
--          everything that may have changed since planning is read again here. The three statements go to the server
--          together, as one transaction; each sees what was committed before it began.
-- One row per delivery whose claim still holds: id, state (sending, or where the row went instead). None: taken away.
-- Parameters: settled (ids), replies (the other side's words, as many), provider_ids (as many), ids, token, lease (seconds for
--     handing over), now.
-- Reads: campaigns_campaign, _delivery, _domainpause, _exclusion, customers_customer, _contact, _consent, _suppression, _interaction,
--     accounts_installation. Writes: campaigns_delivery, customers_event.
WITH settled AS (
    UPDATE campaigns_delivery AS delivery
    SET state = 'accepted', reason = '', reply = done.words, provider_id = done.provider_id,
        settled_at = clock_timestamp(), lease_until = NULL
    FROM unnest(%(settled)s::bigint[], %(replies)s::text[], %(provider_ids)s::text[]) AS done (id, words, provider_id)
    WHERE delivery.id = done.id AND delivery.claim_token = %(token)s::uuid AND delivery.state = 'sending'
    RETURNING delivery.id, delivery.campaign_id, delivery.step_id, delivery.customer_id, delivery.contact_id,
        delivery.settled_at, delivery.channel
)
INSERT INTO customers_event (customer_id, contact_id, kind, at, data)
SELECT settled.customer_id, settled.contact_id,
    CASE settled.channel WHEN 'mail' THEN 'mail_accepted' ELSE 'message_accepted' END, settled.settled_at,
    jsonb_build_object(
        'campaign', settled.campaign_id, 'step', settled.step_id, 'delivery', settled.id, 'channel', settled.channel
    )
FROM settled
;;
-- One sender at a time may judge the budget of a person; in one order, so that no two wait for each other.
SELECT pg_advisory_xact_lock(person.key)
FROM (
    SELECT DISTINCT 7883 * (1::bigint << 48) + coalesce(delivery.contact_id * 2, delivery.customer_id * 2 + 1) AS key
    FROM campaigns_delivery AS delivery
    JOIN campaigns_campaign AS campaign
        ON campaign.id = delivery.campaign_id AND campaign.message_class = 'promotion'
    WHERE delivery.id = ANY(%(ids)s::bigint[])
    ORDER BY key
    OFFSET 0
) AS person
;;
WITH mine AS MATERIALIZED (
    SELECT delivery.id, delivery.campaign_id, delivery.customer_id, delivery.contact_id, delivery.expires_at,
        coalesce(delivery.contact_id * 2, delivery.customer_id * 2 + 1) AS person,
        campaign.priority, campaign.message_class = 'promotion' AS is_promotion,
        delivery.reason = 'no_answer' AS is_in_doubt, entry.id AS consent_id,
        installation.contact_budget AS budget, installation.contact_budget_days AS days,
        CASE
            WHEN campaign.state IN ('cancelled', 'draft') THEN 'cancelled'
            WHEN delivery.expires_at <= %(now)s::timestamptz THEN 'expired'
            WHEN stop.reason IS NOT NULL OR entry.state = 'withdrawn' THEN 'suppressed'
            WHEN campaign.message_class = 'promotion' AND entry.state IS NULL AND rule.needs_consent THEN 'suppressed'
            WHEN customer.archived_at IS NOT NULL OR barred.id IS NOT NULL THEN 'suppressed'
            WHEN campaign.state <> 'running' OR installation.sending_stopped <> '' THEN 'pending'
            WHEN pause.id IS NOT NULL THEN 'pending'
            ELSE 'sending'
        END AS state,
        CASE
            WHEN campaign.state IN ('cancelled', 'draft') OR delivery.expires_at <= %(now)s::timestamptz THEN ''
            WHEN stop.reason IS NOT NULL THEN stop.reason
            WHEN entry.state = 'withdrawn' THEN 'refused'
            WHEN campaign.message_class = 'promotion' AND entry.state IS NULL AND rule.needs_consent THEN 'no_consent'
            WHEN customer.archived_at IS NOT NULL THEN 'archived'
            WHEN barred.id IS NOT NULL THEN 'excluded'
            ELSE ''
        END AS reason
    FROM campaigns_delivery AS delivery
    JOIN campaigns_campaign AS campaign ON campaign.id = delivery.campaign_id
    JOIN customers_customer AS customer ON customer.id = delivery.customer_id
    JOIN accounts_installation AS installation ON installation.id = 1
    LEFT JOIN customers_contact AS contact ON contact.id = delivery.contact_id AND delivery.channel = 'task'
    CROSS JOIN LATERAL (
        SELECT delivery.channel IN ('mail', 'line', 'sms') AS needs_consent,
            CASE delivery.channel WHEN 'task' THEN 'phone' ELSE delivery.channel END AS channel,
            CASE delivery.channel WHEN 'task' THEN coalesce(contact.phone, '') ELSE delivery.address END AS address
    ) AS rule
    LEFT JOIN campaigns_domainpause AS pause
        ON pause.campaign_id = delivery.campaign_id AND pause.domain = split_part(delivery.address, '@', 2)
        AND pause.lifted_at IS NULL
    LEFT JOIN LATERAL (
        SELECT suppression.reason FROM customers_suppression AS suppression
        WHERE suppression.channel = rule.channel AND suppression.address = rule.address
            AND suppression.lifted_at IS NULL
        ORDER BY array_position(ARRAY['complained', 'refused', 'bounced']::text[], suppression.reason::text) LIMIT 1
    ) AS stop ON true
    LEFT JOIN LATERAL (
        SELECT consent.id, consent.state FROM customers_consent AS consent
        WHERE consent.channel = rule.channel AND consent.address = rule.address
        ORDER BY consent.id DESC LIMIT 1
    ) AS entry ON true
    LEFT JOIN LATERAL (
        SELECT exclusion.id FROM campaigns_exclusion AS exclusion
        WHERE exclusion.customer_id = delivery.customer_id AND exclusion.lifted_at IS NULL
            AND (
                exclusion.until_on IS NULL
                OR exclusion.until_on >= (%(now)s::timestamptz AT TIME ZONE installation.time_zone)::date
            )
        LIMIT 1
    ) AS barred ON true
    WHERE delivery.id = ANY(%(ids)s::bigint[])
), asked AS MATERIALIZED (
    -- Promotions only: how many this person had, who else waits for him, whether he has a complaint open.
    SELECT mine.id, mine.budget, mine.days, mine.expires_at, had.times, coalesce(cardinality(had.times), 0) AS used,
        row_number() OVER (PARTITION BY mine.person ORDER BY mine.priority, mine.id) AS place,
        first.due_at AS first_due_at, coalesce(first.people, 0) AS waiting, grief.id IS NOT NULL AS complains
    FROM mine
    CROSS JOIN LATERAL (
        SELECT array_agg(other.sending_at ORDER BY other.sending_at) AS times
        FROM campaigns_delivery AS other
        JOIN campaigns_campaign AS campaign
            ON campaign.id = other.campaign_id AND campaign.message_class = 'promotion'
        WHERE other.customer_id = mine.customer_id AND other.contact_id IS NOT DISTINCT FROM mine.contact_id
            AND other.id <> mine.id AND (other.state IN ('sending', 'accepted', 'unknown') OR other.reason = 'no_answer')
            AND other.sending_at > %(now)s::timestamptz - mine.days * interval '1 day'
    ) AS had
    CROSS JOIN LATERAL (
        SELECT min(other.due_at) AS due_at, count(*) AS people
        FROM campaigns_delivery AS other
        JOIN campaigns_campaign AS campaign
            ON campaign.id = other.campaign_id AND campaign.message_class = 'promotion' AND campaign.state = 'running'
            AND campaign.priority < mine.priority
        WHERE other.customer_id = mine.customer_id AND other.contact_id IS NOT DISTINCT FROM mine.contact_id
            AND other.state IN ('pending', 'deferred', 'claimed') AND other.id <> ALL(%(ids)s::bigint[])
            AND other.due_at < %(now)s::timestamptz + mine.days * interval '1 day'
    ) AS first
    LEFT JOIN LATERAL (
        SELECT interaction.id FROM customers_interaction AS interaction
        WHERE interaction.customer_id = mine.customer_id AND interaction.category = 'complaint'
            AND interaction.status <> 'closed'
        LIMIT 1
    ) AS grief ON true
    WHERE mine.state = 'sending' AND mine.is_promotion AND NOT mine.is_in_doubt
), polite AS (
    SELECT asked.id, asked.expires_at,
        CASE WHEN asked.complains THEN 'complaint' WHEN asked.used + asked.waiting + asked.place > asked.budget
            THEN 'too_often' ELSE '' END AS reason,
        CASE
            WHEN asked.complains THEN %(now)s::timestamptz + interval '1 hour'
            WHEN asked.used + asked.place <= asked.budget
                THEN greatest(%(now)s::timestamptz + interval '1 hour', asked.first_due_at + interval '1 minute')
            ELSE coalesce(asked.times[asked.used + asked.place - asked.budget], %(now)s::timestamptz)
                + asked.days * interval '1 day'
        END AS due_at
    FROM asked
), verdict AS (
    SELECT mine.id, mine.consent_id,
        CASE
            WHEN mine.is_in_doubt AND mine.state IN ('cancelled', 'expired', 'suppressed') THEN 'unknown'
            WHEN coalesce(polite.reason, '') = '' THEN mine.state
            WHEN polite.due_at < polite.expires_at OR polite.expires_at IS NULL THEN 'deferred'
            WHEN polite.reason = 'too_often' THEN 'suppressed'
            ELSE 'expired'
        END AS state,
        CASE WHEN mine.is_in_doubt THEN 'no_answer' WHEN coalesce(polite.reason, '') = '' THEN mine.reason
            ELSE polite.reason END AS reason,
        polite.due_at
    FROM mine
    LEFT JOIN polite ON polite.id = mine.id
)
UPDATE campaigns_delivery AS delivery
SET state = verdict.state,
    reason = verdict.reason,
    consent_id = CASE WHEN verdict.state = 'sending' THEN verdict.consent_id ELSE delivery.consent_id END,
    sending_at = CASE
        WHEN verdict.state = 'sending' AND (verdict.reason <> 'no_answer' OR delivery.sending_at IS NULL)
        THEN clock_timestamp() ELSE delivery.sending_at
    END,
    settled_at = CASE
        WHEN verdict.state IN ('suppressed', 'cancelled', 'expired', 'unknown') THEN clock_timestamp()
    END,
    due_at = CASE WHEN verdict.state = 'deferred' THEN verdict.due_at ELSE delivery.due_at END,
    claim_token = CASE WHEN verdict.state IN ('pending', 'deferred') THEN NULL ELSE delivery.claim_token END,
    attempts = delivery.attempts - CASE WHEN verdict.state IN ('pending', 'deferred') THEN 1 ELSE 0 END,
    lease_until = CASE
        WHEN verdict.state = 'sending' THEN clock_timestamp() + %(lease)s::float8 * interval '1 second'
    END
FROM verdict
WHERE delivery.id = verdict.id AND delivery.state = 'claimed' AND delivery.claim_token = %(token)s::uuid
    AND delivery.lease_until > clock_timestamp()
RETURNING delivery.id, delivery.state
