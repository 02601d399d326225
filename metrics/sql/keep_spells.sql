-- Purpose: the spells kept become those just built: only what differs is written, and marks the months it concerns.
-- Marked are months at whose start or end somebody stands otherwise: those with a day in what differs that is a month's
-- last (it is the end of one and the eve of the next), or as_of. Where somebody's first day differs, also the month of
-- the later one: who joined then has been there before, or the other way round.
-- gone: a row per spell kept that is no more; came: a row per spell that was not kept.
-- Parameters: everybody (else the spells of those in temp wanted), as_of, is_marked (whether it marks at all).
-- Reads: temp active_spells, wanted.  Writes: metrics_spell, metrics_stale, temp gone, came.
CREATE TEMP TABLE IF NOT EXISTS wanted (customer_id bigint PRIMARY KEY)
;;
DROP TABLE IF EXISTS pg_temp.gone, pg_temp.came
;;
CREATE TEMP TABLE gone AS
SELECT k.id, k.customer_id, k.from_on, k.until_on
  FROM metrics_spell k
  LEFT JOIN active_spells s ON s.customer_id = k.customer_id AND s.from_on = k.from_on AND s.until_on = k.until_on
 WHERE s.customer_id IS NULL AND (%(everybody)s OR k.customer_id IN (SELECT customer_id FROM wanted))
;;
CREATE TEMP TABLE came AS
SELECT s.customer_id, s.from_on, s.until_on
  FROM active_spells s
  LEFT JOIN metrics_spell k ON k.customer_id = s.customer_id AND k.from_on = s.from_on AND k.until_on = s.until_on
 WHERE k.id IS NULL
;;
ANALYZE gone
;;
ANALYZE came
;;
INSERT INTO metrics_stale (kind, month)
WITH was AS (
    SELECT customer_id, range_agg(daterange(from_on, until_on, '[]')) AS days
      FROM gone WHERE from_on <= %(as_of)s GROUP BY customer_id
), became AS (
    SELECT customer_id, range_agg(daterange(from_on, until_on, '[]')) AS days
      FROM came WHERE from_on <= %(as_of)s GROUP BY customer_id
), differing AS (
    SELECT COALESCE(w.days, '{}'::datemultirange) AS old, COALESCE(b.days, '{}'::datemultirange) AS new
      FROM was w FULL JOIN became b ON b.customer_id = w.customer_id
), stretches AS (
    SELECT DISTINCT unnest((old + new - old * new) * datemultirange(daterange(NULL, %(as_of)s, '[]'))) AS days FROM differing
), bounds AS (
    SELECT DISTINCT lower(days) AS from_on, upper(days) - 1 AS until_on FROM stretches
), ends AS (
    SELECT DISTINCT (m + interval '1 month - 1 day')::date AS end_on
      FROM bounds b
      CROSS JOIN generate_series(date_trunc('month', b.from_on::timestamp), b.until_on::timestamp, interval '1 month') AS m
     WHERE (m + interval '1 month - 1 day')::date <= b.until_on
), kept AS (
    SELECT k.customer_id, min(k.from_on) AS from_on
      FROM metrics_spell k
     WHERE k.customer_id IN (SELECT customer_id FROM gone UNION SELECT customer_id FROM came)
     GROUP BY k.customer_id
), left_over AS (
    SELECT k.customer_id, min(k.from_on) AS from_on
      FROM metrics_spell k
     WHERE k.customer_id IN (SELECT customer_id FROM gone UNION SELECT customer_id FROM came)
       AND NOT EXISTS (SELECT 1 FROM gone g WHERE g.id = k.id)
     GROUP BY k.customer_id
), starts AS (
    SELECT k.from_on AS old, LEAST(l.from_on, c.from_on) AS new
      FROM kept k
      LEFT JOIN left_over l ON l.customer_id = k.customer_id
      LEFT JOIN (SELECT customer_id, min(from_on) AS from_on FROM came GROUP BY customer_id) c ON c.customer_id = k.customer_id
)
SELECT 'activity', month::date
  FROM (SELECT date_trunc('month', end_on) AS month FROM ends
        UNION
        SELECT date_trunc('month', end_on + 1) FROM ends
        UNION
        SELECT date_trunc('month', %(as_of)s::date) FROM bounds WHERE until_on = %(as_of)s
        UNION
        SELECT date_trunc('month', GREATEST(old, new)) FROM starts WHERE old <> new) AS months
 WHERE %(is_marked)s
;;
DELETE FROM metrics_spell WHERE id IN (SELECT id FROM gone)
;;
INSERT INTO metrics_spell (customer_id, from_on, until_on) SELECT customer_id, from_on, until_on FROM came
