-- Purpose: what every randomised customer did in the window of a campaign.
-- One row per enrollment: customer_id, arm, has_reached (at least one goal event in the window), revenue (net of
--     refunds), has_left: he is no one of his own any more (merged into someone randomised too: what he did counts
--     there), or is one with somebody of the other arm. Who left is in no comparison.
-- Parameters: campaign, goal, first_on, last_on (both inside).
-- Reads: campaigns_enrollment, customers_customer, customers_purchase, customers_login. Writes: nothing.
SELECT enrollment.customer_id, enrollment.arm,
    CASE %(goal)s WHEN 'purchase' THEN coalesce(bought.times, 0) > 0 ELSE EXISTS (
        SELECT FROM customers_login AS login
        WHERE login.customer_id = enrollment.customer_id AND login.logged_in_on BETWEEN %(first_on)s AND %(last_on)s
    ) END AS has_reached,
    coalesce(bought.revenue, 0) AS revenue,
    who.merged_into_id IS NOT NULL OR EXISTS (
        SELECT FROM customers_customer AS double
        JOIN campaigns_enrollment AS his ON his.customer_id = double.id AND his.campaign_id = enrollment.campaign_id
        WHERE double.merged_into_id = enrollment.customer_id AND his.arm <> enrollment.arm
    ) AS has_left
FROM campaigns_enrollment AS enrollment
JOIN customers_customer AS who ON who.id = enrollment.customer_id
LEFT JOIN LATERAL (
    SELECT sum(purchase.amount) AS revenue, count(*) FILTER (WHERE purchase.amount >= 0) AS times
    FROM customers_purchase AS purchase
    WHERE purchase.customer_id = enrollment.customer_id
        AND purchase.purchased_on BETWEEN %(first_on)s AND %(last_on)s
) AS bought ON true
WHERE enrollment.campaign_id = %(campaign)s
ORDER BY enrollment.customer_id
