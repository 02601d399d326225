-- Purpose: after how many quiet days a customer is gone, proposed from their own gaps, and how often that would
-- have been wrong: nearest-rank 95th percentile of the gaps (days, >= 1) between a customer's purchase days.
-- One row: proposed, gaps, and per N (proposed, present): times someone was lost, and of these came back.
-- Someone is lost under N on the day L + N where L is the last purchase day and nothing was bought in (L, L + N].
-- Reads: temp purchase_days (purchase_days.sql).  Writes: nothing.
WITH pairs AS (
    SELECT day, lead(day) OVER (PARTITION BY customer_id ORDER BY day) AS next_day
      FROM purchase_days
), proposal AS (
    SELECT percentile_disc(0.95) WITHIN GROUP (ORDER BY next_day - day) AS days, count(*) AS gaps
      FROM pairs
     WHERE next_day IS NOT NULL
)
SELECT proposal.days AS proposed,
       proposal.gaps,
       count(*) FILTER (WHERE coalesce(next_day, %(as_of)s + 1) - day > proposal.days) AS proposed_lost,
       count(*) FILTER (WHERE next_day - day > proposal.days) AS proposed_back,
       count(*) FILTER (WHERE coalesce(next_day, %(as_of)s + 1) - day > %(present)s) AS present_lost,
       count(*) FILTER (WHERE next_day - day > %(present)s) AS present_back
  FROM proposal
  LEFT JOIN pairs ON true
 GROUP BY proposal.days, proposal.gaps
