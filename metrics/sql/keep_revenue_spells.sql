-- Purpose: the stretches of one monthly amount kept become those just built: only what differs is written, and marks the
-- months it concerns: those with a day in what differs that is a month's last (it is the end of one and the eve of the
-- next), or as_of. Where the day somebody first paid differs, also the later one's month and all after it: who was new
-- then has paid before, or the other way round, and his cohort is another.
-- Parameters: everybody (else the stretches of those in temp wanted), as_of, is_marked (whether it marks at all).
-- Reads: temp revenue_spells, wanted.  Writes: metrics_revenuespell, metrics_stale, temp money_gone, money_came.
CREATE TEMP TABLE IF NOT EXISTS wanted (customer_id bigint PRIMARY KEY)
;;
DROP TABLE IF EXISTS pg_temp.money_gone, pg_temp.money_came
;;
CREATE TEMP TABLE money_gone AS
SELECT k.id, k.customer_id, k.from_on, k.until_on, k.mrr, k.paused
  FROM metrics_revenuespell k
  LEFT JOIN revenue_spells s
    ON (s.customer_id, s.from_on, s.until_on, s.mrr, s.paused) = (k.customer_id, k.from_on, k.until_on, k.mrr, k.paused)
 WHERE s.customer_id IS NULL AND (%(everybody)s OR k.customer_id IN (SELECT customer_id FROM wanted))
;;
CREATE TEMP TABLE money_came AS
SELECT s.customer_id, s.from_on, s.until_on, s.mrr, s.paused
  FROM revenue_spells s
  LEFT JOIN metrics_revenuespell k
    ON (k.customer_id, k.from_on, k.until_on, k.mrr, k.paused) = (s.customer_id, s.from_on, s.until_on, s.mrr, s.paused)
 WHERE k.id IS NULL
;;
ANALYZE money_gone
;;
ANALYZE money_came
;;
INSERT INTO metrics_stale (kind, month, onward)
WITH was AS (
    SELECT customer_id, mrr, paused, range_agg(daterange(from_on, until_on, '[]')) AS days
      FROM money_gone WHERE from_on <= %(as_of)s GROUP BY customer_id, mrr, paused
), became AS (
    SELECT customer_id, mrr, paused, range_agg(daterange(from_on, until_on, '[]')) AS days
      FROM money_came WHERE from_on <= %(as_of)s GROUP BY customer_id, mrr, paused
), differing AS (
    SELECT COALESCE(w.days, '{}'::datemultirange) AS old, COALESCE(b.days, '{}'::datemultirange) AS new
      FROM was w
      FULL JOIN became b ON (b.customer_id, b.mrr, b.paused) = (w.customer_id, w.mrr, w.paused)
), stretches AS (
    SELECT DISTINCT unnest((old + new - old * new) * datemultirange(daterange(NULL, %(as_of)s, '[]'))) AS days FROM differing
), bounds AS (
    SELECT DISTINCT lower(days) AS from_on, upper(days) - 1 AS until_on FROM stretches
), ends AS (
    SELECT DISTINCT (m + interval '1 month - 1 day')::date AS end_on
      FROM bounds b
      CROSS JOIN generate_series(date_trunc('month', b.from_on::timestamp), b.until_on::timestamp, interval '1 month') AS m
     WHERE (m + interval '1 month - 1 day')::date <= b.until_on
), touched AS (
    SELECT customer_id FROM money_gone UNION SELECT customer_id FROM money_came
), firsts AS (
    SELECT t.customer_id,
           (SELECT min(k.from_on) FROM metrics_revenuespell k WHERE k.customer_id = t.customer_id AND k.mrr > 0) AS old,
           (SELECT min(s.from_on) FROM revenue_spells s WHERE s.customer_id = t.customer_id AND s.mrr > 0) AS new
      FROM touched t
)
SELECT 'revenue', month::date, bool_or(onward)
  FROM (SELECT date_trunc('month', end_on::timestamp) AS month, FALSE AS onward FROM ends
        UNION
        SELECT date_trunc('month', (end_on + 1)::timestamp), FALSE FROM ends
        UNION
        SELECT date_trunc('month', %(as_of)s::timestamp), FALSE FROM bounds WHERE until_on = %(as_of)s
        UNION
        SELECT date_trunc('month', GREATEST(old, new)::timestamp), TRUE FROM firsts WHERE old <> new) AS months
 WHERE %(is_marked)s
 GROUP BY month
;;
DELETE FROM metrics_revenuespell WHERE id IN (SELECT id FROM money_gone)
;;
INSERT INTO metrics_revenuespell (customer_id, from_on, until_on, mrr, paused)
SELECT customer_id, from_on, until_on, mrr, paused FROM money_came
