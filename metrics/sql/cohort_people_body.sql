-- Purpose: what cohort_people.sql and cohort_people_kept.sql have in common; they name what it reads.
-- Reads: first_days, revenue_spells.  Writes: nothing by itself.
this AS (
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
      FROM first_days d
      LEFT JOIN covered c ON c.customer_id = d.customer_id
)
SELECT customer_id, date_trunc(%(unit)s, began_on::timestamp)::date AS cohort,
       date_trunc(%(unit)s, there_on::timestamp)::date AS there_until
  FROM days
 WHERE began_on IS NOT NULL
