-- Purpose: what loyal customers were offered lately, beside an offer to new ones.
-- One row: loyal (customers), treated_as_well (of them: sent an offer of the same kind worth as much since), members (of
--     the audience), new_members (of them: prospects and new customers).
-- Parameters: campaign, segment, kind, value, since (moment), loyal_segments (RFM), new_stages (lifecycle).
-- Reads: scores_score, customers_customer, segments_membership, campaigns_offer, _delivery. Writes: nothing.
WITH loyal AS (
    SELECT score.customer_id
    FROM scores_score AS score
    JOIN customers_customer AS customer ON customer.id = score.customer_id AND customer.archived_at IS NULL
    WHERE score.rfm_segment = ANY(%(loyal_segments)s::text[])
), as_good AS (
    SELECT DISTINCT delivery.customer_id
    FROM campaigns_offer AS offer
    JOIN campaigns_delivery AS delivery ON delivery.campaign_id = offer.campaign_id
    WHERE offer.kind = %(kind)s AND offer.value >= %(value)s AND offer.campaign_id <> %(campaign)s
        AND delivery.state = 'accepted' AND delivery.settled_at >= %(since)s::timestamptz
), audience AS (
    SELECT count(*) AS members, count(*) FILTER (WHERE coalesce(score.lifecycle, 'prospect') = ANY(%(new_stages)s::text[]))
        AS new_members
    FROM segments_membership AS membership
    LEFT JOIN scores_score AS score ON score.customer_id = membership.customer_id
    WHERE membership.segment_id = %(segment)s AND membership.left_on IS NULL
)
SELECT (SELECT count(*) FROM loyal) AS loyal,
    (SELECT count(*) FROM loyal JOIN as_good USING (customer_id)) AS treated_as_well,
    audience.members, audience.new_members
FROM audience
