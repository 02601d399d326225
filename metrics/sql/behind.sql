-- Purpose: who was lost in a period: a part of other statements (after WITH), never run alone; the same conditions as
-- churn.sql and people_behind.sql.
-- `found`, one row per customer: customer_id, from_on (of the spell that ended), since (first day not active).
-- Parameters: first_on, last_on (at most the day the figures speak of).  Reads: active_spells.
found AS (
    SELECT s.customer_id, s.from_on, s.until_on + 1 AS since
      FROM active_spells s
     WHERE s.until_on >= %(first_on)s::date - 1 AND s.until_on < %(last_on)s
       AND NOT EXISTS (
           SELECT FROM active_spells n
            WHERE n.customer_id = s.customer_id AND n.from_on > s.until_on AND n.from_on <= %(last_on)s)
       AND (s.from_on < %(first_on)s OR EXISTS (
           SELECT FROM active_spells b
            WHERE b.customer_id = s.customer_id AND b.from_on < %(first_on)s AND b.until_on >= %(first_on)s::date - 1))
)
