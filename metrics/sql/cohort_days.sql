-- Purpose: when each customer first and last bought and logged in, and first signed a paid term.
-- One row per customer with any of them up to as_of. Parameters: as_of.
-- Reads: temp purchase_days, contract_cover; customers_login, customers_customer.  Writes: temp cohort_days.
DROP VIEW IF EXISTS pg_temp.cohort_days
;;
DROP TABLE IF EXISTS pg_temp.cohort_days_of
;;
CREATE TEMP TABLE cohort_days_of AS
WITH days (customer_id, bought_on, last_bought_on, signed_on, logged_in_on, last_logged_in_on) AS (
    SELECT customer_id, min(day), max(day), NULL::date, NULL::date, NULL::date FROM purchase_days GROUP BY customer_id
    UNION ALL
    SELECT customer_id, NULL, NULL, min(from_on), NULL, NULL FROM contract_cover GROUP BY customer_id
    UNION ALL
    SELECT l.customer_id, NULL, NULL, NULL, min(l.logged_in_on), max(l.logged_in_on)
      FROM customers_login l
      JOIN customers_customer c ON c.id = l.customer_id
     WHERE l.logged_in_on <= %(as_of)s AND c.archived_at IS NULL
     GROUP BY l.customer_id
)
SELECT customer_id, min(bought_on) AS bought_on, max(last_bought_on) AS last_bought_on, min(signed_on) AS signed_on,
       min(logged_in_on) AS logged_in_on, max(last_logged_in_on) AS last_logged_in_on
  FROM days
 GROUP BY customer_id
;;
CREATE TEMP VIEW cohort_days AS SELECT * FROM cohort_days_of
;;
ANALYZE cohort_days_of
