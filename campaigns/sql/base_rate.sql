-- Purpose: the share of those who may be randomised that reached the goal in an equally long window before.
-- One row: people, reached. Parameters: goal, since, until (days, since < day <= until), zone.
-- A renewal as in outcomes.sql. A seat taken or a coupon used: of any campaign, as this one has had none yet.
-- Reads: campaign_audience (audience.sql, same transaction), customers_purchase, _login, _contract, campaigns_rsvp, _coupon.
-- Writes: nothing.
SELECT count(*) AS people,
    count(*) FILTER (
        WHERE CASE %(goal)s
            WHEN 'purchase' THEN EXISTS (
                SELECT FROM customers_purchase AS purchase
                WHERE purchase.customer_id = audience.customer_id AND purchase.amount >= 0
                    AND purchase.purchased_on > %(since)s AND purchase.purchased_on <= %(until)s
            )
            WHEN 'renewal' THEN EXISTS (
                SELECT FROM customers_contract AS term
                WHERE term.customer_id = audience.customer_id AND NOT term.is_trial AND term.mrr > 0
                    AND (
                        (term.starts_on > %(since)s AND term.starts_on <= %(until)s)
                        OR (
                            term.renews_on > %(since)s AND term.renews_on <= %(until)s
                            AND term.starts_on < term.renews_on
                            AND (term.ends_on IS NULL OR term.ends_on > term.renews_on)
                        )
                    )
            )
            WHEN 'rsvp' THEN EXISTS (
                SELECT FROM campaigns_rsvp AS rsvp
                WHERE rsvp.customer_id = audience.customer_id AND rsvp.answer = 'coming'
                    AND (rsvp.answered_at AT TIME ZONE %(zone)s)::date > %(since)s
                    AND (rsvp.answered_at AT TIME ZONE %(zone)s)::date <= %(until)s
            )
            WHEN 'coupon' THEN EXISTS (
                SELECT FROM campaigns_coupon AS coupon
                WHERE coupon.customer_id = audience.customer_id
                    AND (coupon.redeemed_at AT TIME ZONE %(zone)s)::date > %(since)s
                    AND (coupon.redeemed_at AT TIME ZONE %(zone)s)::date <= %(until)s
            )
            ELSE EXISTS (
                SELECT FROM customers_login AS login
                WHERE login.customer_id = audience.customer_id
                    AND login.logged_in_on > %(since)s AND login.logged_in_on <= %(until)s
            )
        END
    ) AS reached
FROM (
    SELECT DISTINCT one.customer_id FROM campaign_audience AS one WHERE one.verdict IN ('ok', 'held_out')
) AS audience
