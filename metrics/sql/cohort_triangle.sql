-- Purpose: how many of each cohort are there so many periods later, there then or later still, and what they brought.
-- One row per cohort and period from its own to that of as_of; retained and revenue are of the periods that
-- cohort_presence was built for. `month` counts periods, 0 the first.
-- Parameters: as_of, unit, months.  Reads: temp cohort_people, cohort_presence.
WITH sizes AS (
    SELECT cohort, count(*) AS size FROM cohort_people GROUP BY cohort
), periods AS (
    SELECT first_on::date AS first_on
      FROM generate_series((SELECT min(cohort) FROM sizes)::timestamp, %(as_of)s::timestamp, make_interval(months => %(months)s))
           AS p (first_on)
), stayed AS (
    SELECT cohort, there_until, count(*) AS people FROM cohort_people WHERE there_until IS NOT NULL GROUP BY cohort, there_until
), present AS (
    SELECT b.cohort, p.first_on, count(*) FILTER (WHERE p.is_there) AS retained, sum(p.amount) AS revenue
      FROM cohort_people b
      JOIN cohort_presence p ON p.customer_id = b.customer_id AND p.first_on >= b.cohort
     GROUP BY b.cohort, p.first_on
)
SELECT s.cohort, m.first_on, s.size, COALESCE(r.retained, 0) AS retained, COALESCE(r.revenue, 0)::numeric(20, 2) AS revenue,
       COALESCE((SELECT sum(t.people) FROM stayed t WHERE t.cohort = s.cohort AND t.there_until >= m.first_on), 0)::integer
           AS retained_after,
       (((extract(year FROM m.first_on) - extract(year FROM s.cohort)) * 12
         + extract(month FROM m.first_on) - extract(month FROM s.cohort)) / %(months)s)::integer
           AS month
  FROM sizes s
  JOIN periods m ON m.first_on >= s.cohort
  LEFT JOIN present r ON r.cohort = s.cohort AND r.first_on = m.first_on
 ORDER BY s.cohort, m.first_on
