-- Purpose: whom a step of a campaign reaches on its channel, and why the others not, in a table of this transaction:
--     campaign_audience.
-- One row per customer chosen (not archived), or per contact of his where several are written to: customer_id, contact_id,
--     address (normalised), time_zone (empty: the company's), stratum (RFM segment), verdict (ok, no_address, bad_address, no_consent, refused, bounced,
--     complained, excluded, too_often, duplicate_address).
-- The contact is the primary one, else the first who has not left; or every one; or those with one of the roles (nobody has
--     it: no address). A shared address is written to once: the customer with the lowest id has it. A business notice needs
--     no consent, but a suppression stops it too; post, calls by our staff and webhooks need none, but a refusal of post or
--     phone stops them. Too often: the budget of the person is taken by what he had and by what is on its way to him, and
--     stays so until the message would be given up.
-- Parameters: as_of, channel, needs_consent, unsendable (what a mail address holds that breaks the standard), is_each (a row
--     per contact), roles (empty: any), campaign, is_promotion, priority, budget, since (what was sent after it counts),
--     until (what is due before it counts).
-- Reads: campaign_chosen (chosen.sql, or who is due in a series; same transaction), customers_*, scores_score,
--     campaigns_exclusion, _delivery, _campaign. Writes: nothing that stays.
DROP TABLE IF EXISTS campaign_audience
;;
CREATE TEMPORARY TABLE campaign_audience ON COMMIT DROP AS
WITH reach AS (
    SELECT DISTINCT ON (customer.id, CASE WHEN %(is_each)s THEN contact.id END)
        customer.id AS customer_id, contact.id AS contact_id, contact.is_primary,
        CASE %(channel)s::text
            WHEN 'mail' THEN coalesce(left(lower(btrim(normalize(contact.email, NFKC))), 254), '')
            WHEN 'line' THEN coalesce(contact.line_id, '')
            WHEN 'sms' THEN coalesce(contact.phone, '')
            WHEN 'postal' THEN CASE WHEN customer.address <> '' THEN customer.code ELSE '' END
            WHEN 'task' THEN CASE WHEN customer.owner_id IS NOT NULL THEN customer.code ELSE '' END
            ELSE customer.code
        END AS address,
        CASE %(channel)s::text WHEN 'task' THEN coalesce(contact.phone, '') END AS phone,
        coalesce(contact.time_zone, '') AS time_zone
    FROM campaign_chosen AS chosen
    JOIN customers_customer AS customer ON customer.id = chosen.customer_id AND customer.archived_at IS NULL
    LEFT JOIN customers_contact AS contact
        ON contact.customer_id = customer.id AND (contact.left_on IS NULL OR contact.left_on > %(as_of)s)
        AND (cardinality(%(roles)s::text[]) = 0 OR contact.role = ANY(%(roles)s::text[]))
    ORDER BY customer.id, CASE WHEN %(is_each)s THEN contact.id END, contact.is_primary DESC NULLS LAST, contact.id
), had AS (
    SELECT delivery.customer_id, delivery.contact_id, count(*) AS times
    FROM campaigns_delivery AS delivery
    JOIN campaign_chosen AS chosen ON chosen.customer_id = delivery.customer_id
    JOIN campaigns_campaign AS other ON other.id = delivery.campaign_id AND other.message_class = 'promotion'
    WHERE %(is_promotion)s AND (
        delivery.sending_at > %(since)s::timestamptz AND delivery.state IN ('sending', 'accepted', 'unknown')
        OR delivery.state IN ('pending', 'deferred', 'claimed') AND delivery.due_at < %(until)s::timestamptz
            AND other.id <> %(campaign)s AND other.state = 'running' AND other.priority <= %(priority)s
    )
    GROUP BY delivery.customer_id, delivery.contact_id
), judged AS (
    SELECT reach.customer_id, reach.contact_id, reach.address, reach.is_primary, reach.time_zone,
        CASE
            WHEN reach.address = '' THEN 'no_address'
            WHEN %(channel)s::text = 'mail' AND reach.address ~ %(unsendable)s THEN 'bad_address'
            WHEN stop.reason IS NOT NULL THEN stop.reason
            WHEN entry.state = 'withdrawn' THEN 'refused'
            WHEN %(needs_consent)s AND entry.state IS NULL THEN 'no_consent'
            WHEN EXISTS (
                SELECT FROM campaigns_exclusion AS exclusion
                WHERE exclusion.customer_id = reach.customer_id AND exclusion.lifted_at IS NULL
                    AND (exclusion.until_on IS NULL OR exclusion.until_on >= %(as_of)s)
            ) THEN 'excluded'
            WHEN had.times >= %(budget)s THEN 'too_often'
            ELSE 'ok'
        END AS verdict
    FROM reach
    LEFT JOIN LATERAL (
        SELECT suppression.reason FROM customers_suppression AS suppression
        WHERE suppression.channel = CASE %(channel)s::text WHEN 'task' THEN 'phone' ELSE %(channel)s::text END
            AND suppression.address = coalesce(reach.phone, reach.address) AND suppression.lifted_at IS NULL
        ORDER BY array_position(ARRAY['complained', 'refused', 'bounced']::text[], suppression.reason::text) LIMIT 1
    ) AS stop ON reach.address <> ''
    LEFT JOIN LATERAL (
        SELECT consent.state FROM customers_consent AS consent
        WHERE consent.channel = CASE %(channel)s::text WHEN 'task' THEN 'phone' ELSE %(channel)s::text END
            AND consent.address = coalesce(reach.phone, reach.address)
        ORDER BY consent.id DESC LIMIT 1
    ) AS entry ON reach.address <> ''
    LEFT JOIN had ON had.customer_id = reach.customer_id AND had.contact_id IS NOT DISTINCT FROM reach.contact_id
)
SELECT judged.customer_id, judged.contact_id, judged.address, judged.time_zone,
    coalesce(score.rfm_segment, '') AS stratum,
    CASE
        WHEN judged.verdict = 'ok' AND row_number() OVER (
            PARTITION BY judged.verdict, judged.address
            ORDER BY judged.customer_id, judged.is_primary DESC NULLS LAST, judged.contact_id
        ) > 1
        THEN 'duplicate_address'
        ELSE judged.verdict
    END AS verdict
FROM judged
LEFT JOIN scores_score AS score ON score.customer_id = judged.customer_id
;;
ANALYZE campaign_audience
