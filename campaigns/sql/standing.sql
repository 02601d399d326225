-- Purpose: how each one who has a cause to enter stands in the campaign, and who the table of entry (journeys.TABLE)
--     lets in: table campaign_entering of this transaction; campaign_chosen then holds the same people, to be judged.
-- One row per customer let in: customer_id, cause, entry (his how manieth), is_new (not randomised yet), arm, verdict.
--     A cause that let him in once is none any more; of several at once the first counts.
-- Parameters: campaign, segment, may_enter (standings), reentry_days (null: never), today, zone.
-- Reads: campaign_causes, campaigns_journey, _enrollment, customers_customer, segments_membership. Writes: nothing that
--     stays.
DROP TABLE IF EXISTS campaign_entering
;;
CREATE TEMPORARY TABLE campaign_entering ON COMMIT DROP AS
WITH wanting AS (
    SELECT DISTINCT ON (given.customer_id) given.customer_id, given.cause
    FROM campaign_causes AS given
    WHERE NOT EXISTS (
        SELECT FROM campaigns_journey AS used
        WHERE used.campaign_id = %(campaign)s AND used.customer_id = given.customer_id AND used.cause = given.cause
    )
    ORDER BY given.customer_id, given.cause
), standing AS (
    SELECT wanting.customer_id, wanting.cause, coalesce(last.entry, 0) + 1 AS entry,
        enrollment.id IS NULL AS is_new, coalesce(enrollment.arm, 'treated') AS arm,
        CASE
            WHEN customer.archived_at IS NOT NULL THEN 'outside'
            WHEN membership.id IS NULL THEN 'outside'
            WHEN enrollment.arm = 'held_out' THEN 'held_out'
            WHEN last.entry IS NULL THEN 'new'
            WHEN last.state = 'active' THEN 'on_the_way'
            WHEN %(reentry_days)s::int IS NULL THEN 'done'
            WHEN (last.entered_at AT TIME ZONE %(zone)s)::date + %(reentry_days)s::int > %(today)s THEN 'resting'
            ELSE 'returning'
        END AS standing
    FROM wanting
    JOIN customers_customer AS customer ON customer.id = wanting.customer_id
    LEFT JOIN segments_membership AS membership
        ON membership.customer_id = wanting.customer_id AND membership.segment_id = %(segment)s
        AND membership.left_on IS NULL
    LEFT JOIN campaigns_enrollment AS enrollment
        ON enrollment.campaign_id = %(campaign)s AND enrollment.customer_id = wanting.customer_id
    LEFT JOIN LATERAL (
        SELECT journey.entry, journey.state, journey.entered_at FROM campaigns_journey AS journey
        WHERE journey.campaign_id = %(campaign)s AND journey.customer_id = wanting.customer_id
        ORDER BY journey.entry DESC LIMIT 1
    ) AS last ON true
)
SELECT customer_id, cause, entry, is_new, arm, ''::text AS verdict
FROM standing
WHERE standing = ANY(%(may_enter)s::text[])
;;
DROP TABLE IF EXISTS campaign_chosen
;;
CREATE TEMPORARY TABLE campaign_chosen ON COMMIT DROP AS
SELECT customer_id FROM campaign_entering
;;
ANALYZE campaign_entering
