-- Purpose: takes a coupon, once; tells the customer's timeline and marks him, so that segments hear of it.
-- One row (id) where it was still free, none where somebody was first. Parameters: coupon, at, via, order_id.
-- Reads: campaigns_offer, campaigns_campaign. Writes: campaigns_coupon, customers_event, customers_touched.
WITH taken AS (
    UPDATE campaigns_coupon
    SET redeemed_at = %(at)s, redeemed_via = %(via)s, order_id = %(order_id)s
    WHERE id = %(coupon)s AND redeemed_at IS NULL
    RETURNING id, offer_id, customer_id, redeemed_at, order_id
), told AS (
    INSERT INTO customers_event (customer_id, kind, at, data)
    SELECT taken.customer_id, 'coupon_used', taken.redeemed_at,
        jsonb_build_object('campaign', campaign.id, 'campaign_name', campaign.name, 'order_id', taken.order_id)
    FROM taken
    JOIN campaigns_offer AS offer ON offer.id = taken.offer_id
    JOIN campaigns_campaign AS campaign ON campaign.id = offer.campaign_id
), marked AS (
    INSERT INTO customers_touched (customer_id, at)
    SELECT taken.customer_id, taken.redeemed_at FROM taken
)
SELECT taken.id FROM taken
