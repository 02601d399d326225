-- Purpose: who is behind a figure of churn: a part of other statements (after WITH), never run alone.
-- `found`, one row per customer: customer_id, from_on (of the spell that ended, or that he is in), since (lost: first day
-- not active; else first day active). At start = active at the end of the day before; the same conditions as churn.sql.
-- Parameters: who (lost, joined, won-back, at-start, at-end), first_on, last_on (at most the day the figures speak of);
-- cuts and groups (names and values, pair by pair).  Reads: active_spells, and what value_at_start.sql reads.
everybody AS (
    SELECT s.customer_id, s.from_on, s.until_on + 1 AS since
      FROM active_spells s
     WHERE %(who)s = 'lost' AND s.until_on >= %(first_on)s::date - 1 AND s.until_on < %(last_on)s
       AND NOT EXISTS (
           SELECT FROM active_spells n
            WHERE n.customer_id = s.customer_id AND n.from_on > s.until_on AND n.from_on <= %(last_on)s)
       AND (s.from_on < %(first_on)s OR EXISTS (
           SELECT FROM active_spells b
            WHERE b.customer_id = s.customer_id AND b.from_on < %(first_on)s AND b.until_on >= %(first_on)s::date - 1))
     UNION ALL
    SELECT s.customer_id, s.from_on, s.from_on
      FROM active_spells s
     WHERE %(who)s = 'won-back' AND s.from_on BETWEEN %(first_on)s AND %(last_on)s AND s.until_on >= %(last_on)s
       AND EXISTS (SELECT FROM active_spells b WHERE b.customer_id = s.customer_id AND b.from_on < %(first_on)s)
       AND NOT EXISTS (
           SELECT FROM active_spells b
            WHERE b.customer_id = s.customer_id AND b.from_on < %(first_on)s AND b.until_on >= %(first_on)s::date - 1)
     UNION ALL
    SELECT s.customer_id, s.from_on,
           (SELECT min(b.from_on) FROM active_spells b WHERE b.customer_id = s.customer_id)
      FROM active_spells s
     WHERE %(who)s = 'joined' AND s.from_on BETWEEN %(first_on)s AND %(last_on)s AND s.until_on >= %(last_on)s
       AND NOT EXISTS (SELECT FROM active_spells b WHERE b.customer_id = s.customer_id AND b.from_on < %(first_on)s)
     UNION ALL
    SELECT s.customer_id, s.from_on, s.from_on
      FROM active_spells s
     WHERE %(who)s = 'at-start' AND s.from_on < %(first_on)s AND s.until_on >= %(first_on)s::date - 1
     UNION ALL
    SELECT s.customer_id, s.from_on, s.from_on
      FROM active_spells s
     WHERE %(who)s = 'at-end' AND s.from_on <= %(last_on)s AND s.until_on >= %(last_on)s
)
, found AS (
    SELECT e.*
      FROM everybody e
     WHERE (SELECT COALESCE(bool_and(COALESCE(asked.value =
         --> metrics/sql/value_at_start.sql
     , FALSE)), TRUE) FROM unnest(%(cuts)s::text[], %(groups)s::text[]) AS asked (cut, value))
)
