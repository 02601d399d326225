-- Purpose: the first days kept become those just built: only what differs is written, and marks months.
-- A first day that differs moves a customer to another cohort: marked are all months in which he has rows of that kind,
-- and where churn is cut by cohort, the months in which he is there.
-- Parameters: everybody (else those in temp wanted), as_of, by_activity, by_contract, is_marked (whether it marks at all).
-- Reads: temp first_days, wanted; metrics_spell (as kept already), customers_purchase, customers_login.
-- Writes: metrics_firstday, metrics_stale, temp differing.
DROP TABLE IF EXISTS pg_temp.differing
;;
CREATE TEMP TABLE differing AS
WITH kept AS (
    SELECT * FROM metrics_firstday WHERE %(everybody)s OR customer_id IN (SELECT customer_id FROM wanted)
)
SELECT COALESCE(d.customer_id, k.customer_id) AS customer_id,
       k.customer_id IS NOT NULL AS is_kept,
       d.customer_id IS NULL AS is_gone,
       k.bought_on IS DISTINCT FROM d.bought_on AS bought,
       k.signed_on IS DISTINCT FROM d.signed_on AS signed,
       k.logged_in_on IS DISTINCT FROM d.logged_in_on AS logged_in,
       LEAST(k.signed_on, d.signed_on) AS signed_on,
       date_trunc('month', LEAST(CASE WHEN %(by_activity)s THEN k.bought_on END,
                                 CASE WHEN %(by_contract)s THEN k.signed_on END)::timestamp)
       IS DISTINCT FROM
       date_trunc('month', LEAST(CASE WHEN %(by_activity)s THEN d.bought_on END,
                                 CASE WHEN %(by_contract)s THEN d.signed_on END)::timestamp) AS cohort
  FROM kept k
  FULL JOIN first_days d ON d.customer_id = k.customer_id
 WHERE (k.customer_id, k.bought_on, k.signed_on, k.logged_in_on, k.last_bought_on, k.last_logged_in_on)
       IS DISTINCT FROM (d.customer_id, d.bought_on, d.signed_on, d.logged_in_on, d.last_bought_on, d.last_logged_in_on)
;;
ANALYZE differing
;;
INSERT INTO metrics_stale (kind, month, onward)
SELECT kind, month::date, onward
  FROM (SELECT 'purchases' AS kind, date_trunc('month', p.purchased_on::timestamp) AS month, FALSE AS onward
          FROM differing d JOIN customers_purchase p ON p.customer_id = d.customer_id AND p.purchased_on <= %(as_of)s
         WHERE d.bought AND %(is_marked)s
         UNION
        SELECT 'logins', date_trunc('month', l.logged_in_on::timestamp), FALSE
          FROM differing d JOIN customers_login l ON l.customer_id = d.customer_id AND l.logged_in_on <= %(as_of)s
         WHERE d.logged_in AND %(is_marked)s
         UNION
        SELECT 'contracts', date_trunc('month', d.signed_on::timestamp), TRUE FROM differing d WHERE d.signed AND %(is_marked)s
         UNION
        SELECT 'values', m, FALSE
          FROM differing d
          JOIN metrics_spell k ON k.customer_id = d.customer_id AND k.from_on <= %(as_of)s
          CROSS JOIN generate_series(date_trunc('month', k.from_on::timestamp),
                                     LEAST(k.until_on, %(as_of)s::date)::timestamp + interval '1 day', interval '1 month') AS m
         WHERE d.cohort AND %(is_marked)s) AS months
;;
DELETE FROM metrics_firstday WHERE customer_id IN (SELECT customer_id FROM differing WHERE is_kept)
;;
INSERT INTO metrics_firstday (customer_id, bought_on, signed_on, logged_in_on, last_bought_on, last_logged_in_on)
SELECT n.customer_id, n.bought_on, n.signed_on, n.logged_in_on, n.last_bought_on, n.last_logged_in_on
  FROM first_days n JOIN differing d ON d.customer_id = n.customer_id
