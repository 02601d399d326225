-- Purpose: how long each customer had been quiet (no purchase or login, as the policy counts) at the end of a day, 90
-- days before it and 90 days after it: the back-test of risk observed among equals.
-- One row per customer active by the middle day; before is empty for who came later.
-- Reads: temp activity_days.  Writes: nothing.
SELECT min(%(held_from)s::date - 90 - day) FILTER (WHERE day <= %(held_from)s::date - 90) AS before,
       min(%(held_from)s::date - day) FILTER (WHERE day <= %(held_from)s::date) AS then,
       min(%(held_from)s::date + 90 - day) FILTER (WHERE day <= %(held_from)s::date + 90) AS after
  FROM activity_days
 GROUP BY customer_id
HAVING min(day) <= %(held_from)s::date
 ORDER BY before, 2, after
