-- Purpose: what returned.sql and returned_kept.sql have in common: how many of those lost in each period came back, and
-- after how many days: from the first day not active to the first active again. Lost as in behind.sql.
-- Reads: active_spells.
periods AS (
    SELECT *
      FROM unnest(%(firsts)s::date[], %(lasts)s::date[], %(lengths)s::integer[]) AS p (first_on, last_on, months)
), stretches AS (
    SELECT customer_id, from_on, until_on,
           lead(from_on) OVER (PARTITION BY customer_id ORDER BY from_on) AS next_on
      FROM active_spells
), away AS (
    SELECT p.first_on, p.months, s.next_on - (s.until_on + 1) AS days
      FROM periods p
      JOIN stretches s ON s.until_on >= p.first_on - 1 AND s.until_on < p.last_on
                      AND (s.next_on IS NULL OR s.next_on > p.last_on)
     WHERE s.from_on < p.first_on OR EXISTS (
           SELECT FROM active_spells b
            WHERE b.customer_id = s.customer_id AND b.from_on < p.first_on AND b.until_on >= p.first_on - 1)
)
SELECT first_on, months, count(*) AS lost,
       count(*) FILTER (WHERE days <= 90) AS within_90,
       count(*) FILTER (WHERE days <= 180) AS within_180,
       count(*) FILTER (WHERE days <= 365) AS within_365,
       count(days) AS returned,
       COALESCE(sum(days), 0)::bigint AS days_away
  FROM away
 GROUP BY first_on, months
 ORDER BY months, first_on
