-- Purpose: what every randomised customer did in the window of a campaign.
-- One row per enrollment: customer_id, arm, has_reached (at least one goal event in the window), revenue (net of refunds).
-- Parameters: campaign, goal, first_on, last_on (both inside).
-- Reads: campaigns_enrollment, customers_purchase, customers_login. Writes: nothing.
SELECT enrollment.customer_id, enrollment.arm,
    CASE %(goal)s WHEN 'purchase' THEN coalesce(bought.times, 0) > 0 ELSE EXISTS (
        SELECT FROM customers_login AS login
        WHERE login.customer_id = enrollment.customer_id AND login.logged_in_on BETWEEN %(first_on)s AND %(last_on)s
    ) END AS has_reached,
    coalesce(bought.revenue, 0) AS revenue
FROM campaigns_enrollment AS enrollment
LEFT JOIN LATERAL (
    SELECT sum(purchase.amount) AS revenue, count(*) FILTER (WHERE purchase.amount >= 0) AS times
    FROM customers_purchase AS purchase
    WHERE purchase.customer_id = enrollment.customer_id
        AND purchase.purchased_on BETWEEN %(first_on)s AND %(last_on)s
) AS bought ON true
WHERE enrollment.campaign_id = %(campaign)s
ORDER BY enrollment.customer_id
