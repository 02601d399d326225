-- Purpose: the stretches of activity of the lines at hand, in one pass in the order of customer and day: the same as
-- spells.sql makes of days. A day more than inactivity_days after the one before begins another.
-- One row per customer and spell.
-- Reads: temp these_lines.  Writes: temp active_spells.
INSERT INTO active_spells
WITH steps AS (
    SELECT customer_id, day, day - lag(day) OVER (PARTITION BY customer_id ORDER BY day) AS step FROM these_lines
), numbered AS (
    SELECT customer_id, day,
           count(*) FILTER (WHERE step > %(inactivity_days)s)
               OVER (PARTITION BY customer_id ORDER BY day ROWS UNBOUNDED PRECEDING) AS stretch
      FROM steps
)
SELECT customer_id, min(day), max(day) + %(inactivity_days)s - 1
  FROM numbered
 GROUP BY customer_id, stretch
