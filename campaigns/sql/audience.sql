-- Purpose: whom a campaign reaches, and why the others not, in a table of this transaction: campaign_audience.
-- One row per customer chosen (not archived): customer_id, contact_id, address (normalised), stratum (RFM
--     segment), verdict (ok, no_address, bad_address, no_consent, refused, bounced, complained, excluded, duplicate_address).
-- The contact is the primary one, else the first who has not left. A shared address is written to once: the customer
--     with the lowest id has it. A business notice needs no consent, but a suppression stops it too.
-- Parameters: as_of, needs_consent, unsendable (what an address holds that breaks the standard).
-- Reads: campaign_chosen (chosen.sql, or who is due in a series; same transaction), customers_*, scores_score, campaigns_exclusion. Writes: nothing that stays.
DROP TABLE IF EXISTS campaign_audience
;;
CREATE TEMPORARY TABLE campaign_audience ON COMMIT DROP AS
WITH reach AS (
    SELECT DISTINCT ON (customer.id)
        customer.id AS customer_id,
        contact.id AS contact_id,
        coalesce(left(lower(btrim(normalize(contact.email, NFKC))), 254), '') AS address
    FROM campaign_chosen AS chosen
    JOIN customers_customer AS customer ON customer.id = chosen.customer_id AND customer.archived_at IS NULL
    LEFT JOIN customers_contact AS contact
        ON contact.customer_id = customer.id AND (contact.left_on IS NULL OR contact.left_on > %(as_of)s)
    ORDER BY customer.id, contact.is_primary DESC NULLS LAST, contact.id
), judged AS (
    SELECT reach.customer_id, reach.contact_id, reach.address,
        CASE
            WHEN reach.address = '' THEN 'no_address'
            WHEN reach.address ~ %(unsendable)s THEN 'bad_address'
            WHEN stop.reason IS NOT NULL THEN stop.reason
            WHEN entry.state = 'withdrawn' THEN 'refused'
            WHEN %(needs_consent)s AND entry.state IS NULL THEN 'no_consent'
            WHEN EXISTS (
                SELECT FROM campaigns_exclusion AS exclusion
                WHERE exclusion.customer_id = reach.customer_id AND exclusion.lifted_at IS NULL
                    AND (exclusion.until_on IS NULL OR exclusion.until_on >= %(as_of)s)
            ) THEN 'excluded'
            ELSE 'ok'
        END AS verdict
    FROM reach
    LEFT JOIN LATERAL (
        SELECT suppression.reason FROM customers_suppression AS suppression
        WHERE suppression.channel = 'mail' AND suppression.address = reach.address AND suppression.lifted_at IS NULL
        ORDER BY array_position(ARRAY['complained', 'refused', 'bounced']::text[], suppression.reason::text) LIMIT 1
    ) AS stop ON reach.address <> ''
    LEFT JOIN LATERAL (
        SELECT consent.state FROM customers_consent AS consent
        WHERE consent.channel = 'mail' AND consent.address = reach.address
        ORDER BY consent.id DESC LIMIT 1
    ) AS entry ON reach.address <> ''
)
SELECT judged.customer_id, judged.contact_id, judged.address, coalesce(score.rfm_segment, '') AS stratum,
    CASE
        WHEN judged.verdict = 'ok'
            AND row_number() OVER (PARTITION BY judged.verdict, judged.address ORDER BY judged.customer_id) > 1
        THEN 'duplicate_address'
        ELSE judged.verdict
    END AS verdict
FROM judged
LEFT JOIN scores_score AS score ON score.customer_id = judged.customer_id
;;
ANALYZE campaign_audience
