-- Purpose: bought.sql's columns from the lines at hand, in one pass in the order of customer and day.
-- One row per customer who bought.
-- Reads: temp these_lines.  Writes: temp bought.
INSERT INTO bought
WITH steps AS (
    SELECT *, day - lag(day) OVER one AS step, first_value(day) OVER one AS first_on
      FROM these_lines
    WINDOW one AS (PARTITION BY customer_id ORDER BY day)
)
SELECT customer_id,
       min(day),
       max(day),
       count(*) FILTER (WHERE step > 0),
       sum(amount),
       COALESCE(sum(amount) FILTER (WHERE day > first_on), 0),
       sum(orders) FILTER (WHERE day > %(window_from)s),
       sum(amount) FILTER (WHERE day > %(window_from)s),
       sum(amount) FILTER (WHERE day > %(as_of)s::date - 365),
       max(day) FILTER (WHERE step - 1 > %(slipping_days)s),
       1 + count(*) FILTER (WHERE step > %(inactivity_days)s),
       COALESCE(max(day) FILTER (WHERE step > %(inactivity_days)s), min(day))
  FROM steps
 GROUP BY customer_id
