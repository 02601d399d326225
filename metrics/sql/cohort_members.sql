-- Purpose: the customers of one cohort who are there so many periods later, or who are not; in the order in which they
-- began. There: as in cohort_presence.sql (mode in), or in that period or a later one (mode after).
-- One row per customer: began_on. Parameters: began_from, began_until (days of the cohort), at_first, at_last (days of the
-- period looked at), this_last (last day of the running one), as_of, unit, mode, is_there, by_purchase, by_login,
-- by_contract, after_on and after_id (go on after them), most.
-- Reads: metrics_firstday, metrics_revenuespell, customers_purchase, customers_login.  Writes: nothing.
WITH cohort AS (
    SELECT *
      FROM (SELECT customer_id, last_bought_on, last_logged_in_on,
                   LEAST(CASE WHEN %(by_purchase)s THEN bought_on END, CASE WHEN %(by_login)s THEN logged_in_on END,
                         CASE WHEN %(by_contract)s THEN signed_on END) AS began_on
              FROM metrics_firstday
             WHERE %(by_purchase)s AND bought_on BETWEEN %(began_from)s AND %(began_until)s
                OR %(by_login)s AND logged_in_on BETWEEN %(began_from)s AND %(began_until)s
                OR %(by_contract)s AND signed_on BETWEEN %(began_from)s AND %(began_until)s) AS d
     WHERE began_on BETWEEN %(began_from)s AND %(began_until)s
       AND (%(after_id)s::bigint IS NULL OR (began_on, customer_id) > (%(after_on)s::date, %(after_id)s))
)
SELECT c.customer_id, c.began_on
  FROM cohort c
 WHERE %(is_there)s = CASE WHEN %(mode)s = 'in' THEN
           %(by_purchase)s AND EXISTS (
               SELECT FROM customers_purchase p
                WHERE p.customer_id = c.customer_id AND p.amount >= 0
                  AND p.purchased_on BETWEEN %(at_first)s AND LEAST(%(at_last)s, %(as_of)s)
                  AND NOT EXISTS (
                      SELECT FROM customers_purchase e
                       WHERE p.order_id <> '' AND e.customer_id = p.customer_id AND e.order_id = p.order_id
                         AND e.amount >= 0 AND e.purchased_on < %(at_first)s))
           OR %(by_login)s AND EXISTS (
               SELECT FROM customers_login l
                WHERE l.customer_id = c.customer_id
                  AND l.logged_in_on BETWEEN %(at_first)s AND LEAST(%(at_last)s, %(as_of)s))
           OR %(by_contract)s AND EXISTS (
               SELECT FROM metrics_revenuespell s
                WHERE s.customer_id = c.customer_id AND s.from_on <= %(at_last)s AND s.until_on >= %(at_last)s)
       ELSE
           %(by_purchase)s AND COALESCE(c.last_bought_on >= %(at_first)s, FALSE)
           OR %(by_login)s AND COALESCE(c.last_logged_in_on >= %(at_first)s, FALSE)
           OR %(by_contract)s AND EXISTS (
               SELECT FROM metrics_revenuespell s
                WHERE s.customer_id = c.customer_id
                  AND date_trunc(%(unit)s, (LEAST(s.until_on, %(this_last)s) + 1)::timestamp)::date - 1
                      >= GREATEST(s.from_on, %(at_last)s))
       END
 ORDER BY c.began_on, c.customer_id
 LIMIT %(most)s
