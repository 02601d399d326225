-- Purpose: the share of those who may be randomised that reached the goal in an equally long window before.
-- One row: people, reached. Parameters: goal, since, until (days, since < day <= until).
-- Reads: campaign_audience (audience.sql, same transaction), customers_purchase, customers_login. Writes: nothing.
SELECT count(*) AS people,
    count(*) FILTER (
        WHERE CASE %(goal)s
            WHEN 'purchase' THEN EXISTS (
                SELECT FROM customers_purchase AS purchase
                WHERE purchase.customer_id = audience.customer_id AND purchase.amount >= 0
                    AND purchase.purchased_on > %(since)s AND purchase.purchased_on <= %(until)s
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
