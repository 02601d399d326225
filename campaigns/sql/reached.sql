-- Purpose: notes in campaign_going who has reached the goal since he entered.
-- One row per journey that has. The goal counts from the moment of entry; a renewal from the day after it, also one
--     agreed on that begins later. Parameters: campaign, goal, now, today, zone.
-- Reads: customers_purchase, _login, _contract, campaigns_occasion, _rsvp, _offer, _coupon.
-- Writes: campaign_going (of this transaction).
UPDATE campaign_going AS going
SET has_reached = true
WHERE CASE %(goal)s
    WHEN 'purchase' THEN EXISTS (
        SELECT FROM customers_purchase AS purchase
        WHERE purchase.customer_id = going.customer_id AND purchase.amount >= 0
            AND purchase.purchased_on >= (going.entered_at AT TIME ZONE %(zone)s)::date
            AND purchase.purchased_at > going.entered_at AND purchase.purchased_at <= %(now)s
    )
    WHEN 'login' THEN EXISTS (
        SELECT FROM customers_login AS login
        WHERE login.customer_id = going.customer_id
            AND login.logged_in_on >= (going.entered_at AT TIME ZONE %(zone)s)::date
            AND login.logged_in_at > going.entered_at AND login.logged_in_at <= %(now)s
    )
    WHEN 'renewal' THEN EXISTS (
        SELECT FROM customers_contract AS term
        WHERE term.customer_id = going.customer_id AND NOT term.is_trial AND term.mrr > 0
            AND (term.starts_on > (going.entered_at AT TIME ZONE %(zone)s)::date OR (
                term.renews_on > (going.entered_at AT TIME ZONE %(zone)s)::date AND term.renews_on <= %(today)s
                AND term.starts_on < term.renews_on AND (term.ends_on IS NULL OR term.ends_on > term.renews_on)
            ))
    )
    WHEN 'rsvp' THEN EXISTS (
        SELECT FROM campaigns_rsvp AS rsvp
        JOIN campaigns_occasion AS occasion ON occasion.id = rsvp.occasion_id
        WHERE occasion.campaign_id = %(campaign)s AND rsvp.customer_id = going.customer_id
            AND rsvp.answer = 'coming' AND rsvp.answered_at > going.entered_at
    )
    ELSE EXISTS (
        SELECT FROM campaigns_coupon AS coupon
        JOIN campaigns_offer AS offer ON offer.id = coupon.offer_id
        WHERE offer.campaign_id = %(campaign)s AND coupon.customer_id = going.customer_id
            AND coupon.redeemed_at > going.entered_at
    )
END
