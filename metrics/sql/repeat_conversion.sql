-- Purpose: of those who bought for the first (or second) time, how many bought again within 30, 60, 90, 180 days.
-- One row per month of that purchase, per way, and of everybody (NULL = all). `step` is 2 or 3.
-- base_n are those whose whole month has had its n days by `until`, done_n how many of them came back in time;
-- so_far_n counts everybody, also where the days are not over.
-- days_quarter, days_median: days between the two purchases of who came back at all.
-- Parameters: until (the last day that is over).  Reads: temp repeat_days.  Writes: nothing.
WITH steps AS (
    SELECT 2 AS step, via, first_on AS from_on, second_on AS next_on, orders FROM repeat_days
     UNION ALL
    SELECT 3, via, second_on, third_on, orders FROM repeat_days WHERE second_on IS NOT NULL
), gaps AS (
    SELECT step, via, date_trunc('month', from_on)::date AS month, next_on - from_on AS days, orders,
           %(until)s::date - (date_trunc('month', from_on) + interval '1 month - 1 day')::date AS since
      FROM steps
)
SELECT step, month, via,
       count(*) AS customers,
       count(days) AS again,
       count(*) FILTER (WHERE orders >= 2) AS several_orders,
       count(*) FILTER (WHERE since >= 30) AS base_30,
       count(*) FILTER (WHERE since >= 30 AND days <= 30) AS done_30,
       count(*) FILTER (WHERE days <= 30) AS so_far_30,
       count(*) FILTER (WHERE since >= 60) AS base_60,
       count(*) FILTER (WHERE since >= 60 AND days <= 60) AS done_60,
       count(*) FILTER (WHERE days <= 60) AS so_far_60,
       count(*) FILTER (WHERE since >= 90) AS base_90,
       count(*) FILTER (WHERE since >= 90 AND days <= 90) AS done_90,
       count(*) FILTER (WHERE days <= 90) AS so_far_90,
       count(*) FILTER (WHERE since >= 180) AS base_180,
       count(*) FILTER (WHERE since >= 180 AND days <= 180) AS done_180,
       count(*) FILTER (WHERE days <= 180) AS so_far_180,
       percentile_disc(0.25) WITHIN GROUP (ORDER BY days) AS days_quarter,
       percentile_disc(0.5) WITHIN GROUP (ORDER BY days) AS days_median
  FROM gaps
 GROUP BY GROUPING SETS ((step, month), (step, via), (step))
 ORDER BY step, month NULLS FIRST, via NULLS FIRST
