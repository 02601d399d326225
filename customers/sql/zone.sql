-- The business day of every purchase and login in another time zone.
-- One row per purchase or login whose day changes, and one per customer touched.
-- Reads:  customers_purchase, customers_login
-- Writes: customers_touched, customers_purchase.purchased_on, customers_login.logged_in_on
INSERT INTO customers_touched (customer_id, at)
SELECT customer_id, now()
FROM (
    SELECT customer_id
    FROM customers_purchase
    WHERE purchased_on <> (purchased_at AT TIME ZONE %(zone)s)::date
    UNION
    SELECT customer_id
    FROM customers_login
    WHERE logged_in_on <> (logged_in_at AT TIME ZONE %(zone)s)::date
) moved
;;
UPDATE customers_purchase
SET purchased_on = (purchased_at AT TIME ZONE %(zone)s)::date
WHERE purchased_on <> (purchased_at AT TIME ZONE %(zone)s)::date
;;
UPDATE customers_login
SET logged_in_on = (logged_in_at AT TIME ZONE %(zone)s)::date
WHERE logged_in_on <> (logged_in_at AT TIME ZONE %(zone)s)::date
