-- Purpose: in which period each customer began, and the last one he was there in.
-- Begun: the first purchase, login or paid term, as asked for (the earliest of them). There: bought or logged in
-- within the period, under contract at the end of its last day.
-- One row per customer who began up to as_of.
-- Parameters: as_of, unit (month, quarter), months of it, by_purchase, by_login, by_contract.
-- Reads: temp cohort_days, revenue_spells.  Writes: temp cohort_people.
DROP TABLE IF EXISTS pg_temp.cohort_people
;;
CREATE TEMP TABLE cohort_people AS
WITH this AS (
    SELECT (date_trunc(%(unit)s, %(as_of)s::timestamp) + make_interval(months => %(months)s))::date - 1 AS last_on
), covered AS (
    SELECT s.customer_id,
           max(date_trunc(%(unit)s, (LEAST(s.until_on, this.last_on) + 1)::timestamp)::date - 1) AS last_end_on
      FROM revenue_spells s, this
     WHERE %(by_contract)s
       AND date_trunc(%(unit)s, (LEAST(s.until_on, this.last_on) + 1)::timestamp)::date - 1 >= s.from_on
     GROUP BY s.customer_id
), days AS (
    SELECT d.customer_id,
           LEAST(CASE WHEN %(by_purchase)s THEN d.bought_on END, CASE WHEN %(by_login)s THEN d.logged_in_on END,
                 CASE WHEN %(by_contract)s THEN d.signed_on END) AS began_on,
           GREATEST(CASE WHEN %(by_purchase)s THEN d.last_bought_on END,
                    CASE WHEN %(by_login)s THEN d.last_logged_in_on END, c.last_end_on) AS there_on
      FROM cohort_days d
      LEFT JOIN covered c ON c.customer_id = d.customer_id
)
SELECT customer_id, date_trunc(%(unit)s, began_on::timestamp)::date AS cohort,
       date_trunc(%(unit)s, there_on::timestamp)::date AS there_until
  FROM days
 WHERE began_on IS NOT NULL
;;
ANALYZE cohort_people
