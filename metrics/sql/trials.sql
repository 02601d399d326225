-- Purpose: of those whose trial began in a period, how many became paying customers, and how soon.
-- One row per period and source (value NULL: everybody); within_30 …: within so many days of the trial's first day.
-- Parameters: firsts, lasts (days), dimension ('' = everybody, via).
-- Reads: temp trial_starts; customers_customer.
SELECT p.first_on, p.last_on,
       CASE WHEN %(dimension)s = 'via' THEN c.acquired_via END AS value,
       count(*) AS trials,
       count(t.paid_on) AS paid,
       count(*) FILTER (WHERE t.days <= 30) AS within_30,
       count(*) FILTER (WHERE t.days <= 60) AS within_60,
       count(*) FILTER (WHERE t.days <= 90) AS within_90,
       count(*) FILTER (WHERE t.state = 'running') AS running,
       count(*) FILTER (WHERE t.state = 'ended') AS ended,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY t.days) AS median_days
  FROM unnest(%(firsts)s::date[], %(lasts)s::date[]) AS p (first_on, last_on)
  JOIN trial_starts t ON t.started_on BETWEEN p.first_on AND p.last_on
  JOIN customers_customer c ON c.id = t.customer_id
 GROUP BY 1, 2, 3
 ORDER BY 1, 2, 3
