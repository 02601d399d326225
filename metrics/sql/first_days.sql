-- Purpose: since when customers buy, are under contract (first paid term) and log in, and when they last did.
-- One row per customer who did one of it by as_of. Parameters: as_of, everybody (else those in temp wanted).
-- Reads: temp purchase_days, contract_cover, wanted; customers_login, customers_customer.  Writes: temp first_days.
CREATE TEMP TABLE IF NOT EXISTS wanted (customer_id bigint PRIMARY KEY)
;;
DROP TABLE IF EXISTS pg_temp.first_days
;;
CREATE TEMP TABLE first_days AS
SELECT customer_id, min(bought_on) AS bought_on, min(signed_on) AS signed_on, min(logged_in_on) AS logged_in_on,
       max(last_bought_on) AS last_bought_on, max(last_logged_in_on) AS last_logged_in_on
  FROM (SELECT customer_id, min(day) AS bought_on, NULL::date AS signed_on, NULL::date AS logged_in_on,
               max(day) AS last_bought_on, NULL::date AS last_logged_in_on
          FROM purchase_days GROUP BY customer_id
         UNION ALL
        SELECT customer_id, NULL, from_on, NULL, NULL, NULL FROM contract_cover
         UNION ALL
        SELECT l.customer_id, NULL, NULL, min(l.logged_in_on), NULL, max(l.logged_in_on)
          FROM customers_login l
          JOIN customers_customer c ON c.id = l.customer_id AND c.archived_at IS NULL
         WHERE l.logged_in_on <= %(as_of)s AND (%(everybody)s OR l.customer_id IN (SELECT customer_id FROM wanted))
         GROUP BY l.customer_id) AS days
 GROUP BY customer_id
;;
ANALYZE first_days
