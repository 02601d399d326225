-- Purpose: what each customer pays a month, as known at the end of a day: all his paid terms together, day by day.
-- The amount at the end of day X is that of the spell with from_on ≤ X ≤ until_on; who has none is not under contract.
-- With month_end only what covers the day after as well counts, so what ends with 31 March is gone in March: the smaller
-- of the two days' sums. A pause leaves the amount standing for pause_months (`paused` is that part of it), then takes it
-- away until the pause is over; the customer stays under contract, with an amount of 0 where nothing else runs.
-- One row per customer and stretch of days with one amount. 9999-12-31 stands for open.
-- Parameters: as_of, month_end, pause_months.
-- Reads: temp known_terms; customers_contract.  Writes: temp revenue_spells.
DROP TABLE IF EXISTS pg_temp.revenue_spells
;;
CREATE TEMP TABLE revenue_spells AS
WITH terms AS (
    SELECT t.customer_id, t.mrr, t.starts_on, t.ends_on,
           GREATEST(c.paused_from, t.starts_on) AS rests_from,
           LEAST(c.paused_to + 1, t.ends_on) AS rests_until,
           LEAST((c.paused_from + make_interval(months => %(pause_months)s))::date, c.paused_to + 1, t.ends_on) AS gone_from,
           c.paused_from IS NOT NULL AND c.paused_from < t.ends_on AND COALESCE(c.paused_to >= t.starts_on, TRUE) AS rests
      FROM known_terms t
      JOIN customers_contract c ON c.id = t.id
     WHERE t.is_paid AND t.ends_on > t.starts_on
), steps (customer_id, day, terms, mrr, paused) AS (
    SELECT customer_id, starts_on, 1, mrr, 0 FROM terms
    UNION ALL
    SELECT customer_id, ends_on, -1, -mrr, 0 FROM terms
    UNION ALL
    SELECT customer_id, rests_from, 0, 0, mrr FROM terms WHERE rests AND gone_from > rests_from
    UNION ALL
    SELECT customer_id, gone_from, 0, 0, -mrr FROM terms WHERE rests AND gone_from > rests_from
    UNION ALL
    SELECT customer_id, GREATEST(gone_from, rests_from), 0, -mrr, 0 FROM terms WHERE rests
    UNION ALL
    SELECT customer_id, rests_until, 0, mrr, 0 FROM terms WHERE rests
), changes AS (
    SELECT customer_id, day, sum(terms) AS terms, sum(mrr) AS mrr, sum(paused) AS paused
      FROM steps
     GROUP BY customer_id, day
), levels AS (
    SELECT customer_id, day, lead(day) OVER one AS next_day,
           sum(terms) OVER one AS terms, sum(mrr) OVER one AS mrr, sum(paused) OVER one AS paused
      FROM changes
    WINDOW one AS (PARTITION BY customer_id ORDER BY day)
), beside AS (
    SELECT *, lead(terms) OVER one AS next_terms, lead(mrr) OVER one AS next_mrr, lead(paused) OVER one AS next_paused
      FROM levels
    WINDOW one AS (PARTITION BY customer_id ORDER BY day)
), days AS (
    SELECT customer_id, day AS from_on, next_day - CASE WHEN %(month_end)s THEN 2 ELSE 1 END AS until_on, terms, mrr, paused
      FROM beside
     WHERE next_day IS NOT NULL
    UNION ALL
    SELECT customer_id, next_day - 1, next_day - 1,
           LEAST(terms, next_terms), LEAST(mrr, next_mrr), LEAST(paused, next_paused)
      FROM beside
     WHERE next_day IS NOT NULL AND %(month_end)s
), known AS (
    SELECT *, COALESCE(from_on = lag(until_on) OVER one + 1 AND mrr = lag(mrr) OVER one
                       AND paused = lag(paused) OVER one, FALSE) AS goes_on
      FROM days
     WHERE terms > 0 AND until_on >= from_on
    WINDOW one AS (PARTITION BY customer_id ORDER BY from_on)
), stretches AS (
    SELECT *, count(*) FILTER (WHERE NOT goes_on) OVER (PARTITION BY customer_id ORDER BY from_on) AS stretch
      FROM known
)
SELECT customer_id, min(from_on) AS from_on,
       CASE WHEN max(until_on) >= DATE '9999-12-29' THEN DATE '9999-12-31' ELSE max(until_on) END AS until_on,
       mrr::numeric(20, 2) AS mrr, paused::numeric(20, 2) AS paused
  FROM stretches
 GROUP BY customer_id, stretch, mrr, paused
HAVING min(from_on) <= %(as_of)s
;;
CREATE INDEX ON revenue_spells (customer_id, from_on)
;;
ANALYZE revenue_spells
