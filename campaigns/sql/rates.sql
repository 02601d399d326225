-- Purpose: how many of each arm reached the goal in the window, for several campaigns at once (the list of campaigns).
-- One row per campaign and arm: campaign_id, arm, customers, reached. The window begins on the business day of the launch
--     and has window_days days; the same rule as outcomes.sql.
-- Parameters: campaigns (ids), zone (business time zone).
-- Reads: campaigns_campaign, campaigns_enrollment, customers_purchase, customers_login. Writes: nothing.
WITH chosen AS (
    SELECT id, goal, (launched_at AT TIME ZONE %(zone)s)::date AS first_on,
        (launched_at AT TIME ZONE %(zone)s)::date + window_days - 1 AS last_on
    FROM campaigns_campaign
    WHERE id = ANY(%(campaigns)s::bigint[]) AND launched_at IS NOT NULL
)
SELECT enrollment.campaign_id, enrollment.arm, count(*) AS customers,
    count(*) FILTER (
        WHERE CASE chosen.goal
            WHEN 'purchase' THEN EXISTS (
                SELECT FROM customers_purchase AS purchase
                WHERE purchase.customer_id = enrollment.customer_id AND purchase.amount >= 0
                    AND purchase.purchased_on BETWEEN chosen.first_on AND chosen.last_on
            )
            ELSE EXISTS (
                SELECT FROM customers_login AS login
                WHERE login.customer_id = enrollment.customer_id
                    AND login.logged_in_on BETWEEN chosen.first_on AND chosen.last_on
            )
        END
    ) AS reached
FROM campaigns_enrollment AS enrollment
JOIN chosen ON chosen.id = enrollment.campaign_id
GROUP BY enrollment.campaign_id, enrollment.arm
